package actors_test

import (
	"context"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
)

// folding is a run's state after event n, folded without the engine.
type folding struct {
	n   uint64
	doc document.Value
}

// read goes on to an event, or to the last that is stored where that comes before it. What was stored stays so, and need
// not be read again.
func (f *folding) read(ctx context.Context, log *memlog.Log, run string, until uint64) error {
	for stored, err := range log.Read(ctx, run, f.n) {
		if err != nil {
			return err
		}
		for _, raw := range stored.Raw {
			if raw.N <= f.n {
				continue
			}
			if raw.N > until {
				return nil
			}
			f.n = raw.N
			if raw.Type != event.TypeRunStarted && raw.Type != event.TypeStateChanged {
				continue
			}
			e, err := event.Decode(raw.JSON)
			if err != nil {
				return err
			}
			switch b := e.Body.(type) {
			case event.RunStarted:
				f.doc = b.Input
			case event.StateChanged:
				if f.doc, err = b.Patch.Apply(f.doc); err != nil {
					return err
				}
			default:
			}
		}
	}
	return nil
}

// deed is an attempt that has begun, or a visit, or a call, that has completed.
type deed struct {
	what           event.Type
	node           string
	visit, attempt int // attempt of those that have begun only
	item           int // or call
}

// ledger is what has begun and completed of a run, as far as that was read.
type ledger struct {
	n     uint64
	deeds map[deed]bool
	turn  chan struct{} // holds a token for who reads
}

// did says of deeds whether they are stored by now.
func (w *world) did(log *memlog.Log, run string, deeds ...deed) (stored []bool, err error) {
	w.mu.Lock()
	l := w.ledgers[run]
	if l == nil {
		l = &ledger{deeds: map[deed]bool{}, turn: make(chan struct{}, 1)}
		w.ledgers[run] = l
	}
	w.mu.Unlock()
	l.turn <- struct{}{} // no mutex: reading takes virtual time
	defer func() { <-l.turn }()
	for commit, err := range log.Read(w.t.Context(), run, l.n) {
		if err != nil {
			return nil, err
		}
		for _, raw := range commit.Raw {
			if raw.N <= l.n {
				continue
			}
			l.n = raw.N
			switch raw.Type {
			case event.TypeNodeStarted, event.TypeNodeCompleted, event.TypeCallStarted, event.TypeCallCompleted:
			default:
				continue
			}
			e, err := event.Decode(raw.JSON)
			if err != nil {
				return nil, err
			}
			switch b := e.Body.(type) {
			case event.NodeStarted:
				l.deeds[deed{event.TypeNodeStarted, b.Node, b.Visit, b.Attempt, b.Item}] = true
			case event.NodeCompleted:
				l.deeds[deed{event.TypeNodeCompleted, b.Node, b.Visit, 0, b.Item}] = true
			case event.CallStarted:
				l.deeds[deed{event.TypeCallStarted, b.Node, b.Visit, b.Attempt, b.Call}] = true
			case event.CallCompleted:
				if b.Kind == "" {
					l.deeds[deed{event.TypeCallCompleted, b.Node, b.Visit, 0, b.Call}] = true
				}
			default:
			}
		}
	}
	for _, d := range deeds {
		stored = append(stored, l.deeds[d])
	}
	return stored, nil
}
