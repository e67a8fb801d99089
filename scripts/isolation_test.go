package scripts_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

// hostileTime is the deadline of the hostile set, and lateMax how far beyond it an answer may come.
const (
	hostileTime = 200 * time.Millisecond
	lateMax     = 300 * time.Millisecond
)

// attemptsMax is how often a script of the hostile set is tried until it ends in time. The promise is about wall time, which a
// machine that is busy with other things keeps from everybody: one attempt in time shows that nothing of ours is slower.
const attemptsMax = 3

// TestHostileSetInProcesses runs every script of the set in a process of its own. Each ends in time, with an error that says
// what was wrong, and the process, or the one in its place, runs a good script.
func TestHostileSetInProcesses(t *testing.T) {
	if len(hostileSet) < 60 {
		t.Fatalf("the set has %d scripts", len(hostileSet))
	}
	pool := scripts.NewPool(scripts.PoolConfig{Size: 1, Logger: slog.New(slog.DiscardHandler), Limits: scripts.Limits{HeapBytes: 128 << 20}})
	defer func() { _ = pool.Close() }() // it never fails
	e := scripts.New(scripts.Limits{Time: hostileTime, HeapBytes: 128 << 20}).Isolated(pool)
	good, err := e.CompileBody(`return state.list.map(x => x * 2)`, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hostileSet {
		t.Run(h.name, func(t *testing.T) {
			script, err := e.CompileBody(h.body, scripts.Origin{File: "h.js"})
			if err != nil {
				t.Fatal(err)
			}
			for attempt := 1; ; attempt++ {
				took, err := timed(func() error {
					_, err := script.Run(t.Context(), scripts.Scope{State: must(`{"l":[1]}`), Ctx: visit})
					return err
				})
				h.check(t, err, "h.js")
				r, err := good.Run(t.Context(), scripts.Scope{State: must(`{"list":[1,2,3]}`)})
				if err != nil || r.Returned.String() != `[2,4,6]` {
					t.Fatalf("then a good script returns %s, %v", r.Returned, err)
				}
				if took <= hostileTime+lateMax {
					break
				}
				if attempt == attemptsMax {
					t.Fatalf("it took %v, the deadline is %v", took, hostileTime)
				}
			}
		})
	}
}

// TestHostileSetInProcess runs those that one process contains in this one.
func TestHostileSetInProcess(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: hostileTime, HeapBytes: 128 << 20})
	for _, h := range hostileSet {
		if !h.here {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			script, err := e.CompileBody(h.body, scripts.Origin{File: "h.js"})
			if err != nil {
				t.Fatal(err)
			}
			h.check(t, within(t, func() error {
				_, err := script.Run(t.Context(), scripts.Scope{State: must(`{"l":[1]}`), Ctx: visit})
				return err
			}), "h.js")
		})
	}
}

// check holds what a script came to against what it may come to.
func (h *hostileScript) check(t *testing.T, err error, file string) {
	t.Helper()
	kind := "ok"
	var f *scripts.Error
	if errors.As(err, &f) {
		kind = f.Kind
		if f.Message == "" || f.File != file || f.Line == 0 {
			t.Errorf("not a clear error: %+v", f)
		}
	}
	for _, may := range strings.Fields(h.kinds) {
		if kind == may || raced && (kind == scripts.KindTimeout || kind == scripts.KindLimit) {
			return
		}
	}
	t.Errorf("it comes to %s, not to %s: %v", kind, h.kinds, err)
}

func timed(f func() error) (time.Duration, error) {
	began := time.Now()
	err := f()
	return time.Since(began), err
}
