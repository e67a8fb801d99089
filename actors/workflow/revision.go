package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/event"
)

// Revisions finds the definition of a revision by its digest.
type Revisions func(digest string) (*Definition, error)

// FoldOver is Fold for a run that may have gone on with another revision than it began with. An error of revisions is
// returned as it is.
func FoldOver(s *State, events []event.Event, revisions Revisions) (*State, error) {
	c := s.clone()
	c.revisions = revisions
	for i := range events {
		if err := c.apply(events[i]); err != nil {
			return nil, err
		}
	}
	c.revisions = nil
	return c, nil
}

// Misfits says, for each part of a failed run that has no place in another definition, what does not fit: every node
// that is to go on must be there, and of the same kind, and what may have to be compensated must still have a
// compensation. Where there is none, the run can be retried with that definition.
func (s *State) Misfits(d *Definition) []string {
	var misfits []string
	add := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(misfits, text) {
			misfits = append(misfits, text)
		}
	}
	goesOn := func(name string) {
		there, ok := d.Node(name)
		here, known := s.def.Node(name)
		switch {
		case !ok:
			add("it has no node %q, where the run is to go on", name)
		case known && here.Kind != there.Kind:
			add("its node %q is a %s, and the run began it as a %s", name, there.Kind, here.Kind)
		}
	}
	for i := range s.Visits {
		goesOn(s.Visits[i].Node)
	}
	for _, t := range s.Tokens {
		if t.Node == Fail {
			goesOn(t.From)
		} else {
			goesOn(t.Node)
		}
	}
	for c := s.undo; c != nil; c = c.before {
		if _, ok := d.Node(c.node + compensateSuffix); !ok {
			add("it has no compensation for node %q, which the run has completed", c.node)
		}
	}
	return misfits
}

// move pins the run to the revision that it goes on with.
func (s *State) move(e event.Event, digest string) error {
	if s.revisions == nil {
		return foldError(e, "the definition of revision "+digest+" is not at hand")
	}
	d, err := s.revisions(digest)
	if err != nil {
		return err
	}
	if misfits := s.Misfits(d); len(misfits) > 0 {
		return foldError(e, "revision "+digest+" does not fit the run: "+strings.Join(misfits, "; "))
	}
	s.Revision = digest
	s.repin(d)
	return nil
}

// repin makes the state one of another definition. What it counts of nodes that are not there is kept, for a later
// revision that has them again: no visit may ever have the number of an earlier one.
func (s *State) repin(d *Definition) {
	counts := maps.Clone(s.absent)
	if counts == nil {
		counts = map[string]int{}
	}
	for i, n := range s.counts {
		if n > 0 {
			counts[s.def.Nodes[i].Name] = n
		}
	}
	var begun []int
	var waited []lapsed
	if d.parallel {
		for _, at := range s.begun {
			if i := d.position(s.def.Nodes[at].Name); i >= 0 {
				begun = append(begun, i)
			}
		}
		for _, l := range s.lapsed {
			if i := d.position(s.def.Nodes[l.at].Name); i >= 0 {
				waited = append(waited, lapsed{i, l.past})
			}
		}
	} else {
		s.writes = nil
	}
	s.begun, s.lapsed, s.rounds, s.leaving = begun, waited, nil, leaving{}
	for i := range s.Tokens {
		s.Tokens[i].at = d.position(s.Tokens[i].Node)
	}
	for i := range s.Visits {
		v := &s.Visits[i]
		v.at, v.hasArgs, v.Items = d.position(v.Node), false, nil // a map goes over its items anew
	}
	s.def = d
	s.count(counts)
}

// count takes over how often nodes have been visited, by name.
func (s *State) count(visits map[string]int) {
	s.counts, s.absent = make([]int, len(s.def.Nodes)), nil
	for name, n := range visits {
		if i, ok := s.def.index[name]; ok {
			s.counts[i] = n
			continue
		}
		if s.absent == nil {
			s.absent = map[string]int{}
		}
		s.absent[name] = n
	}
}
