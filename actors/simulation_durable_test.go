package actors_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
)

// randomDurable writes a durable script: a few steps, each of which changes x in a way that neither depends on time nor on how
// often a call is repeated.
func randomDurable(random *rand.Rand, retry string) string {
	body, more := "const x = n => { state.x = (state.x * 7 + n) % 1009 }; ", ""
	steps := 1 + random.IntN(4)
	for i := range steps {
		step := randomStep(random)
		switch random.IntN(6) {
		case 0:
			step = fmt.Sprintf("for (let i = 0; i < %d; i++) { %s } ", 1+random.IntN(3), step)
		case 1:
			step = fmt.Sprintf("{ const side = (async () => { %s })(); await ctx.sleep(%d); await side } ", step, random.IntN(2000))
		}
		body += step
		if i == steps-1 && random.IntN(4) == 0 { // an error that nobody catches: the next attempt makes the call again
			body += "x((await ctx.tool('flaky', {x: state.x})).x); "
			more = ", " + retry
		}
	}
	body += "state.log.push(ctx.node + '/' + ctx.visit)"
	return fmt.Sprintf(`script: "export default async (state, ctx) => { %s }"%s`, body, more)
}

func randomStep(random *rand.Rand) string {
	k := 1 + random.IntN(2000)
	switch random.IntN(9) {
	case 0:
		return "x((await ctx.tool('effect', {x: state.x})).x); "
	case 1:
		return fmt.Sprintf("{ const r = await Promise.all([ctx.tool('effect', {x: state.x}), ctx.tool('pure', {x: %d}), ctx.sleep(%d)]); x(r[0].x + r[1].x) } ", k, k)
	case 2:
		return fmt.Sprintf("x((await ctx.tool('flaky', {x: state.x}, {retry: {max: 3, initial: %d}})).x); ", k)
	case 3:
		return fmt.Sprintf("try { await ctx.tool('broken', {}, {retry: {max: 2, initial: %d, backoff: 'constant'}}) } catch (e) { if (e.kind !== 'tool_error') throw e; x(%d) } ", k, k)
	case 4:
		return "try { await ctx.tool('once') } catch (e) { if (e.kind !== 'unknown_outcome') throw e } "
	case 5:
		return "x((await ctx.signal('s')).x); "
	case 6:
		return fmt.Sprintf("try { await ctx.signal('never', {timeout: %d}) } catch (e) { if (e.kind !== 'timeout') throw e; x(%d) } ", k, k)
	case 7:
		return "x(Math.floor(ctx.random() * 1009)); ctx.log(ctx.uuid()); "
	default:
		return fmt.Sprintf("await ctx.sleep(%d); ", k)
	}
}

// awaitsSignal reports whether a visit waits for a signal that clients send.
func awaitsSignal(c actors.Current) bool {
	if c.Signal != "" {
		return true
	}
	for _, call := range c.Calls {
		if call.Kind == event.CallSignal && !strings.HasPrefix(call.Name, "never") {
			return true
		}
	}
	return false
}
