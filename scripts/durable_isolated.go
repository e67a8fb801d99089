package scripts

import "context"

// The turns of a durable script are taken in the processes of a pool as any request is. A worker keeps the execution for the
// next turn, which then is told only what is new. Where that turn comes to another worker, or the execution was let go of meanwhile,
// the script begins anew there over its whole journal.

// apart is a durable script's execution in the processes of a pool.
type apart struct {
	number int64                       // of the execution, within the pool
	worker *workerProcess              // that has taken the turn before, nil where there is none
	has    map[*workerProcess]progress // how far the execution is that a worker has, unless it has let go of it
}

func (p *Pool) newApart() *apart {
	return &apart{number: p.lives.Add(1), has: map[*workerProcess]progress{}}
}

// turn is a turn that a worker is to take.
type turn struct {
	*apart
	journal Journal
	last    bool // the script is cancelled
	replays bool // the worker begins the script anew over what is recorded
}

// takeApart has a worker take the turn.
func (d *Durable) takeApart(ctx context.Context, j Journal, last bool) (Turn, error) {
	p := d.script.program
	t := &turn{apart: d.apart, journal: j, last: last}
	a, err := p.pool.once(ctx, &request{kind: frameTurn, program: p, scope: &d.scope, sees: p.sees, turn: t})
	if t.replays {
		p.pool.count(func(c *PoolCounts) { c.Replays++ })
	}
	if err != nil {
		d.broken = true
		return Turn{}, err
	}
	d.progress = a.progress
	return Turn{Result: a.Result, Done: a.done, Calls: a.calls}, nil
}

// home is the worker that is most likely to have the execution, nil for any: also where the request is no turn.
func (t *turn) home() *workerProcess {
	if t == nil {
		return nil
	}
	return t.worker
}

// over notes what a worker that has answered has of the execution. It reports false where the turn is to be taken anew,
// because the worker has let go of what it was thought to have.
func (t *turn) over(w *workerProcess, a *answer) bool {
	if t == nil {
		return true
	}
	if !a.kept {
		delete(t.has, w)
		return !a.gone
	}
	t.worker, t.has[w] = w, a.progress
	return true
}

// turn writes what a worker is told of a turn. It reports whether the worker should have the execution.
func (w *writer) turn(t *turn, of *workerProcess) (going bool) {
	from := t.has[of]
	w.long(t.number)
	w.flag(t.last)
	w.progress(from)
	r := t.journal(from.made, from.seen)
	w.number(r.Logged)
	w.calls(r.Calls)
	w.number(len(r.Ends))
	for i := range r.Ends {
		end := &r.Ends[i]
		w.number(end.Place)
		w.time(end.At)
		w.document(end.Result)
		w.text(end.Failed)
		w.text(end.Message)
	}
	going = from != progress{}
	t.replays = !going && len(r.Calls)+len(r.Ends) > 0
	return going
}

// asked is a turn as the worker is told of it.
type asked struct {
	number int64
	last   bool
	from   progress
	record Record
}

func (r *reader) turn() asked {
	t := asked{number: r.long(), last: r.flag(), from: r.progress()}
	t.record = Record{Logged: r.number(), Calls: r.calls()}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		t.record.Ends = append(t.record.Ends, End{Place: r.number(), At: r.time(), Result: r.document(), Failed: r.text(), Message: r.text()})
	}
	return t
}

// turned is what a turn has come to, beside its Result.
type turned struct {
	progress // of the execution
	done     bool
	calls    []Call
	kept     bool // the worker has the execution for the next turn
	gone     bool // the worker does not have the execution that was to go on, and has done nothing
}

func (w *writer) turned(t *turned) {
	w.progress(t.progress)
	w.flag(t.done)
	w.calls(t.calls)
	w.flag(t.kept)
	w.flag(t.gone)
}

func (r *reader) turned() turned {
	return turned{progress: r.progress(), done: r.flag(), calls: r.calls(), kept: r.flag(), gone: r.flag()}
}

func (w *writer) progress(p progress) {
	w.number(p.made)
	w.number(p.seen)
}

func (r *reader) progress() progress { return progress{made: r.number(), seen: r.number()} }

func (w *writer) calls(calls []Call) {
	w.number(len(calls))
	for i := range calls {
		c := &calls[i]
		w.text(c.Kind)
		w.text(c.Name)
		w.document(c.Args)
		w.long(int64(c.Wait))
		w.number(c.Seen)
		w.flag(c.Retry != nil)
		if c.Retry != nil {
			w.retry(c.Retry)
		}
	}
}

func (r *reader) calls() (calls []Call) {
	for n := r.number(); n > 0 && r.err == nil; n-- {
		c := Call{Kind: r.text(), Name: r.text(), Args: r.document(), Wait: r.duration(), Seen: r.number()}
		if r.flag() {
			c.Retry = r.retry()
		}
		calls = append(calls, c)
	}
	return calls
}

func (w *writer) retry(p *Retry) {
	w.number(p.Max)
	w.text(p.Backoff)
	w.long(int64(p.Initial))
	w.long(int64(p.Cap))
	w.number(len(p.On))
	for _, kind := range p.On {
		w.text(kind)
	}
}

func (r *reader) retry() *Retry {
	p := &Retry{Max: r.number(), Backoff: r.text(), Initial: r.duration(), Cap: r.duration()}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		p.On = append(p.On, r.text())
	}
	return p
}
