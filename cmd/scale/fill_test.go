//go:build scale

package scale

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

const (
	flows       = 20   // workflows of the finished runs
	openEvery   = 100  // one run waits beside so many finished ones
	failedEvery = 50   // one of so many finished runs failed
	teams       = 50   // values of the label team
	authors     = 1024 // runs that are filled at once
)

// flowSource is a workflow whose runs have 8 events; one that is told to fails.
const flowSource = `name: %s
start: fetch
nodes:
  fetch: {script: "if (input.fail) throw new Error('connection refused by ' + input.fail)"}
  score: {script: "1 + 1"}
edges:
  fetch: score
`

const napSource = `name: nap
start: nap
nodes:
  nap: {sleep: 1h}
`

func flowName(i int) string { return fmt.Sprintf("flow-%d", i%flows) }

// sample has the program make one run of each kind, which the others are copies of.
func sample(t *testing.T, s *server) {
	t.Helper()
	s.awaitReady()
	s.Post("/v1/workflows", "application/yaml", napSource)
	s.Post("/v1/workflows/nap/runs", "application/json", `{"run_id":"nap","input":{}}`)
	for i := range flows {
		name := flowName(i)
		s.Post("/v1/workflows", "application/yaml", fmt.Sprintf(flowSource, name))
		s.Post("/v1/workflows/"+name+"/runs", "application/json", `{"run_id":"done-`+name+`","input":{}}`)
		s.Post("/v1/workflows/"+name+"/runs", "application/json", `{"run_id":"failed-`+name+`","input":{"fail":"ledger"}}`)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		page := s.Get("/v1/runs?limit=100&counts=true")
		if bytes.Contains(page, fmt.Appendf(nil, `"completed":%d`, flows)) && bytes.Contains(page, fmt.Appendf(nil, `"failed":%d`, flows)) &&
			bytes.Contains(page, []byte(`"waiting":1`)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the samples do not end: %s", page)
		}
	}
}

// samples are the events of runs that others are copied from.
type samples struct {
	nap          []event.Event
	done, failed [flows][]event.Event
}

func readSamples(ctx context.Context, s *eventstore.Store) (*samples, error) {
	var all samples
	read := func(run string) (events []event.Event, err error) {
		for stored, err := range s.Read(ctx, run, 0) {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", run, err)
			}
			more, err := stored.Events()
			if err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		return events, nil
	}
	var errs []error
	keep := func(to *[]event.Event, run string) {
		events, err := read(run)
		*to, errs = events, append(errs, err)
	}
	keep(&all.nap, "nap")
	for i := range flows {
		keep(&all.done[i], "done-"+flowName(i))
		keep(&all.failed[i], "failed-"+flowName(i))
	}
	return &all, errors.Join(errs...)
}

// fill stores so many finished runs, and one that waits beside each hundred, through the store that the engine uses.
func fill(dir string, runs int) error {
	ctx := context.Background()
	s, err := eventstore.Open(ctx, eventstore.Config{Dir: dir})
	if err != nil {
		return err
	}
	all, err := readSamples(ctx, s)
	if err != nil {
		return err
	}
	begun := time.Now()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var done sync.WaitGroup
	for range authors {
		done.Go(func() {
			for i := int(next.Add(1) - 1); i < runs && failed.Load() == nil; i = int(next.Add(1) - 1) {
				err := store(s, doneName(i), i, all.finished(i))
				if i%openEvery == 0 && err == nil {
					err = store(s, openName(i/openEvery), i, all.nap)
				}
				if err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	done.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	commits, took := s.SyncCounts().Commits, time.Since(begun)
	fmt.Fprintf(os.Stdout, "%d commits in %s, %.0f a second\n", commits, took.Round(time.Millisecond), float64(commits)/took.Seconds())
	return nil
}

func doneName(i int) string { return fmt.Sprintf("run-%07d", i) }
func openName(i int) string { return fmt.Sprintf("open-%06d", i) }

func (all *samples) finished(i int) []event.Event {
	if i%failedEvery == 0 {
		return all.failed[i/failedEvery%flows]
	}
	return all.done[i%flows]
}

// store stores a copy of a run's events under another id, in two commits.
func store(s *eventstore.Store, run string, i int, events []event.Event) error {
	started := events[0].Body.(event.RunStarted)
	started.Labels = map[string]string{"team": fmt.Sprintf("team-%d", i%teams), "customer": fmt.Sprintf("c-%d", i)}
	later := time.Since(events[0].At)
	var expected uint64
	previous := ""
	const first = 2 // events of the first commit
	for _, part := range [][]event.Event{events[:first], events[first:]} {
		c := event.Commit{Run: run, Workflow: started.Workflow, First: part[0].N, Epoch: "scale", Prev: previous}
		for _, e := range part {
			e.Run, e.At = run, e.At.Add(later)
			switch body := e.Body.(type) {
			case event.RunStarted:
				e.Body = started
			case event.TimerSet:
				body.Due = body.Due.Add(later)
				e.Body = body
			default:
			}
			c.Events = append(c.Events, e)
		}
		sealed := event.Seal(c)
		sequence, err := s.Append(sealed, expected).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", run, err)
		}
		expected, previous = sequence, sealed.Digest
	}
	return nil
}
