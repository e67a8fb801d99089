//go:build torture

// Package torture kills a working weir with SIGKILL at random points, again and again over one data
// directory, and checks in the end that nothing was lost, nothing was done twice that had completed, and
// every effect that had to be repeated was repeated under the same key.
//
// Run it with `make torture CYCLES=100`; ONLY=durable is for runs of one workflow of testdata. The seed is printed; SEED=n repeats the same choices, though not
// the same interleaving.
package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/served"
)

// pauseMax is how long the client waits at most between two runs that it starts. A server is given new runs until it
// is killed, so that a kill always meets some at work; what it leaves open goes on in later cycles.
const pauseMax = 60 * time.Millisecond

// settleTimeout bounds the wait for the last runs once nobody kills any more.
const settleTimeout = 3 * time.Minute

func TestKilledServerLosesNothing(t *testing.T) {
	cycles := environment(t, "TORTURE_CYCLES", 100)
	seed := environment(t, "TORTURE_SEED", 0)
	if seed == 0 {
		seed = int(time.Now().UnixNano() % 1_000_000_000)
	}
	t.Logf("CYCLES=%d SEED=%d", cycles, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))

	calls := newCounter(t, uint64(seed))
	program := served.Build(t)
	data := dataDir(t)
	ledger := newLedger(calls.url, os.Getenv("TORTURE_ONLY"))

	began := time.Now()
	saved := false
	for range cycles {
		// One cycle in five dies while the server starts or recovers; the others do some work first.
		if random.IntN(5) == 0 {
			s := start(t, program, data)
			time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond)
			s.Kill()
			continue
		}
		s := start(t, program, data)
		s.MustBeReady(t.Context(), readyTimeout)
		doomed := time.After(time.Duration(100+random.IntN(500)) * time.Millisecond)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			<-doomed
			s.Kill()
		}()
		if saved = saved || s.save(); saved {
			ledger.resend(s)
			for alive := true; alive; {
				ledger.start(s, random)
				select {
				case <-killed:
					alive = false
				case <-time.After(time.Duration(random.Int64N(int64(pauseMax)))):
				}
			}
		}
		<-killed
	}

	t.Logf("%d cycles in %s", cycles, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	s := start(t, program, data)
	s.MustBeReady(t.Context(), readyTimeout)
	t.Logf("ready %s after the last kill", time.Since(began).Round(time.Millisecond))
	if !s.save() { // again, which changes nothing, or at last where every cycle was cut short
		t.Fatal("the workflows cannot be saved")
	}
	ledger.resend(s)
	verdict := ledger.verify(t, s, calls)
	s.Stop(stopTimeout)
	t.Logf("settled and verified in %s", time.Since(began).Round(time.Millisecond))

	t.Logf("%d runs completed over %d cycles: %d visits, %d calls for %d completed calls, %d interrupted attempts repeated",
		len(ledger.runs), cycles, verdict.visits, calls.total(), verdict.calls, verdict.interrupted)
	if cycles >= 10 && verdict.interrupted == 0 {
		t.Errorf("no attempt was interrupted in %d cycles: the kills did not meet any work", cycles)
	}
}

func environment(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// dataDir makes the directory that all cycles share. It stays behind where the test fails, to be looked at.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-torture-") //nolint:usetesting // t.TempDir would take it away
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the data directory is kept: %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// ledger is what the client knows: every run it asked for, and which of them the server accepted.
type ledger struct {
	url  string // of the counting server
	only string // the workflow of all runs, "" for one at random
	runs []*order
}

// order is one run that was asked for.
type order struct {
	id, workflow string
	rounds       int
	accepted     bool
}

func newLedger(url, only string) *ledger { return &ledger{url: url, only: only} }

// start asks for a new run of a random workflow.
func (l *ledger) start(s *server, random *rand.Rand) {
	o := &order{id: fmt.Sprintf("run-%04d", len(l.runs)), workflow: "calls", rounds: 3 + random.IntN(6)}
	if o.workflow = l.only; o.workflow == "" {
		o.workflow = []string{"calls", "calls", "pure", "pauses", "items", "durable"}[random.IntN(6)]
	}
	switch o.workflow {
	case "items":
		o.rounds = 10 + random.IntN(30)
	case "pure":
		o.rounds = 50 + random.IntN(250)
	case "pauses":
		o.rounds = 2 + random.IntN(4)
	}
	l.runs = append(l.runs, o)
	o.accepted = s.startRun(o, l.url)
}

// resend asks again for what was never answered: the client cannot know whether it was accepted, and the
// same id and input are the same run.
func (l *ledger) resend(s *server) {
	for _, o := range l.runs {
		if !o.accepted {
			o.accepted = s.startRun(o, l.url)
		}
	}
}
