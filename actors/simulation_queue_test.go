package actors_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// span is how long a run of a key held its place in the queue.
type span struct {
	run, key   string
	from, till time.Time
	begins     string // the epoch that began it: another owner's knows nothing of this one's queue
}

// checkQueue sees that the runs kept to their workflow's queue, whatever processes carried them.
func (w *world) checkQueue() {
	w.t.Helper()
	spans := w.spans()
	switch {
	case strings.Contains(w.source, "queue: {concurrency: 1"):
		last := map[string]span{}
		for _, s := range spans {
			if before, ok := last[s.key]; ok && s.from.Before(before.till) && !s.rivals() && !before.rivals() {
				w.t.Errorf("%s began at %s, and %s of the same key %q ended at %s", s.run, s.from, before.run, s.key, before.till)
			}
			last[s.key] = s
		}
	case strings.Contains(w.source, "rate: 2/3s"):
		const slack = 500 * time.Millisecond // between the turn and what records it lies the reading of the run
		for i := 2; i < len(spans); i++ {
			if within := spans[i].from.Sub(spans[i-2].from); within < 3*time.Second-slack {
				w.t.Errorf("three runs began within %s", within)
			}
		}
	}
}

// rivals reports whether another owner began the run.
func (s *span) rivals() bool { return strings.HasPrefix(s.begins, "rival of ") }

// spans are those of the runs that waited in a queue and began, in the order in which they did.
func (w *world) spans() (spans []span) {
	for _, name := range w.names() {
		s, waited := span{run: name}, false
		for commit, err := range w.log.Read(w.t.Context(), name, 0) {
			if err != nil {
				w.t.Fatal(err)
			}
			events, err := commit.Events()
			if err != nil {
				w.t.Fatal(err)
			}
			for _, e := range events {
				switch b := e.Body.(type) {
				case event.RunStarted:
					if b.Queue != nil {
						s.key, waited = b.Queue.Key, true
					}
				case event.NodeStarted:
					if s.from.IsZero() {
						s.from, s.begins = e.At, commit.Epoch
					}
				default:
				}
				s.till = e.At
			}
		}
		if waited && !s.from.IsZero() {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.from.Compare(b.from), a.till.Compare(b.till)) })
	return spans
}
