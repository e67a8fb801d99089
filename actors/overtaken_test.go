package actors_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// overtaken opens a system over a log where another owner decides the same first, as often as is said for each
// run, and saves a workflow. It returns how often the system reads a run again because of that.
func overtaken(t *testing.T, times int, source string) (*actors.System, *atomic.Int64) {
	t.Helper()
	var again atomic.Int64
	logger := slog.New(slog.NewTextHandler(counter{&again, "reading it again"}, nil))
	registry, err := tools.NewRegistry((&recorder{}).tool("effect"))
	if err != nil {
		t.Fatal(err)
	}
	log := memlog.Open(memlog.Faults{Seed: 1, Delay: 50 * time.Millisecond, Rivals: 100, Disruptions: times})
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "simulated"})
	if err != nil {
		t.Fatal(err)
	}
	system, err := actors.Open(t.Context(), actors.Config{Store: log, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(system.Close(context.Background()), index.Close(), log.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := system.Save(t.Context(), actors.Source{Data: []byte(source)}); err != nil {
		t.Fatal(err)
	}
	return system, &again
}

// counter counts the lines that hold a text.
type counter struct {
	n    *atomic.Int64
	text string
}

func (c counter) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(c.text)) {
		c.n.Add(1)
	}
	return len(line), nil
}

// A run that another owner has begun is carried on, and read again once for each commit that overtakes: once
// that is durable, not again and again until it is.
func TestOvertakenRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system, again := overtaken(t, 4, "name: w\nnodes: {a: effect, b: effect, c: effect}\nedges: {a: b, b: c}")
		v, existed, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "r"})
		if err != nil || !existed || v.Run != "r" {
			t.Fatalf("run %q, existed %t, %v", v.Run, existed, err)
		}
		v, err = system.Wait(t.Context(), "r")
		if err != nil || v.Status != workflow.StatusCompleted {
			t.Errorf("the run is %s, %v", v.Status, err)
		}
		if n := again.Load(); n != 3 {
			t.Errorf("the run was read again %d times for three commits of another owner", n)
		}
	})
}

// A command does not fail because the commit that it led to was overtaken.
func TestOvertakenCommands(t *testing.T) {
	for name, test := range map[string]struct {
		source  string
		command func(*testing.T, *actors.System) (actors.View, error)
		want    []workflow.Status
	}{
		"cancel": {"name: w\nnodes: {a: {sleep: 1h}}", func(t *testing.T, s *actors.System) (actors.View, error) {
			return s.Cancel(t.Context(), "r", "ada", "")
		}, []workflow.Status{workflow.StatusCancelled}},
		"retry": {"name: w\nnodes: {a: {tool: effect, with: {x: '${missing}'}}}", func(t *testing.T, s *actors.System) (actors.View, error) {
			if v, err := s.Wait(t.Context(), "r"); err != nil || v.Status != workflow.StatusFailed {
				t.Fatalf("the run is %s, %v", v.Status, err)
			}
			return s.Retry(t.Context(), "r", "ada")
		}, []workflow.Status{workflow.StatusRunning, workflow.StatusFailed}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				system, _ := overtaken(t, 3, test.source)
				if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "r", Input: document.Object()}); err != nil {
					t.Fatal(err)
				}
				v, err := test.command(t, system)
				status := (*actors.StatusError)(nil)
				if errors.As(err, &status) {
					v.Status, err = workflow.Status(status.Status), nil // another owner has carried it out
				}
				if err != nil || !slices.Contains(test.want, v.Status) {
					t.Errorf("the run is %s, %v", v.Status, err)
				}
			})
		})
	}
}
