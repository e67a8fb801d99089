package actors_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// A script that sleeps and waits for signals is parked, and goes on when it is due or signalled, over restarts.
func TestDurableScriptIsParked(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		synctest.Test(t, func(t *testing.T) {
			var c tally
			v := newVirtual(t, runner)
			v.open(c.tool(func(context.Context, tools.Call, int) error { return nil }))
			defer v.end()
			v.save(durable(`
const a = await ctx.tool('pay', {n: 1})
const begun = Date.now()
await ctx.sleep('48h')
const slept = (Date.now() - begun) / 3600e3
const by = await Promise.race([ctx.signal('approve'), ctx.sleep('24h')])
let late
try { await ctx.signal('never', {timeout: '1h'}) } catch (e) { late = e.kind }
return {slept, by, late}`))
			v.start("order", "r", `{}`)
			parked := func(call actors.CurrentCall) {
				t.Helper()
				synctest.Wait()
				if v.system.Parked() != 1 || v.system.Active() != 0 {
					t.Fatalf("%d runs are parked, %d active", v.system.Parked(), v.system.Active())
				}
				view, err := v.system.View(t.Context(), "r")
				if err != nil || view.Status != workflow.StatusWaiting || len(view.Current) != 1 || len(view.Current[0].Calls) == 0 {
					t.Fatalf("the view is %+v, %v", view, err)
				}
				got := view.Current[0].Calls[0]
				if got.Until.IsZero() == call.Until.IsZero() {
					got.Until = call.Until
				}
				if got != call {
					t.Errorf("it waits for %+v, want %+v", got, call)
				}
			}
			time.Sleep(time.Minute)
			parked(actors.CurrentCall{Call: 2, Kind: "sleep", Attempt: 1, Until: time.Now()})
			v.restart()
			time.Sleep(47 * time.Hour)
			parked(actors.CurrentCall{Call: 2, Kind: "sleep", Attempt: 1, Until: time.Now()})
			time.Sleep(2 * time.Hour)
			parked(actors.CurrentCall{Call: 3, Kind: "signal", Name: "approve", Attempt: 1})
			v.restart()
			if _, err := v.system.Signal(t.Context(), "r", "approve", "s1", document.String("bob"), ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			parked(actors.CurrentCall{Call: 4, Kind: "sleep", Attempt: 1, Until: time.Now()})
			v.restart()
			view, err := v.system.Wait(t.Context(), "r")
			if err != nil || view.State.String() != `{"by":"bob","late":"timeout","slept":48}` {
				t.Errorf("%+v, %v", view, err)
			}
			if c.calls["r/order/1/1"] != 1 {
				t.Errorf("the calls were %v", c.calls)
			}
		})
	})
}

// A cancel rejects what the script waits for; what it does about that is recorded, and the run ends cancelled.
func TestDurableScriptIsCancelled(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		synctest.Test(t, func(t *testing.T) {
			var c tally
			v := newVirtual(t, runner)
			v.open(c.tool(func(ctx context.Context, _ tools.Call, _ int) error {
				<-ctx.Done()
				return ctx.Err()
			}))
			defer v.end()
			for run, body := range map[string]string{
				"catches":  "try { await ctx.sleep('1h') } catch (e) { state.caught = e.kind }",
				"ends":     "try { await ctx.sleep('1h') } finally { console.log('bye') }",
				"executes": "try { await ctx.tool('pay') } catch (e) { state.caught = e.kind }",
				"restarts": "try { await ctx.signal('x') } catch (e) { state.caught = e.kind }",
				"goes on":  "for (;;) try { await ctx.signal('x') } catch (e) { }",
			} {
				id := strings.ReplaceAll(run, " ", "-")
				v.save(durable(body))
				v.start("order", id, `{}`)
				time.Sleep(30 * time.Second)
				if run == "restarts" {
					v.restart()
				}
				if _, err := v.system.Cancel(t.Context(), id, "ada", "enough"); err != nil {
					t.Fatal(err)
				}
				view, err := v.system.Wait(t.Context(), id)
				if err != nil || view.Status != workflow.StatusCancelled {
					t.Errorf("%s: %+v, %v", run, view, err)
				}
				want := `{"caught":"cancelled"}`
				if !strings.Contains(body, "caught") {
					want = `{}`
				}
				if view.State.String() != want {
					t.Errorf("%s: the state is %s", run, view.State)
				}
			}
		})
	})
}

// A paused run makes no calls; it goes on as if nothing had been.
func TestDurableScriptIsPaused(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		synctest.Test(t, func(t *testing.T) {
			var c tally
			v := newVirtual(t, runner)
			v.open(c.tool(func(context.Context, tools.Call, int) error {
				time.Sleep(time.Minute)
				return nil
			}))
			defer v.end()
			v.save(durable("const a = await ctx.tool('pay', {n: 1})\nconst b = await ctx.tool('pay', {n: 2})\nreturn {sum: a.n + b.n}"))
			v.start("order", "r", `{}`)
			time.Sleep(time.Second)
			if _, err := v.system.Pause(t.Context(), "r", "ada", ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if len(c.made()) != 1 || v.system.Parked() != 1 {
				t.Errorf("calls %v, %d parked", c.made(), v.system.Parked())
			}
			if _, err := v.system.Resume(t.Context(), "r", "ada", ""); err != nil {
				t.Fatal(err)
			}
			view, err := v.system.Wait(t.Context(), "r")
			if err != nil || view.State.String() != `{"sum":3}` || len(c.made()) != 2 {
				t.Errorf("%+v, %v, calls %v", view, err, c.made())
			}
		})
	})
}

// A node's timeout is for all of its script, and interrupts its calls.
func TestDurableScriptTimesOut(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		synctest.Test(t, func(t *testing.T) {
			var c tally
			interrupted := 0
			v := newVirtual(t, runner)
			v.open(c.tool(func(ctx context.Context, _ tools.Call, _ int) error {
				<-ctx.Done()
				interrupted++
				return ctx.Err()
			}))
			defer v.end()
			v.save(durable("await Promise.all([ctx.sleep('1h'), ctx.tool('pay', {}, {timeout: '30m'})])") + "    timeout: 10m\n")
			v.start("order", "r", `{}`)
			view, err := v.system.Wait(t.Context(), "r")
			if err != nil || view.Error == nil || view.Error.Kind != "timeout" || view.EndedAt.Sub(view.StartedAt) != 10*time.Minute {
				t.Errorf("%+v, %+v, %v", view, view.Error, err)
			}
			synctest.Wait()
			if interrupted != 1 {
				t.Errorf("%d calls were interrupted", interrupted)
			}
			v.save(durable("try { await ctx.tool('pay', {}, {timeout: '30m'}) } catch (e) { return {kind: e.kind} }"))
			v.start("order", "call", `{}`)
			view, err = v.system.Wait(t.Context(), "call")
			if err != nil || view.State.String() != `{"kind":"timeout"}` || view.EndedAt.Sub(view.StartedAt) != 30*time.Minute {
				t.Errorf("%+v, %+v, %v", view, view.Error, err)
			}
		})
	})
}
