package scripts

import "github.com/weirflow/weir/eventstore/document"

// The kinds of frames: what a server asks, and what a worker answers.
const (
	frameHello     byte = 'h' // the first: how much memory the worker may have
	frameProgram   byte = 'p' // a program that later requests name by its number
	frameForget    byte = 'f' // forget all programs
	frameRun       byte = 'r' // run a body
	frameEval      byte = 'e' // the value of an expression
	frameTest      byte = 't' // whether an expression holds
	frameTurn      byte = 'd' // a turn of a durable script
	frameCancel    byte = 'c' // end the request of that number
	frameReady     byte = 'y' // the worker can be asked; says what could not be taken from it
	frameResult    byte = 'R' // what a request has come to
	frameFailure   byte = 'F' // why a request failed
	frameLastWords byte = 'L' // a failure, after which the worker ends
)

// program writes what a program is compiled from. The worker has no other way to a source.
func (w *writer) program(p *program, expression bool) {
	w.begin(frameProgram)
	w.text(p.place.source)
	w.text(p.place.origin.File)
	w.number(p.place.origin.Line)
	w.number(p.place.origin.Column)
	w.flag(p.place.origin.Block)
	w.text(p.item)
	w.flag(expression)
	w.flag(p.bundle != nil)
	if b := p.bundle; b != nil {
		w.text(b.Code)
		w.text(b.Mappings)
		w.number(len(b.Files))
		for _, file := range b.Files {
			w.text(file)
		}
	}
	l := p.limits
	w.long(int64(l.Time))
	for _, n := range []int{l.CallDepth, l.HeapBytes, l.SourceBytes, l.OutputBytes, l.ConsoleBytes, l.ConsoleLines} {
		w.number(n)
	}
}

func (r *reader) program() (c Code, expression bool, l Limits) {
	c.Source = r.text()
	c.Origin = Origin{File: r.text(), Line: r.number(), Column: r.number(), Block: r.flag()}
	c.Item, expression = r.text(), r.flag()
	if r.flag() {
		c.Bundle = &Bundle{Code: r.text(), Mappings: r.text()}
		for n := r.number(); n > 0 && r.err == nil; n-- {
			c.Bundle.Files = append(c.Bundle.Files, r.text())
		}
	}
	l.Time = r.duration()
	for _, n := range []*int{&l.CallDepth, &l.HeapBytes, &l.SourceBytes, &l.OutputBytes, &l.ConsoleBytes, &l.ConsoleLines} {
		*n = r.number()
	}
	return c, expression, l
}

// How a document of a scope travels.
const (
	docNone  byte = iota // the program does not see it
	docKept              // it is the one that the worker has from an earlier request
	docPatch             // it is that one, changed
	docWhole
)

// remembered is a document that a worker has.
type remembered struct {
	run   string
	value document.Value
	known bool
}

// kept writes a document that a worker may have already. Only of one and the same run is it looked for what has
// changed: other states have little in common, and would have to be compared to their end.
func (w *writer) kept(have *remembered, run string, v document.Value) {
	switch {
	case !have.known:
		w.whole(v)
	case document.Same(have.value, v):
		w.data = append(w.data, docKept)
	case have.run == run && v.Size() > patchedFrom:
		if patch := document.Diff(have.value, v); len(patch) > 0 && patch.Size() < v.Size()/2 {
			w.data = append(w.data, docPatch)
			w.patch(patch)
		} else {
			w.whole(v)
		}
	default:
		w.whole(v)
	}
	*have = remembered{run, v, true}
}

// patchedFrom is the size from which it pays to send what has changed: a smaller document is written faster than compared.
const patchedFrom = 1 << 10

func (w *writer) whole(v document.Value) {
	w.data = append(w.data, docWhole)
	w.document(v)
}

func (r *reader) kept(have *document.Value) document.Value {
	switch r.kind() {
	case docNone:
		return document.Null
	case docPatch:
		patch := r.patch()
		next, err := patch.Apply(*have)
		if r.err == nil && err != nil {
			r.err = err
		}
		*have = next
	case docWhole:
		*have = r.document()
	case docKept:
	default:
		r.err = errFrame
	}
	return *have
}

// request writes what the worker's program is to be run with. Documents that it does not see stay away unless all are asked
// for; ctx sees them all, by ctx.exact. An execution that the worker has sees those that it began with.
func (w *writer) request(r *request, number int, of *workerProcess) {
	sees, sc := r.sees, r.scope
	w.begin(r.kind)
	w.number(number)
	w.number(of.programs[r.program])
	if r.turn != nil && w.turn(r.turn, of) {
		sees = 0
	}
	c := &sc.Ctx
	w.text(c.Run)
	w.text(c.Node)
	w.number(c.Visit)
	w.number(c.Attempt)
	w.time(c.Now)
	w.long(int64(c.Timeout))
	w.number(c.OutputBytes)
	w.document(c.Error)
	for _, d := range []struct {
		seenBy names
		have   *remembered
		value  document.Value
	}{{seesState | seesCtx, &of.have.state, sc.State}, {seesInput | seesCtx, &of.have.input, sc.Input}} {
		if sees&d.seenBy == 0 {
			w.data = append(w.data, docNone)
			continue
		}
		w.kept(d.have, c.Run, d.value)
	}
	w.flag(sc.Item != nil)
	if i := sc.Item; i != nil {
		w.number(i.Index)
		w.text(i.Key)
		w.flag(i.Keyed)
		w.document(i.Value)
	}
}

// scopeKept is what a worker has of the scopes of its requests.
type scopeKept struct{ state, input remembered }

func (r *reader) scope(state, input *document.Value) Scope {
	sc := Scope{Ctx: Context{Run: r.text(), Node: r.text(), Visit: r.number(), Attempt: r.number()}}
	sc.Ctx.Now = r.time()
	sc.Ctx.Timeout, sc.Ctx.OutputBytes, sc.Ctx.Error = r.duration(), r.number(), r.document()
	sc.State, sc.Input = r.kept(state), r.kept(input)
	if r.flag() {
		sc.Item = &Item{Index: r.number(), Key: r.text(), Keyed: r.flag(), Value: r.document()}
	}
	return sc
}
