package scripts_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

func newPool(t *testing.T, size int) *scripts.Pool {
	t.Helper()
	pool := scripts.NewPool(scripts.PoolConfig{Size: size, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = pool.Close() }) // it never fails
	return pool
}

// compileIn compiles a body for an engine.
func compileIn(t *testing.T, e *scripts.Engine, body string) *scripts.Script {
	t.Helper()
	s, err := e.CompileBody(body, scripts.Origin{File: "p.js"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPoolIsShared has more scripts at once than there are processes, some of which end theirs.
func TestPoolIsShared(t *testing.T) {
	e := scripts.New(scripts.Limits{}).Isolated(newPool(t, 2))
	good, bad := compileIn(t, e, `return state.n * 2`), compileIn(t, e, `return 'x'['rep' + 'eat'](2 ** 40)`)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 20 {
				r, err := good.Run(t.Context(), scripts.Scope{State: must(fmt.Sprintf(`{"n":%d}`, i*100+k))})
				if want := fmt.Sprint(2 * (i*100 + k)); err != nil || r.Returned.String() != want {
					t.Errorf("%s, %v; want %s", r.Returned, err, want)
				}
			}
			_, err := bad.Run(t.Context(), scripts.Scope{State: must(`{}`)})
			_ = failure(t, err, scripts.KindLimit)
		})
	}
	all.Wait()
}

// TestProcessesHaveTheRightState has a process see the states of two runs in turn, each changed here and there: what it
// keeps of a state, and is only told the changes of, is the state.
func TestProcessesHaveTheRightState(t *testing.T) {
	s := compileIn(t, scripts.New(scripts.Limits{}).Isolated(newPool(t, 1)), `return [JSON.stringify(state), JSON.stringify(input)]`)
	states := map[string]document.Value{"a": orders(8 << 10), "b": orders(3<<10).With("more", must(`[[1],{"k":"v"}]`))}
	for step := range 150 {
		run := []string{"a", "b"}[step/5%2]
		state := states[run]
		list, _ := state.Get("orders")
		item := list.At(step%list.Len()).With("price", document.Int(int64(step)))
		patch := document.Patch{{Op: document.OpReplace, Path: fmt.Sprintf("/orders/%d", step%list.Len()), Value: item}}
		switch step % 4 {
		case 1:
			patch = append(patch, document.Op{Op: document.OpAdd, Path: "/orders/-", Value: must(fmt.Sprintf(`{"id":%d}`, step))})
		case 2:
			patch = append(patch, document.Op{Op: document.OpRemove, Path: "/orders/0"})
		}
		state, err := patch.Apply(state)
		if err != nil {
			t.Fatal(err)
		}
		states[run] = state
		r, err := s.Run(t.Context(), scripts.Scope{State: state, Input: states["a"], Ctx: scripts.Context{Run: run}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []document.Value{state, states["a"]} {
			if seen, _ := r.Returned.At(i).AsString(); !document.Equal(must(seen), want) {
				t.Fatalf("step %d: it sees\n%s\nnot\n%s", step, seen, want)
			}
		}
	}
}

// TestProcessesForgetPrograms runs more programs than a process keeps, and the first of them again.
func TestProcessesForgetPrograms(t *testing.T) {
	e := scripts.New(scripts.Limits{}).Isolated(newPool(t, 1))
	for i := range 2500 {
		n := i % 1300
		x, err := e.CompileExpression(fmt.Sprintf("%d + 0", n), scripts.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := x.Eval(t.Context(), scripts.Scope{}); err != nil || v.String() != fmt.Sprint(n) {
			t.Fatalf("%d is %s, %v", n, v, err)
		}
	}
}

// TestOutputsThatTheStateHas returns much, all of which the state has already, from a script that sees the input alone.
func TestOutputsThatTheStateHas(t *testing.T) {
	e := scripts.New(scripts.Limits{OutputBytes: 1000})
	big := document.Object(document.Member{Key: "text", Value: document.String(strings.Repeat("x", 5000))})
	if _, err := runIn(t, e, `return {...input}`, scripts.Scope{State: big, Input: big}); err != nil {
		t.Error(err)
	}
	_, err := runIn(t, e, `return {...input}`, scripts.Scope{State: must(`{}`), Input: big})
	_ = failure(t, err, scripts.KindOutput)
}

// TestWaitingForAProcessEnds cancels a script that waits for a process, and one whose native loop has it.
func TestWaitingForAProcessEnds(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: time.Minute}).Isolated(newPool(t, 1))
	busy, quick := compileIn(t, e, `return [].indexOf.call({length: 2 ** 53}, 1)`), compileIn(t, e, `return 1`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := busy.Run(ctx, scripts.Scope{})
		ended <- err
	}()
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	for short.Err() == nil { // the other one may not have begun
		_, err := quick.Run(short, scripts.Scope{})
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	cancel()
	err := <-ended
	if f := failure(t, err, scripts.KindCancelled); !errors.Is(err, context.Canceled) || f.File != "p.js" {
		t.Errorf("%+v", f)
	}
	if r, err := quick.Run(t.Context(), scripts.Scope{}); err != nil || r.Returned.String() != "1" {
		t.Errorf("then %s, %v", r.Returned, err)
	}
}

// TestClosedPool ends the processes under a script, and refuses the next.
func TestClosedPool(t *testing.T) {
	pool := newPool(t, 1)
	e := scripts.New(scripts.Limits{Time: time.Minute}).Isolated(pool)
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := compileIn(t, e, `for (;;);`)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Run(context.Background(), scripts.Scope{})
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond) // whether it has begun or not, it ends
	_ = pool.Close()                  // it never fails
	_ = failure(t, <-ended, scripts.KindCancelled)
	_, err := s.Run(t.Context(), scripts.Scope{})
	_ = failure(t, err, scripts.KindCancelled)
	_, err = compileIn(t, scripts.New(scripts.Limits{}).Isolated(nil), `return 1`).Run(t.Context(), scripts.Scope{})
	_ = failure(t, err, scripts.KindCrashed)
}
