package audit

import (
	"context"
	"iter"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// Message is one message that is whole. Its bytes are never used again by this package; do not modify them.
type Message struct {
	Stream   string // WEIR_RUNS or WEIR_WORKFLOWS
	Subject  string
	Sequence uint64
	At       time.Time    // when it was stored
	Data     []byte       // the bytes of the commit or of the revision
	Commit   event.Sealed // empty for a revision
}

// Whole yields what can be saved of a store: first every revision that is whole, then every commit of every run
// whose chain is whole from the run's beginning up to it, both in the order of their streams. What was deleted is
// not in it, nor what a commit of a retired run stands for. A new store that appends all of it in this order holds
// every run up to the first damage in it.
//
// The store must not be open. It is read twice. An error is the last pair, and one of those that Check returns.
func (s Store) Whole(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		// What is deleted or replaced is only told further on in a stream.
		first, err := s.begin()
		if err != nil {
			yield(Message{}, err)
			return
		}
		second := *first
		for _, each := range []stream{workflows, runs} {
			err := first.read(ctx, each, nil)
			if ended := false; err == nil {
				err = second.read(ctx, each, &salvage{known: first.ledgers[each.name], hand: func(m Message) bool {
					ended = !yield(m, nil)
					return !ended
				}})
				if ended {
					return
				}
			}
			if err != nil {
				yield(Message{}, err)
				return
			}
		}
	}
}

// salvage is what a second reading of a stream is for.
type salvage struct {
	known *ledger // of the first reading
	hand  func(Message) bool
}

// take hands an entry on where it is whole and still stands for itself, and returns false to end the reading.
func (v *salvage) take(l *ledger, b *block, e *entry) bool {
	isMessage := e.kind != damage && e.kind != deletes && e.kind != deleted
	if isMessage && (v.known.account.gone.has(e.sequence) || e.sequence < v.known.chains.replaced[b.contents[e.content].key]) {
		return true
	}
	ordered, sound := l.take(b, e)
	// Revisions stand for themselves: a run names one by its digest, not by its number.
	if !sound && !(ordered && l.stream == workflows && e.kind == whole) {
		return true
	}
	r, _ := newScanner(b.data, l.stream.blockKey(b.number)).record(e.offset)
	m := Message{Stream: l.stream.name, Subject: string(r.subject), Sequence: e.sequence, At: time.Unix(0, r.at).UTC(), Data: r.data}
	if l.stream == runs {
		m.Commit, _ = event.Open(r.data) // which was verified already
	}
	return v.hand(m)
}
