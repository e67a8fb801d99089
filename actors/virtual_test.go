package actors_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// virtualEngine is an engine whose log is in memory, for tests in virtual time.
type virtualEngine struct {
	t       *testing.T
	scripts *scripts.Engine
	log     *memlog.Log
	index   *runindex.Index
	tools   []tools.Tool
	limits  map[string]tools.Limit
	system  *actors.System
}

func newScripts() *scripts.Engine { return scripts.New(scripts.Limits{}) }

func newVirtual(t *testing.T, engine *scripts.Engine) *virtualEngine {
	t.Helper()
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "virtual"})
	if err != nil {
		t.Fatal(err)
	}
	return &virtualEngine{t: t, scripts: engine, log: memlog.Open(memlog.Faults{}), index: index}
}

// open starts the engine with these tools.
func (v *virtualEngine) open(with ...tools.Tool) {
	v.t.Helper()
	v.tools = with
	registry, err := tools.NewRegistry(with...)
	if err != nil {
		v.t.Fatal(err)
	}
	v.system, err = actors.Open(v.t.Context(), actors.Config{
		Store: v.log, Index: v.index, Tools: registry, Scripts: v.scripts, Logger: slog.New(slog.DiscardHandler), ToolLimits: v.limits,
	})
	if err != nil {
		v.t.Fatal(err)
	}
}

// restart ends the engine in good order and starts another.
func (v *virtualEngine) restart() {
	v.t.Helper()
	if err := v.system.Close(v.t.Context()); err != nil {
		v.t.Error(err)
	}
	v.log = v.log.Restart(memlog.PowerCut)
	v.open(v.tools...)
}

func (v *virtualEngine) end() {
	v.t.Helper()
	for _, end := range []func() error{func() error { return v.system.Close(v.t.Context()) }, v.index.Close, v.log.Close} {
		if err := end(); err != nil {
			v.t.Error(err)
		}
	}
}

func (v *virtualEngine) save(source string) {
	v.t.Helper()
	if _, _, err := v.system.Save(v.t.Context(), actors.Source{Data: []byte(source), File: "w.yaml"}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *virtualEngine) start(name, run, input string) {
	v.t.Helper()
	_, _, err := v.system.Start(v.t.Context(), actors.StartRequest{Workflow: name, Run: run, Input: document.MustParse(input)})
	if err != nil {
		v.t.Fatal(err)
	}
}
