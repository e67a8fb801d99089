package scripts_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

// adding is a durable script that adds up the results of its calls, and what it comes to.
const (
	adding      = "export default async (state, ctx) => { let n = 0; for (let i = 0; i < 4; i++) { n += (await ctx.tool('echo', {i})).i; console.log(i) } return n }"
	addingComes = `6 [] ["0" "1" "2" "3"]`
)

// TestDurableGoesOnInItsProcess has the only process keep the executions of a few scripts, so that none begins anew, and counts
// those of many that do as it lets go of some.
func TestDurableGoesOnInItsProcess(t *testing.T) {
	e := scripts.New(scripts.Limits{}).Isolated(newPool(t, 1))
	for _, many := range []int{20, 1200} {
		journals := make([]*journal, many)
		for i := range journals {
			journals[i] = newJournal(t, adding, way{engine: e, living: true})
		}
		for range 4 {
			for _, j := range journals {
				if _, err := j.turn(); err != nil {
					t.Fatal(err)
				}
				j.answer()
			}
		}
		for _, j := range journals {
			if got := j.play(); got != addingComes {
				t.Fatalf("it comes to %s", got)
			}
		}
		replays := e.Counts().Replays
		if few := many < 1000; few != (replays == 0) || replays > 4*many {
			t.Errorf("of %d scripts %d turns began anew", many, replays)
		}
	}
}

// TestDurableGoesOnElsewhere takes the turns of many scripts at once in two processes, each of which is ended now and then by a
// script in between.
func TestDurableGoesOnElsewhere(t *testing.T) {
	e := scripts.New(scripts.Limits{}).Isolated(newPool(t, 2))
	bomb := compileIn(t, e, `return 'x'['rep' + 'eat'](2 ** 40)`)
	var all sync.WaitGroup
	var bombs atomic.Int32
	for i := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1)) //nolint:gosec // not a secret
			for range 10 {
				j := newJournal(t, adding, way{engine: e, living: true})
				j.before = func() {
					if random.IntN(10) == 0 {
						bombs.Add(1)
						_, err := bomb.Run(t.Context(), scripts.Scope{State: must(`{}`)})
						_ = failure(t, err, scripts.KindLimit)
					}
				}
				if got := j.play(); got != addingComes {
					t.Errorf("it comes to %s", got)
				}
			}
		})
	}
	all.Wait()
	c := e.Counts()
	if got := c.Ended[scripts.EndedMemory]; got != int(bombs.Load()) || got == 0 || c.Ended[scripts.EndedCrashed] > 0 || c.Replays == 0 || c.Waits == 0 || c.Waited <= 0 {
		t.Errorf("after %d bombs: %+v", bombs.Load(), c)
	}
}

// TestDurableGoesOnWhereItWasBefore has the process that takes turns of a script change: back in one that it was in, it goes on from
// the last turn there.
func TestDurableGoesOnWhereItWasBefore(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: time.Minute}).Isolated(newPool(t, 2))
	occupy := func() (release func()) { // the process that was used last
		s, idle := compileIn(t, e, `for (;;);`), e.Counts().Idle
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, err := s.Run(ctx, scripts.Scope{})
			_ = failure(t, err, scripts.KindCancelled)
		}()
		for e.Counts().Idle == idle {
			time.Sleep(time.Millisecond)
		}
		return func() {
			cancel()
			<-ended
		}
	}
	j := newJournal(t, adding, way{engine: e, living: true})
	for i, replays := range []int{0, 1, 1, 1} { // in the first process, in the second, there again, in the first
		release := func() {}
		if i%2 == 1 {
			release = occupy()
		}
		if _, err := j.turn(); err != nil {
			t.Fatal(err)
		}
		j.answer()
		release()
		if c := e.Counts(); c.Replays != replays || c.Started > 2 {
			t.Errorf("turn %d: %+v", i+1, c)
		}
	}
	if got := j.play(); got != addingComes {
		t.Errorf("it comes to %s", got)
	}
}

// TestDurableHasALongJournal has a process take a turn over as large a journal as runs may have.
func TestDurableHasALongJournal(t *testing.T) {
	e := scripts.New(scripts.Limits{}).Isolated(newPool(t, 1))
	const source = "export default async (s, ctx) => { let n = 0; for (let i = 0; i < 64; i++) n += (await ctx.tool('big')).reduce((a, b) => a + b.n, 0); return n }"
	item := fmt.Sprintf(`{"n":1,"text":%q}`, strings.Repeat("x", 1000))
	big := "[" + strings.Repeat(item+",", 999) + item + "]"
	j := newJournal(t, source, way{engine: e, living: true})
	for range 64 {
		if _, err := j.turn(); err != nil {
			t.Fatal(err)
		}
		j.end(len(j.ends), big)
	}
	j.living = nil
	if got, want := j.play(), `64000 [] []`; got != want {
		t.Errorf("it comes to %s, not to %s; %+v", got, want, e.Counts())
	}
}

// TestDurableHoldsMuch has scripts that hold much while they wait take nothing from another: the process lets go of them.
func TestDurableHoldsMuch(t *testing.T) {
	limits := scripts.Limits{HeapBytes: 64 << 20}
	pool := scripts.NewPool(scripts.PoolConfig{Size: 1, Logger: slog.New(slog.DiscardHandler), Limits: limits})
	defer func() { _ = pool.Close() }() // it never fails
	e := scripts.New(limits).Isolated(pool)
	const holds = "export default async (s, ctx) => { const l = []; for (let i = 0; i < 3e4; i++) l.push([i, {i}]); await ctx.sleep(1); return l.length }"
	journals := make([]*journal, 8)
	for i := range journals {
		journals[i] = newJournal(t, holds, way{engine: e, living: true})
		if _, err := journals[i].turn(); err != nil {
			t.Fatal(err)
		}
	}
	for _, j := range journals {
		if got := j.play(); got != `30000 [] []` {
			t.Errorf("it comes to %s", got)
		}
	}
	if c := e.Counts(); c.Replays == 0 || c.Started != 1 {
		t.Errorf("%+v", c)
	}
}

// TestDurableWire sends a process everything that a call and its end may hold.
func TestDurableWire(t *testing.T) {
	const source = `export default async (s, ctx) => [
  await ctx.tool('echo', {n: 0.1, text: '✓'}, {timeout: '90s', retry: {max: 3, backoff: 'constant', initial: 5, cap: '1m', on: ['timeout', 'tool_error']}}),
  ctx.now, await ctx.signal('go', {timeout: 10}), await ctx.tool('fail').catch(e => [e.kind, e.message])]`
	for _, w := range ways {
		j := newJournal(t, source, w)
		want := `[{"n":0.1,"text":"✓"},"2026-03-04T03:07:07.089Z","go",["tool_error","no luck"]] [] []`
		if got := j.play(); got != want {
			t.Errorf("%s: %s", w.name, got)
		}
		call := j.calls[0]
		if got := fmt.Sprintf("%s %s %v %+v", call.Name, call.Args, call.Wait, *call.Retry); got !=
			`echo {"n":0.1,"text":"✓"} 1m30s {Max:3 Backoff:constant Initial:5ms Cap:1m0s On:[timeout tool_error]}` {
			t.Errorf("%s: %s", w.name, got)
		}
	}
}

// hostileDurable is what a script may do after it has awaited a call, and the kinds that it may fail with. What "holds" is more with
// each turn.
var hostileDurable = map[string]string{
	`for (;;);`: "timeout",
	`(async () => { for (;;) await null })(); await ctx.sleep(1)`:                                      "timeout",
	`[].indexOf.call({length: 2 ** 53}, 1)`:                                                            "timeout",
	`const n = 10n; return String(n ** 1000000000n)`:                                                   "timeout script_limit script_error",
	`/^(?=(a+)+$)(a+)+$/.test("a".repeat(40) + "!")`:                                                   "timeout",
	`let t = "x"; for (;;) t += t`:                                                                     "script_limit timeout",
	`let l = [1]; for (;;) l = [...l, ...l]`:                                                           "script_limit timeout",
	`const l = []; for (;;) l.push([1, 2, 3, 4])`:                                                      "script_limit timeout",
	`let name = 'rep'; name += 'eat'; 'x'[name](2 ** 40)`:                                              "script_limit",
	`for (;;) ctx.signal('s')`:                                                                         "script_limit timeout",
	`for (;;) ctx.tool('t', {text: 'x'.repeat(1e5)})`:                                                  "script_limit timeout",
	`for (;;) ctx.log('x'.repeat(1000))`:                                                               "timeout",
	`let o = []; for (let i = 0; i < 2e6; i++) o = [o]; await ctx.tool('t', o)`:                        "script_limit timeout script_error",
	`const holds = []; for (;;) { for (let i = 0; i < 1e5; i++) holds.push({i}); await ctx.sleep(1) }`: "script_limit timeout",
}

// suffer takes turns until one fails, and returns how long the longest took.
func (j *journal) suffer() (longest time.Duration, err error) {
	for range 100 {
		var turn scripts.Turn
		took, err := timed(func() (err error) {
			turn, err = j.turn()
			return err
		})
		longest = max(longest, took)
		if err != nil || turn.Done {
			return longest, err
		}
		j.answer()
	}
	return longest, nil
}

// TestHostileDurableScriptsInProcesses has scripts that mean harm wait for a call first. Each ends in time, with an error that says
// what was wrong, and a good one goes on in the process, or in the one in its place.
func TestHostileDurableScriptsInProcesses(t *testing.T) {
	limits := scripts.Limits{Time: hostileTime, HeapBytes: 128 << 20}
	pool := scripts.NewPool(scripts.PoolConfig{Size: 1, Logger: slog.New(slog.DiscardHandler), Limits: limits})
	defer func() { _ = pool.Close() }() // it never fails
	e := scripts.New(limits).Isolated(pool)
	for body, kinds := range hostileDurable {
		t.Run(body, func(t *testing.T) {
			for attempt := 1; ; attempt++ {
				good := newJournal(t, adding, way{engine: e, living: true})
				if _, err := good.turn(); err != nil {
					t.Fatal(err)
				}
				j := newJournal(t, "export default async (state, ctx) => {\nawait ctx.sleep(1);\n"+body+"\n}", way{engine: e, living: true})
				longest, err := j.suffer()
				h := hostileScript{kinds: kinds}
				h.check(t, err, "flow.yaml")
				good.answer()
				if got := good.play(); got != addingComes {
					t.Fatalf("then a good script comes to %s", got)
				}
				if longest <= hostileTime+lateMax {
					break
				}
				if attempt == attemptsMax {
					t.Fatalf("a turn took %v, the deadline is %v", longest, hostileTime)
				}
			}
		})
	}
}
