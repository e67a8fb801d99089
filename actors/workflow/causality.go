package workflow

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Two visits conflict where both write a key, with different values, and neither lies in the other's causal past.
// Whether they do depends on the graph and what its nodes bring, never on which of them was quicker.
//
// To tell, tokens carry a vector clock. A strand is a chain of visits one after the other: a fan-out begins a new one
// for each of its tokens, and a join goes on with one of those that meet. The visits that write are numbered on their
// strand, and a past says up to which number those of each strand lie in it. While one token is on its way, everything
// lies in its past, and nothing is kept.

// past is what lies behind a token or a visit. Its zero value is that of a token that has always been alone.
type past struct {
	strand uint64  // the strand that it is on
	known  []known // by strand, in order; never changed once it is there
}

// known says that what was written on a strand up to a number lies in a past.
type known struct{ Strand, Number uint64 }

// upTo returns the number up to which what was written on a strand lies in the past.
func (p past) upTo(strand uint64) uint64 {
	if i, ok := p.find(strand); ok {
		return p.known[i].Number
	}
	return 0
}

func (p past) find(strand uint64) (int, bool) {
	return slices.BinarySearchFunc(p.known, strand, func(k known, strand uint64) int { return cmp.Compare(k.Strand, strand) })
}

// with returns the past with what was written on a strand up to a number, if that is more.
func (p past) with(k known) past {
	i, ok := p.find(k.Strand)
	switch {
	case !ok:
		p.known = slices.Insert(slices.Clone(p.known), i, k)
	case p.known[i].Number < k.Number:
		p.known = slices.Clone(p.known)
		p.known[i] = k
	}
	return p
}

// merge returns the past with all of another.
func (p past) merge(o past) past {
	for _, k := range o.known {
		p = p.with(k)
	}
	return p
}

// fork returns the past of a token that a fan-out sends on its way.
func (p past) fork(token uint64) past { return past{strand: token, known: p.known} }

// written is a value that a visit gave to a key.
type written struct {
	Number uint64 // on its strand
	Node   string
	Visit  int
	Value  document.Value
	Absent bool // the key was deleted
}

func (w *written) same(o *written) bool {
	return w.Absent == o.Absent && (w.Absent || document.Equal(w.Value, o.Value))
}

// strandWrites are the values that one strand gave to one key. The latest is kept, and the latest of another value: any
// value is different from one of the two.
type strandWrites struct {
	Strand      uint64
	Last, Other written // of number 0 for none
}

func (w *strandWrites) add(x written) {
	switch {
	case x.Number == 0:
	case w.Last.Number == 0 || x.same(&w.Last) && x.Number > w.Last.Number:
		w.Last = x
	case x.same(&w.Last):
	case x.Number >= w.Last.Number:
		w.Last, w.Other = x, w.Last
	case x.Number > w.Other.Number:
		w.Other = x
	}
}

// keyWrites are the values given to a key that do not lie in every past.
type keyWrites struct {
	Key     string
	Strands []strandWrites // never changed once it is there
}

// lapsed is the past of tokens that a join had to wait for and that go elsewhere, or end. The join comes after them all
// the same, whatever the timing.
type lapsed struct {
	at   int
	past past
}

// lapse notes for which joins a token is no longer ahead that moves between two nodes; -1 is the end.
func (s *State) lapse(from, to int, p past) {
	if len(p.known) == 0 {
		return
	}
	for at := range s.def.ahead[from].all() {
		if at == to || to >= 0 && s.def.ahead[to].has(at) || !s.def.joins(at) {
			continue
		}
		i := slices.IndexFunc(s.lapsed, func(l lapsed) bool { return l.at == at })
		if i < 0 {
			s.lapsed = append(slices.Clip(s.lapsed), lapsed{at, p})
			continue
		}
		s.lapsed = slices.Clone(s.lapsed)
		s.lapsed[i].past = s.lapsed[i].past.merge(p)
	}
}

// live is how many tokens are on their way, those that visits have consumed among them.
func (s *State) live() int { return len(s.Tokens) + len(s.Visits) }

// meet returns the past of a visit that is about to begin at a node with tokens, which no longer wait.
func (s *State) meet(at int, tokens []Token) past {
	p := tokens[0].past
	for _, t := range tokens[1:] {
		p = p.merge(t.past)
	}
	waited := slices.IndexFunc(s.lapsed, func(l lapsed) bool { return l.at == at })
	if waited >= 0 {
		p = p.merge(s.lapsed[waited].past)
		s.lapsed = slices.Delete(slices.Clone(s.lapsed), waited, waited+1)
	}
	if s.live() == 0 {
		s.forget(p)
		if len(s.writes) == 0 {
			s.lapsed = nil
			return past{}
		}
	}
	if len(tokens) > 1 || waited >= 0 {
		p = s.gather(p)
	}
	return p
}

// forget drops what lies in the one past that is left.
func (s *State) forget(p past) {
	var kept []keyWrites
	for _, k := range s.writes {
		k.Strands = slices.DeleteFunc(slices.Clone(k.Strands), func(w strandWrites) bool { return w.Last.Number <= p.upTo(w.Strand) })
		if len(k.Strands) > 0 {
			kept = append(kept, k)
		}
	}
	s.writes = kept
}

// gather moves what was written on strands that end in a join to the one that goes on, where no other past has them.
// Without it the clocks of a loop with branches would grow with every round. A strand that went on after the join
// had waited for it in vain, and wrote, stays: the join does not come after that.
func (s *State) gather(p past) past {
	ended := func(strand uint64) bool {
		upTo := p.upTo(strand)
		return strand != p.strand && upTo > 0 && !s.knows(strand) && !s.wroteAfter(strand, upTo)
	}
	onto := known{p.strand, p.upTo(p.strand) + 1}
	for i := range s.writes {
		k := &s.writes[i]
		moved := strandWrites{Strand: p.strand}
		var rest []strandWrites
		for _, w := range k.Strands {
			switch {
			case w.Strand == p.strand:
			case ended(w.Strand):
				w.Last.Number = onto.Number
				if w.Other.Number > 0 {
					w.Other.Number = onto.Number
				}
			default:
				rest = append(rest, w)
				continue
			}
			moved.add(w.Last)
			moved.add(w.Other)
		}
		if moved.Last.Number > 0 {
			rest = append(rest, moved)
		}
		k.Strands = rest
	}
	p.known = slices.DeleteFunc(slices.Clone(p.known), func(k known) bool { return ended(k.Strand) })
	return p.with(onto)
}

// knows reports whether something that was written on a strand lies in the past of a token on its way.
func (s *State) knows(strand uint64) bool {
	return slices.ContainsFunc(s.lapsed, func(l lapsed) bool { return l.past.upTo(strand) > 0 }) ||
		slices.ContainsFunc(s.Tokens, func(t Token) bool { return t.past.upTo(strand) > 0 }) ||
		slices.ContainsFunc(s.Visits, func(v Visit) bool { return v.past.upTo(strand) > 0 })
}

// wroteAfter reports whether more was written on a strand than up to a number.
func (s *State) wroteAfter(strand, upTo uint64) bool {
	return slices.ContainsFunc(s.writes, func(k keyWrites) bool {
		return slices.ContainsFunc(k.Strands, func(w strandWrites) bool { return w.Strand == strand && w.Last.Number > upTo })
	})
}

// record notes what a visit that has completed gave to keys, where others are on their way that do not know.
func (s *State) record(patch document.Patch) {
	if s.live() == 0 {
		return
	}
	l := &s.leaving
	number := l.past.upTo(l.past.strand) + 1
	for _, key := range s.changedKeys(patch) {
		value, exists := s.Doc.Get(key)
		w := written{Number: number, Node: l.node, Visit: l.visit, Value: value, Absent: !exists}
		i := slices.IndexFunc(s.writes, func(k keyWrites) bool { return k.Key == key })
		if i < 0 {
			i = len(s.writes)
			s.writes = append(s.writes, keyWrites{Key: key})
		}
		k := &s.writes[i]
		k.Strands = slices.Clone(k.Strands)
		j := slices.IndexFunc(k.Strands, func(w strandWrites) bool { return w.Strand == l.past.strand })
		if j < 0 {
			j = len(k.Strands)
			k.Strands = append(k.Strands, strandWrites{Strand: l.past.strand})
		}
		k.Strands[j].add(w)
	}
	l.past = l.past.with(known{l.past.strand, number})
}

// changedKeys returns the keys that a patch gives a value to and that can have one writer at a time.
func (s *State) changedKeys(p document.Patch) []string {
	var keys []string
	add := func(pointer string) {
		if key := topKey(pointer); s.def.Reducers[key].exclusive() && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, op := range p {
		add(op.Path)
		if op.Op == document.OpMove {
			add(op.From)
		}
	}
	return keys
}

// exclusive reports whether values of a key replace one another.
func (r Reducer) exclusive() bool { return r == "" || r == ReduceLast }

// conflict says which of the values that a visit gives to keys meets another one that the visit knows nothing of.
func (s *State) conflict(v *Visit, doc document.Value, keys []string) *Failure {
	for _, k := range s.writes {
		if !slices.Contains(keys, k.Key) {
			continue
		}
		value, exists := doc.Get(k.Key)
		mine := written{Node: v.Node, Visit: v.Number, Value: value, Absent: !exists}
		for i := range k.Strands {
			strand := &k.Strands[i]
			for _, theirs := range []*written{&strand.Last, &strand.Other} {
				if theirs.Number > v.past.upTo(strand.Strand) && !theirs.same(&mine) {
					return conflictBetween(k.Key, theirs, &mine)
				}
			}
		}
	}
	return nil
}

func conflictBetween(key string, first, second *written) *Failure {
	return &Failure{Kind: FailureConcurrentWrite, Message: fmt.Sprintf(
		"nodes %[1]q (visit %[2]d) and %[3]q (visit %[4]d) both write state.%[5]s, and neither comes after the other: %[1]q %[6]s, %[3]q %[7]s; "+
			"give the key a reducer (state: {%[5]s: append}, say), let each write a key of its own, or put one after the other",
		first.Node, first.Visit, second.Node, second.Visit, key, first.deed(), second.deed())}
}

// deed says in words what was done to the key.
func (w *written) deed() string {
	if w.Absent {
		return "deletes it"
	}
	return "writes " + clip(w.Value.String())
}

// leaving is a visit that has completed and whose tokens are about to go on.
type leaving struct {
	node  string
	visit int
	edges int // still to be taken
	past  past
}

// leave returns the past of the token that an edge sends on its way.
func (s *State) leave(b event.EdgeTaken, from past) past {
	l := &s.leaving
	if l.edges == 0 || l.node != b.From || l.visit != b.Visit {
		return from
	}
	p := l.past
	if s.def.parallel {
		s.lapse(s.def.position(b.From), s.def.position(b.To), p)
	}
	if node, ok := s.def.Node(b.From); ok && node.FanOut && b.Via == event.ViaEdge && len(node.Edges) > 1 {
		p = p.fork(b.Token)
	}
	if l.edges--; l.edges == 0 || b.Via == event.ViaCancel {
		*l = leaving{}
	}
	return p
}
