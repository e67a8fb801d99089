package actors_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// world is a machine with an engine on it, that dies and is started again, and its clients.
type world struct {
	t         *testing.T
	engine    *scripts.Engine
	random    *rand.Rand
	source    string
	saved     [][]byte // the source as it is saved, behind those it needs
	logger    *slog.Logger
	disturbed bool
	began     time.Time
	runs      map[string]*simulated
	log       *memlog.Log
	dir       string // of what processes leave beside the log
	index     *runindex.Index
	children  int // runs that others have started
	retention actors.Retention
	parked    atomic.Bool // a client has seen the engine with a parked run
	processes int         // so many were started
	kept      bool        // a process has said that it has the workflow

	mu      sync.Mutex
	calls   map[string]int     // the last attempts that were called with effects, by key
	ledgers map[string]*ledger // by run
}

// carry has every run started and carried to its end, by as many processes as it takes. alive says how long one
// process may live before it is stopped, 0 for as long as it can; nil: one process does it all.
func (w *world) carry(alive func(generation int) time.Duration) {
	w.t.Helper()
	w.calls, w.ledgers, w.began = map[string]int{}, map[string]*ledger{}, time.Now()
	if w.logger == nil {
		w.logger = slog.New(slog.DiscardHandler)
	}
	for generation := 1; ; generation++ {
		if generation > 1000 {
			w.t.Fatal("1000 processes have not carried the runs to their ends")
		}
		var stop <-chan time.Time
		if alive != nil {
			if life := alive(generation); life > 0 {
				stop = time.After(life)
			}
		}
		if w.process(stop) {
			return
		}
	}
}

// process is one process from its start to its end. It reports whether every run had ended by then.
func (w *world) process(stop <-chan time.Time) bool {
	w.t.Helper()
	log := w.log
	system := w.open(log)
	ctx, cancel := context.WithCancel(w.t.Context())
	var following sync.WaitGroup
	for name, r := range w.runs {
		following.Go(func() { w.follow(ctx, system, name, r) })
		following.Go(func() { w.watch(ctx, system, log, name, r) })
	}
	whole, finished := false, make(chan struct{})
	go func() {
		defer close(finished)
		whole = w.clients(ctx, system, log)
	}()

	how := "stopped in good order"
	select {
	case <-finished:
	case <-log.Down():
		how = "the log has failed"
	case <-stop:
	}
	if how != "stopped in good order" || w.disturbed && w.random.IntN(2) == 0 {
		ending := memlog.Ending(w.random.IntN(2))
		w.log = log.Restart(ending)
		w.logger.Debug("the process ends", "how", how, "ending", int(ending))
		w.close(system)
	} else {
		w.close(system)
		w.log = log.Restart(memlog.PowerCut) // nothing that was accepted may be lost
		w.logger.Debug("the process ends", "how", how)
	}
	cancel()
	following.Wait()
	<-finished
	return whole
}

// open starts an engine over a log, with the list of runs that the process before has left.
func (w *world) open(log *memlog.Log) *actors.System {
	w.t.Helper()
	if w.index != nil {
		return w.engineOver(log)
	}
	if w.dir == "" {
		w.dir = w.t.TempDir()
		if err := os.WriteFile(w.list(), emptyList(), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	var err error
	if w.index, err = runindex.Open(w.t.Context(), runindex.Config{Path: w.list(), Store: "simulated"}); err != nil {
		w.t.Fatalf("opening the list of runs: %v", err)
	}
	return w.engineOver(log)
}

// list is the file of the list of runs.
func (w *world) list() string { return filepath.Join(w.dir, "runs.db") }

// emptyList is the file of a list without runs. Making its tables takes longer than many a simulated run.
var emptyList = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "list")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "runs.db")
	index, err := runindex.Open(context.Background(), runindex.Config{Path: path, Store: "simulated"})
	if err != nil {
		panic(err)
	}
	if err := index.Close(); err != nil {
		panic(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return data
})

func (w *world) engineOver(log *memlog.Log) *actors.System {
	w.t.Helper()
	system, err := actors.Open(w.t.Context(), actors.Config{
		Store: log, Index: w.index, Tools: w.registry(log), Scripts: w.engine, Logger: w.logger, Retention: w.retention,
	})
	if err != nil {
		w.t.Fatalf("opening the engine: %v", err)
	}
	return system
}

// close ends an engine. Mostly the next one finds the list of runs as it is in memory, which spares opening it.
func (w *world) close(system *actors.System) {
	w.t.Helper()
	if err := system.Close(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	if w.random.IntN(8) == 0 {
		w.forget()
	}
}

// forget closes the list of runs.
func (w *world) forget() {
	w.t.Helper()
	if w.index != nil {
		if err := w.index.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.index = nil
}

// clients save the workflow, start the runs and wait for their ends. It reports whether all have ended; an
// error counts only while the process lives.
func (w *world) clients(ctx context.Context, system *actors.System, log *memlog.Log) bool {
	failed := func(what string, err error) bool {
		select {
		case <-log.Down():
		case <-ctx.Done():
		default:
			if !errors.Is(err, actors.ErrClosed) {
				w.t.Errorf("%s: %v", what, err)
			}
		}
		return false
	}
	if w.processes++; !w.kept || w.processes%4 == 0 { // the same again changes nothing
		for _, data := range w.saved {
			if _, _, err := system.Save(ctx, actors.Source{Data: data, File: "w.json"}); err != nil {
				return failed("saving the workflow", err)
			}
		}
		w.kept = true
	}
	for _, name := range w.names() {
		r := w.runs[name]
		_, _, err := system.Start(ctx, actors.StartRequest{Workflow: "w", Run: name, Input: document.MustParse(r.input)})
		if err != nil {
			return failed("starting run "+name, err)
		}
	}
	var others sync.WaitGroup
	defer others.Wait()
	for _, name := range w.names() {
		r := w.runs[name]
		if strings.Contains(w.source, "wait: ") || strings.Contains(w.source, "ctx.signal('s')") {
			others.Go(func() {
				if err := w.signal(ctx, system, name, r); err != nil {
					failed("signalling run "+name, err)
				}
			})
		}
		if r.cancel > 0 && !r.answered {
			others.Go(func() {
				if err := w.cancel(ctx, system, name, r); err != nil {
					failed("cancelling run "+name, err)
				}
			})
		}
		if r.pause > 0 && !r.rested {
			others.Go(func() {
				if err := w.rest(ctx, system, name, r); err != nil {
					failed("pausing run "+name, err)
				}
			})
		}
	}
	for _, name := range w.names() {
		r := w.runs[name]
		v, err := system.Wait(ctx, name)
		if err != nil {
			return failed("waiting for run "+name, err)
		}
		r.got = v
	}
	if err := awaitChildren(ctx, system); err != nil {
		return failed("waiting for child runs", err)
	}
	return true
}

func (w *world) names() []string {
	var names []string
	for name := range w.runs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// follow reads a run's events on from where the follower was.
func (w *world) follow(ctx context.Context, system *actors.System, name string, r *simulated) {
	for raw, err := range system.Follow(ctx, name, uint64(len(r.seen))) {
		if err != nil {
			return
		}
		r.seen = append(r.seen, string(raw.JSON))
		if raw.N != uint64(len(r.seen)) {
			w.t.Errorf("%s: the follower's event %d has number %d", name, len(r.seen), raw.N)
		}
	}
}

// cancel asks for the end of a run when the time has come. A cancel that was accepted is final.
func (w *world) cancel(ctx context.Context, system *actors.System, name string, r *simulated) error {
	select {
	case <-time.After(time.Until(w.began.Add(r.cancel))):
	case <-ctx.Done():
		return ctx.Err()
	}
	r.asked = true
	v, err := system.Cancel(ctx, name, "client", "")
	if status := (*actors.StatusError)(nil); errors.As(err, &status) {
		err = nil // it has ended
	} else if err == nil {
		r.answered = true
		if v.Status == workflow.StatusCompleted || v.Status == workflow.StatusFailed && v.Error.Kind != workflow.FailureCompensation {
			w.t.Errorf("%s: the cancel was accepted, and the run is %s", name, v.Status)
		}
	}
	return err
}

// signal sends a run the signals that it waits for, some of them early, until it has ended. One whose acceptance was
// not seen is sent again, by the next process if need be; so the visits that wait get the same ones, however often that is.
func (w *world) signal(ctx context.Context, system *actors.System, name string, r *simulated) error {
	const early = 3
	for pause := 97 * time.Millisecond; ; {
		if r.sent >= early {
			if pause = 970 * time.Millisecond; !strings.Contains(w.source, "wait:") && !strings.Contains(w.source, "ctx.signal('s')") {
				return nil
			}
		}
		select {
		case <-time.After(pause + lapse(tools.Call{Node: name})):
		case <-ctx.Done():
			return ctx.Err()
		}
		v, err := system.View(ctx, name)
		if err != nil || v.Status.Ended() {
			return err
		}
		waits := slices.ContainsFunc(v.Current, awaitsSignal)
		if waits || r.sent < early {
			payload := document.MustParse(fmt.Sprintf(`{"x": %d, "signal": %d}`, (r.sent*617)%1009, r.sent))
			_, err := system.Signal(ctx, name, "s", fmt.Sprint(r.sent), payload, "client")
			if status := (*actors.StatusError)(nil); errors.As(err, &status) {
				return nil // it has ended, or is about to
			}
			if err != nil {
				return err
			}
			r.sent++
		}
	}
}

// watch looks at a run again and again until it has ended: what a view shows is durable, and what the events fold into.
func (w *world) watch(ctx context.Context, system *actors.System, log *memlog.Log, name string, r *simulated) {
	looks := 0
	for pause := time.Millisecond; ; pause = (pause*7 + 13*time.Millisecond) % (5 * time.Second) {
		looks++
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		if system.Parked() > 0 {
			w.parked.Store(true)
		}
		v, err := system.View(ctx, name)
		if err != nil {
			continue // it has not begun, or the process has ended
		}
		if v.LastEvent == r.folded.n {
			if v.Status.Ended() { // from here on views are the same
				return
			}
			continue
		}
		if err := r.folded.read(ctx, log, name, v.LastEvent); err != nil {
			return
		}
		if v.LastEvent > r.folded.n {
			w.t.Errorf("%s: the view shows event %d, and event %d is the last that is durable", name, v.LastEvent, r.folded.n)
			continue
		}
		if !document.Equal(r.folded.doc, v.State) {
			w.t.Errorf("%s: at event %d the view shows the state %s, and the events fold into %s", name, v.LastEvent, v.State, r.folded.doc)
		}
		if looks%8 > 0 {
			continue
		}
		at, err := system.StateAt(ctx, name, v.LastEvent)
		if err == nil && !document.Equal(at, v.State) {
			w.t.Errorf("%s: at event %d the state is said to be %s, and the view shows %s", name, v.LastEvent, at, v.State)
		}
	}
}

// registry is what the process can call. Calls with effects check that what decided them is durable, take
// their time, and count only while the process lives.
func (w *world) registry(log *memlog.Log) *tools.Registry {
	w.t.Helper()
	answer := func(c tools.Call) document.Value {
		x, _ := c.Input.Get("x")
		n, _ := x.AsInt()
		return document.MustParse(fmt.Sprintf(`{"x": %d}`, (n*13+int64(len(c.Key)))%1009))
	}
	effect := func(once bool, outcome func(tools.Call) (document.Value, error)) func(context.Context, tools.Call) (document.Value, error) {
		return func(ctx context.Context, c tools.Call) (document.Value, error) {
			if !w.called(log, c, once) {
				return document.Null, errors.New("the process has ended")
			}
			select {
			case <-time.After(duration(c)):
				return outcome(c)
			case <-ctx.Done():
				time.Sleep(lapse(c)) // no two calls end at the same time
				return document.Null, ctx.Err()
			}
		}
	}
	registry, err := tools.NewRegistry(
		tools.Tool{Name: "effect", Description: "works", Call: effect(false, func(c tools.Call) (document.Value, error) { return answer(c), nil })},
		tools.Tool{Name: "flaky", Description: "works at the third attempt", Call: effect(false, func(c tools.Call) (document.Value, error) {
			if c.Attempt < 3 {
				return document.Null, errors.New("not yet")
			}
			return answer(c), nil
		})},
		tools.Tool{Name: "broken", Description: "never works", Call: effect(false, func(tools.Call) (document.Value, error) {
			return document.Null, errors.New("no luck")
		})},
		tools.Tool{Name: "once", Description: "must not be called twice", AtMostOnce: true, Call: effect(true, func(tools.Call) (document.Value, error) {
			return document.Object(), nil
		})},
		tools.Tool{Name: "pure", Description: "computes", Pure: true, Call: func(_ context.Context, c tools.Call) (document.Value, error) {
			return answer(c), nil
		}},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	return registry
}

// duration is how long a call takes.
func duration(c tools.Call) time.Duration {
	return time.Duration(len(c.Key)*c.Attempt)*20*time.Millisecond + lapse(c)
}

// lapse is a short time, another one for each node, item and call, so that what ends first does not depend on chance.
func lapse(c tools.Call) time.Duration {
	h := fnv.New32a()
	fmt.Fprint(h, c.Node, c.Item, c.Number)
	return time.Duration(h.Sum32() % 1e6)
}

// called notes a call with effects, and reports false where the process is dead already. The attempt must be
// durable, and its visit not completed; what may be called once only must not have been.
func (w *world) called(log *memlog.Log, c tools.Call, once bool) bool {
	begun, ended := deed{event.TypeNodeStarted, c.Node, c.Visit, c.Attempt, c.Item}, deed{event.TypeNodeCompleted, c.Node, c.Visit, 0, c.Item}
	if c.Number > 0 {
		begun, ended = deed{event.TypeCallStarted, c.Node, c.Visit, c.Attempt, c.Number}, deed{event.TypeCallCompleted, c.Node, c.Visit, 0, c.Number}
	}
	stored, err := w.did(log, c.Run, begun, ended)
	if err != nil {
		return false // the log has ended with its process
	}
	if stored[1] {
		w.t.Errorf("%s is called in attempt %d although that has completed", c.Key, c.Attempt)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-log.Down():
		return false
	default:
	}
	if !stored[0] {
		w.t.Errorf("%s is called in attempt %d before that is durable", c.Key, c.Attempt)
	}
	if last := w.calls[c.Key]; last > 0 && (c.Attempt <= last || once) {
		w.t.Errorf("%s is called in attempt %d after attempt %d", c.Key, c.Attempt, last)
	}
	w.calls[c.Key] = c.Attempt
	return true
}

// events is what is stored of a run, decoded and as it is.
func (w *world) events(run string) (all []event.Event, texts []string) {
	w.t.Helper()
	for stored, err := range w.log.Read(w.t.Context(), run, 0) {
		if err != nil {
			w.t.Fatalf("run %s: %v", run, err)
		}
		events, err := stored.Events()
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, events...)
		for _, raw := range stored.Raw {
			texts = append(texts, string(raw.JSON))
		}
	}
	return all, texts
}
