package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/cmd/internal/profiles"
	"github.com/weirflow/weir/eventstore"
)

// Engine is an engine in this process.
type Engine struct {
	System *actors.System
	Store  *eventstore.Store
	Close  func() error
}

// Config says how is measured. The zero value of a number stands for what each workload takes by itself.
type Config struct {
	Program string // what is executed as a server
	// Open opens an engine over a data directory, for what is measured without a server.
	Open func(ctx context.Context, dir string) (*Engine, error)
	// InProcess drives an engine in this process in place of a server.
	InProcess bool
	// Profiles gets, below it, a directory of profiles for each server, and for each workload that has an engine in this process; "" is
	// none. A server that is killed leaves none.
	Profiles string
	// Dir gets the data directories, which stay; it is made where it is missing. "" is the directory of temporary files.
	Dir string
	// Keep leaves data directories in the directory of temporary files, too.
	Keep bool

	Nodes       Nodes // of linear, burst, recover and growth; "" is script
	Checkpoint  bool  // their nodes wait until everything before them is durable
	Runs        int
	Concurrency int
	Steps       []int // of a run of loop, and of growth along state
	Tails       int   // of tail
	Duration    time.Duration
	Along       []string // what growth is measured along; none is all
	Most        int      // how far

	Command, Version, Revision string       // of this program, for the results
	Progress                   func(string) // told what is measured next
	// Made is told of each data directory that is removed once its workload has ended.
	Made func(dir string)
}

// DurationDefault is for how long what has no end of its own is measured.
const DurationDefault = 4 * time.Second

// workload is one thing to measure.
type workload struct {
	name, about string
	of          subject
	measure     func(b *bench, ctx context.Context) ([]Measurement, error)
	along       string // of growth, whose curves are measured one by one
}

// subject is what a workload is about.
type subject int

const (
	ofRuns    subject = iota // on a server or an engine
	ofProcess                // a server, then
	ofStore                  // neither
)

// workloads are in the order in which they are measured. Growth comes last.
var workloads = []workload{
	{"linear", "five nodes in a row, at a concurrency of 1 and of 64", ofRuns, (*bench).linear, ""},
	{"loop", "1,000 and 10,000 steps of one run, a script and a condition each", ofRuns, (*bench).loop, ""},
	{"burst", "10,000 starts at once, until all are done", ofRuns, (*bench).burst, ""},
	{"parked", "20,000 runs that wait: the memory of each", ofRuns, (*bench).parked, ""},
	{"recover", "2,000 starts, kill -9 half way: until all are done, what is lost or repeated", ofProcess, (*bench).recover, ""},
	{"cold", "process start to the first completed run, over an existing store; memory when idle", ofProcess, (*bench).cold, ""},
	{"tail", "event to WebSocket, with 1,000 tails", ofProcess, (*bench).tail, ""},
	{"append", "commits of the store by itself, beside the limits of the disk and of JetStream", ofStore, (*bench).append, ""},
}

// Usual lists the workloads that are measured where none is named, in that order.
func Usual() (names []string) {
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// Names lists all workloads: the usual ones, and growth, which takes minutes.
func Names() []string { return append(Usual(), growthName) }

// About says what a workload is.
func About(name string) string {
	for _, w := range workloads {
		if w.name == name {
			return w.about
		}
	}
	return growthAbout
}

// NeedsServer reports whether a workload is about a process, and cannot be measured on an engine in this one.
func NeedsServer(name string) bool {
	return slices.ContainsFunc(workloads, func(w workload) bool { return w.name == name && w.of == ofProcess })
}

// Run measures the named workloads, in the order of Names, and hands each result over as it is there.
func Run(ctx context.Context, cfg Config, names []string, take func(Result) error) error {
	for _, w := range slices.Concat(workloads, curves(cfg.Along)) {
		if !slices.Contains(names, w.name) {
			continue
		}
		b := &bench{Config: cfg, name: strings.TrimSpace(w.name + " " + w.along)}
		result, err := b.run(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		if err := take(result); err != nil {
			return err
		}
	}
	return nil
}

// bench is the measuring of one workload.
type bench struct {
	Config
	name string
	dir  string // that of its data directories
	env  Environment

	profiled int // how many directories of profiles there are
}

func (b *bench) run(ctx context.Context, w workload) (r Result, err error) {
	if b.Dir != "" {
		if err := os.MkdirAll(b.Dir, 0o700); err != nil {
			return r, err
		}
	}
	if b.dir, err = os.MkdirTemp(b.Dir, "weir-bench-"+strings.ReplaceAll(b.name, " ", "-")+"-"); err != nil {
		return r, fmt.Errorf("making a data directory: %w", err)
	}
	if b.Keep || b.Dir != "" {
		b.tell("its data is kept in " + b.dir)
	} else {
		if b.Made != nil {
			b.Made(b.dir)
		}
		defer func() {
			if removed := os.RemoveAll(b.dir); err == nil {
				err = removed
			}
		}()
	}
	b.env = b.environment()
	end := func() error { return nil }
	if b.Profiles != "" && b.mode(w.of) != modeServer {
		if end, err = profiles.Start(b.profiles()); err != nil {
			return r, err
		}
	}
	measured, err := w.measure(b, ctx)
	err = errors.Join(err, end())
	return Result{Workload: w.name, Along: w.along, About: w.about, Mode: b.mode(w.of), Environment: b.env, Measurements: measured}, err
}

// The modes, as results name them.
const (
	modeServer = "server"
	modeEngine = "engine"
	modeStore  = "store"
)

// mode is what is driven.
func (b *bench) mode(of subject) string {
	switch {
	case of == ofStore:
		return modeStore
	case b.InProcess:
		return modeEngine
	default:
		return modeServer
	}
}

// profiles is the path of a new directory of profiles.
func (b *bench) profiles() string {
	b.profiled++
	return filepath.Join(b.Profiles, fmt.Sprintf("%s-%d", strings.ReplaceAll(b.name, " ", "-"), b.profiled))
}

// tell says what is measured next.
func (b *bench) tell(text string) {
	if b.Progress != nil {
		b.Progress(b.name + ": " + text)
	}
}

// data is the path of a data directory, by the name of what is measured.
func (b *bench) data(name string) string {
	return filepath.Join(b.dir, strings.ReplaceAll(name, " ", "-"))
}

func (b *bench) duration() time.Duration {
	if b.Duration > 0 {
		return b.Duration
	}
	return DurationDefault
}

// runs is how many runs there are to be, where a workload has a number of its own.
func (b *bench) runs(usual int) int {
	if b.Runs > 0 {
		return b.Runs
	}
	return usual
}

func (b *bench) concurrency(usual int) int {
	if b.Concurrency > 0 {
		return b.Concurrency
	}
	return usual
}

// with opens a target over a new data directory, has it measured, and ends it.
func (b *bench) with(ctx context.Context, name string, measure func(t target) (Measurement, error)) (m Measurement, err error) {
	b.tell(name)
	if err := syncFilesystem(b.dir); err != nil { // else the first commits wait for what was written before
		return m, err
	}
	t, err := b.open(ctx, b.data(name))
	if err != nil {
		return m, err
	}
	m, err = measure(t)
	m.Case = name
	return m, errors.Join(err, t.end()) // a server that has died says why
}
