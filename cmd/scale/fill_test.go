//go:build scale

package scale

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/copies"
	"github.com/weirflow/weir/eventstore"
)

const (
	flows       = 20  // workflows of the finished runs
	openEvery   = 100 // one run waits beside so many finished ones
	failedEvery = 50  // one of so many finished runs failed
	teams       = 50  // values of the label team
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

// samples are runs that others are copied from.
type samples struct {
	nap          copies.Sample
	done, failed [flows]copies.Sample
}

func readSamples(ctx context.Context, s *eventstore.Store) (*samples, error) {
	var all samples
	var errs []error
	keep := func(to *copies.Sample, run string) {
		sample, err := copies.Read(ctx, s, run)
		*to, errs = sample, append(errs, err)
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
	err = copies.Store(s, func(yield func(copies.Copy) bool) {
		for i := range runs {
			labels := map[string]string{"team": fmt.Sprintf("team-%d", i%teams), "customer": fmt.Sprintf("c-%d", i)}
			if !yield(copies.Copy{Run: doneName(i), Of: all.finished(i), Labels: labels}) {
				return
			}
			if i%openEvery == 0 && !yield(copies.Copy{Run: openName(i / openEvery), Of: all.nap, Labels: labels}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	commits, took := s.SyncCounts().Commits, time.Since(begun)
	fmt.Fprintf(os.Stdout, "%d commits in %s, %.0f a second\n", commits, took.Round(time.Millisecond), float64(commits)/took.Seconds())
	return nil
}

func doneName(i int) string { return fmt.Sprintf("run-%07d", i) }
func openName(i int) string { return fmt.Sprintf("open-%06d", i) }

func (all *samples) finished(i int) copies.Sample {
	if i%failedEvery == 0 {
		return all.failed[i/failedEvery%flows]
	}
	return all.done[i%flows]
}
