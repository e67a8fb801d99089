package actors_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/scripts"
)

// TestSimulation carries random workflows through crashes, power cuts, orderly stops, lost answers, delays and
// other owners, in virtual time, and holds every run to what it does when nothing disturbs it. A seed is one
// workflow with one schedule; `make sim SEEDS=1000 SEED=17` tries more of them.
//
// The time stands still while a script runs, so no script meets its time limit here; and no script uses a
// regular expression with lookaround or a backreference, whose engine keeps a clock of its own.
func TestSimulation(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	first, seeds := simulationSetting(t, "SIM_SEED", 1), simulationSetting(t, "SIM_SEEDS", simulatedSeeds)
	var parked, children atomic.Int64
	t.Cleanup(func() { // after all seeds
		if seeds >= enoughSeeds && parked.Load() < int64(seeds)/10 {
			t.Errorf("runs were parked in %d of %d seeds", parked.Load(), seeds)
		}
		if seeds >= enoughSeeds && children.Load() < int64(seeds)/4 {
			t.Errorf("%d seeds have started %d child runs", seeds, children.Load())
		}
		t.Logf("runs were parked in %d of %d seeds, which have started %d child runs", parked.Load(), seeds, children.Load())
	})
	for seed := first; seed < first+seeds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			defer func() {
				if t.Failed() {
					t.Logf("repeat it with: make sim SEED=%d SEEDS=1", seed)
				}
			}()
			synctest.Test(t, func(t *testing.T) {
				_, w := simulate(t, engine, seed)
				if w.parked.Load() {
					parked.Add(1)
				}
				children.Add(int64(w.children))
			})
		})
	}
}

// enoughSeeds is from how many seeds on runs must have been parked in a tenth of them, which they are in most.
const enoughSeeds = 30

// TestSimulationRepeats sees that a seed is worth keeping: the same seed stores the same bytes, with scripts in a process of
// their own, too.
func TestSimulationRepeats(t *testing.T) {
	stored := map[int][]string{} // by seed, the first time
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		for again := range 2 {
			for seed := range repeatedSeeds {
				t.Run(fmt.Sprintf("seed %d, time %d", seed, again+1), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						events, _ := simulate(t, runner, uint64(seed))
						first, known := stored[seed]
						if !known {
							stored[seed] = events
							return
						}
						if diff := cmp.Diff(first, events); diff != "" {
							t.Errorf("it does not store what it did the first time:\n%s", diff)
						}
					})
				})
			}
		}
	})
}

func simulationSetting(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// simulate runs one seed, and returns every event that it stored, and the world in which it did.
func simulate(t *testing.T, engine *scripts.Engine, seed uint64) (stored []string, disturbed *world) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	source := randomWorkflow(random)
	saved := savedFor(source)
	runs := map[string]*simulated{}
	for i := range 1 + random.IntN(3) {
		r := &simulated{input: fmt.Sprintf(`{"x": %d, "log": []}`, random.IntN(1009))}
		if random.IntN(4) == 0 {
			r.cancel = time.Duration(random.Int64N(int64(10 * time.Second)))
		}
		if random.IntN(4) == 0 {
			r.pause, r.rest = time.Duration(random.Int64N(int64(5*time.Second))), time.Duration(random.Int64N(int64(5*time.Second)))
		}
		runs[fmt.Sprintf("r%d", i)] = r
	}
	calm := &world{t: t, engine: engine, random: random, source: source, saved: saved, runs: map[string]*simulated{}}
	for run, r := range runs {
		calm.runs[run] = &simulated{input: r.input}
	}
	calm.log = memlog.Open(memlog.Faults{})
	calm.carry(nil)
	for run, r := range runs {
		r.want = calm.runs[run].got
		events, _ := calm.events(run)
		r.visits = completions(events)
	}
	calm.forget()
	if err := calm.log.Close(); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, engine: engine, random: random, source: source, saved: saved, runs: runs, disturbed: true}
	w.logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.log = memlog.Open(memlog.Faults{
		Seed: seed, Delay: 10 * time.Millisecond, Late: 10, LostAnswers: 10, Repeats: 10, Rivals: 4, Failures: 10, Disruptions: 8, Logger: w.logger,
	})
	w.carry(func(generation int) time.Duration {
		if generation > 20 || random.IntN(3) > 0 {
			return 0
		}
		return time.Duration(random.Int64N(int64(5 * time.Second)))
	})
	w.check()
	w.checkQueue()
	w.forget()
	if t.Failed() {
		t.Logf("the workflow is\n%s", source)
	}
	time.Sleep(time.Second) // for the translator of modules, which leaves a goroutine behind that sleeps for a moment
	for _, name := range w.names() {
		_, texts := w.events(name)
		stored = append(stored, texts...)
	}
	if err := w.log.Close(); err != nil {
		t.Fatal(err)
	}
	return stored, w
}

// simulated is one run.
type simulated struct {
	input  string
	want   actors.View // how it ends undisturbed
	visits []string    // what it completes then, in order where no branches run side by side

	sent     int           // signals that were accepted
	cancel   time.Duration // where positive: when a client wants it cancelled
	asked    bool          // that client has asked
	answered bool          // that client has its answer
	pause    time.Duration // where positive: when a client pauses it
	rest     time.Duration // for how long
	rested   bool          // that client has set it going again, or it has ended
	got      actors.View   // how it has ended
	folded   folding       // what its events fold into, as far as that was looked at
	seen     []string      // its events, as a follower had them over all restarts
}

// completions is the visits that have completed, in order, and those that end because nobody knows what their
// one call did: the simulated workflows go on the same way. What becomes of the items of maps is seen in their results.
func completions(events []event.Event) []string {
	var visits []string
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeCompleted:
			if b.Item == 0 {
				visits = append(visits, fmt.Sprintf("%s/%d", b.Node, b.Visit))
			}
		case event.NodeFailed:
			if b.Kind == workflow.FailureUnknownOutcome && b.Item == 0 {
				visits = append(visits, fmt.Sprintf("%s/%d", b.Node, b.Visit))
			}
		default:
		}
	}
	return visits
}

// branchesSorted puts the visits of branches, whose order depends on time, behind the others and in the order of their names.
func branchesSorted(visits []string) []string {
	inBranch := func(visit string) bool { return visit[0] == 'b' }
	sorted := slices.DeleteFunc(slices.Clone(visits), inBranch)
	branches := slices.DeleteFunc(slices.Clone(visits), func(visit string) bool { return !inBranch(visit) })
	slices.Sort(branches)
	return append(sorted, branches...)
}

// within reports whether a run that was cut short has completed nothing that the whole one does not, and that in its order.
func within(visits, whole []string) bool {
	i := 0
	for _, visit := range branchesSorted(visits) {
		for ; ; i++ {
			if i == len(branchesSorted(whole)) {
				return false
			}
			if branchesSorted(whole)[i] == visit {
				break
			}
		}
	}
	return true
}

// check holds every run to what it would have come to undisturbed.
func (w *world) check() {
	w.t.Helper()
	system := w.open(w.log)
	defer w.close(system)
	misled := w.families(w.t.Context(), system)
	for _, name := range w.names() {
		r := w.runs[name]
		events, texts := w.events(name)
		if len(r.seen) < len(texts) { // the last process ended before its follower had all
			for raw, err := range system.Follow(w.t.Context(), name, uint64(len(r.seen))) {
				if r.seen = append(r.seen, string(raw.JSON)); err != nil || len(r.seen) == len(texts) {
					break
				}
			}
		}
		if diff := cmp.Diff(texts, r.seen); diff != "" {
			w.t.Errorf("%s: the follower had other events than are stored: (-stored +followed)\n%s", name, diff)
		}
		var log []string
		for i, e := range events {
			log = append(log, line(e))
			if e.N != uint64(i+1) {
				w.t.Errorf("%s: event %d has number %d", name, i+1, e.N)
			}
			if i > 0 && e.At.Before(events[i-1].At) {
				w.t.Errorf("%s: event %d is before the one before it", name, e.N)
			}
		}
		replayed, err := system.View(w.t.Context(), name)
		if err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(ending(r.got), ending(replayed)); diff != "" {
			w.t.Errorf("%s: what the run's events fold into is other than what its actor had: (-actor +folded)\n%s", name, diff)
		}
		w.checkItems(name, events)
		visits := completions(events)
		w.checkPauses(name, events)
		if w.checkCompensations(system, name, events); r.got.Error != nil && len(r.got.Error.Uncompensated) > 0 {
			w.checkQuarantine(name, events)
			continue
		}
		switch {
		case r.got.Status == workflow.StatusCancelled && r.asked:
			if !misled[name] && !within(slices.DeleteFunc(slices.Clone(visits), compensates), r.visits) {
				w.t.Errorf("%s: cancelled, it has completed %v, undisturbed it completes %v", name, visits, r.visits)
			}
			continue
		case r.answered:
			w.t.Errorf("%s: a cancel was accepted, and the run has ended as %s", name, ending(r.got))
		case r.got.Error != nil && r.got.Error.Kind == workflow.FailureQuarantined:
			w.checkQuarantine(name, events)
			continue
		case misled[name]:
			continue
		}
		if diff := cmp.Diff(ending(r.want), ending(r.got)); diff != "" {
			w.t.Errorf("%s: (-undisturbed +disturbed)\n%s\n%s", name, diff, strings.Join(log, "\n"))
		}
		if diff := cmp.Diff(branchesSorted(r.visits), branchesSorted(visits)); diff != "" {
			w.t.Errorf("%s: the visits that completed: (-undisturbed +disturbed)\n%s", name, diff)
		}
	}
}

// checkItems sees that no item of a map ends twice, and that a map that completes has had all of its items end.
func (w *world) checkItems(name string, events []event.Event) {
	w.t.Helper()
	ended, left := map[string]bool{}, map[string]int{}
	end := func(node string, visit, item int) {
		id := fmt.Sprintf("%s/%d/%d", node, visit, item)
		if ended[id] {
			w.t.Errorf("%s: item %s ends twice", name, id)
		}
		ended[id] = true
		left[fmt.Sprintf("%s/%d", node, visit)]--
	}
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeStarted:
			if b.Attempt == 1 && b.Items > 0 {
				left[fmt.Sprintf("%s/%d", b.Node, b.Visit)] = b.Items
			}
		case event.NodeCompleted:
			if b.Item > 0 {
				end(b.Node, b.Visit, b.Item)
			} else if n := left[fmt.Sprintf("%s/%d", b.Node, b.Visit)]; n != 0 {
				w.t.Errorf("%s: map %s/%d completes with %d items left", name, b.Node, b.Visit, n)
			}
		case event.NodeFailed:
			if b.Item > 0 && b.RetryAt.IsZero() {
				end(b.Node, b.Visit, b.Item)
			}
		default:
		}
	}
}

// checkQuarantine sees that a run was given up only after as many interruptions in a row as that takes.
func (w *world) checkQuarantine(name string, events []event.Event) {
	w.t.Helper()
	inRow := map[string]int{}
	count := func(visit, kind string) bool {
		if inRow[visit]++; kind != workflow.FailureInterrupted {
			inRow[visit] = 0
		}
		return inRow[visit] == workflow.InterruptionsMax
	}
	for _, e := range events {
		enough := false
		switch b := e.Body.(type) {
		case event.NodeFailed:
			if b.Kind != workflow.FailureStopped { // which counts for nothing
				enough = count(fmt.Sprintf("%s/%d/%d", b.Node, b.Visit, b.Item), b.Kind)
			}
		case event.CallCompleted:
			if b.Kind != workflow.FailureStopped {
				enough = count(fmt.Sprintf("%s/%d@%d", b.Node, b.Visit, b.Call), b.Kind)
			}
		default:
		}
		if enough {
			return
		}
	}
	w.t.Errorf("%s: the run was quarantined without %d interruptions in a row", name, workflow.InterruptionsMax)
}

// ending is what a run has come to.
func ending(v actors.View) string {
	text := fmt.Sprintf("%s %s", v.Status, v.State)
	if v.Error != nil {
		text += fmt.Sprintf(" %s at %s/%d", v.Error.Kind, v.Error.Node, v.Error.Visit)
	}
	return text
}
