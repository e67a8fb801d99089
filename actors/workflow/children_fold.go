package workflow

import (
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// What the events of children fold into.

func (s *State) childStarted(e event.Event, b event.ChildStarted) error {
	if b.Item > 0 {
		return s.itemChildStarted(e, b)
	}
	v := s.visit(b.Node, b.Visit)
	if v == nil || v.Attempt != b.Attempt {
		return foldError(e, "the attempt is not open")
	}
	v.Child, v.Phase, v.Due = b.Child, PhaseChild, b.Due
	return nil
}

func (s *State) childCompleted(e event.Event, b event.ChildCompleted) error {
	if b.Item > 0 {
		return s.itemChildCompleted(e, b)
	}
	v := s.visit(b.Node, b.Visit)
	if v == nil || v.Attempt != b.Attempt || v.Child != b.Child {
		return foldError(e, "the attempt has no such child")
	}
	v.Phase, v.Due, v.childEnd = PhaseRunning, time.Time{}, &b
	return nil
}

func (s *State) itemChildStarted(e event.Event, b event.ChildStarted) error {
	v, at, err := s.openItem(e, b.Node, b.Visit, b.Item, b.Attempt)
	if err != nil {
		return err
	}
	items, i := *v.Items, *v.Items.Open[at]
	i.Child, i.Phase, i.Due = b.Child, PhaseChild, b.Due
	items.change(at, i)
	v.Items = &items
	return nil
}

func (s *State) itemChildCompleted(e event.Event, b event.ChildCompleted) error {
	v, at, err := s.openItem(e, b.Node, b.Visit, b.Item, b.Attempt)
	if err != nil {
		return err
	}
	items, i := *v.Items, *v.Items.Open[at]
	if i.Child != b.Child {
		return foldError(e, "the attempt has no such child")
	}
	i.Phase, i.Due = PhaseRunning, time.Time{}
	items.change(at, i)
	v.Items = &items
	return nil
}

// haltChildren has the children of a run that is ending be in flight, as what is executed is: they are being
// cancelled too, and the run ends when they have, or after CancelGrace.
func (s *State) haltChildren() {
	for k := range s.Visits {
		v := &s.Visits[k]
		if v.Phase == PhaseChild {
			v.Phase, v.Due = PhaseRunning, time.Time{}
		}
		if v.Items == nil {
			continue
		}
		items := *v.Items
		for at, i := range items.Open {
			if i.Phase == PhaseChild {
				halted := *i
				halted.Phase, halted.Due = PhaseRunning, time.Time{}
				items.change(at, halted)
			}
		}
		v.Items = &items
	}
}
