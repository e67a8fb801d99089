package actors_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomWorkflow writes a workflow whose runs end, and whose end depends on nothing but the input: not on time,
// nor on how often an attempt is repeated. It is a chain of nodes with choices that skip some, loops that lead
// back, retries, catches and sleeps. What a run does stands in its state: x, a number that every node changes,
// and log, the visits of its scripts.
func randomWorkflow(random *rand.Rand) string {
	n := 2 + random.IntN(6)
	var nodes, edges strings.Builder
	for i := range n {
		next := fmt.Sprintf("n%d", i+1)
		if i == n-1 {
			next = "last"
		}
		node := randomNode(random, next)
		fmt.Fprintf(&nodes, "  n%d: {%s}\n", i, node)
		if strings.HasPrefix(node, "tool: once") {
			fmt.Fprintf(&edges, "  n%d: %s\n", i, next) // where it leads when nobody knows what the call did
			continue
		}
		fmt.Fprintf(&edges, "  n%d:\n", i)
		if random.IntN(3) == 0 && i < n-2 {
			fmt.Fprintf(&edges, "    - {when: \"state.x %% %d == 0\", to: n%d}\n", 2+random.IntN(2), i+2+random.IntN(n-i-2))
		}
		if random.IntN(3) == 0 {
			when := []string{"", fmt.Sprintf("when: \"state.x %% %d != 0\", ", 2+random.IntN(4))}[random.IntN(2)]
			fmt.Fprintf(&edges, "    - {%sto: n%d, max: %d}\n", when, random.IntN(i+1), 1+random.IntN(4))
		}
		fmt.Fprintf(&edges, "    - {to: %s}\n", next)
	}
	nodes.WriteString("  last: {script: \"state.end = ctx.node\"}\n")
	return "name: w\nstart: n0\nlimits: {steps: 300}\nnodes:\n" + nodes.String() + "edges:\n" + edges.String()
}

// randomNode writes one node. next is where it leads when it is caught.
func randomNode(random *rand.Rand, next string) string {
	const step = `state.x = (state.x * 7 + %d) %% 1009; state.log.push(ctx.node + '/' + ctx.visit)`
	k := 1 + random.IntN(100)
	more := ""
	if random.IntN(5) == 0 {
		more = ", checkpoint: true"
	}
	retry := fmt.Sprintf("retry: {max: %d, initial: %dms, backoff: %s, jitter: 0.5}",
		3+random.IntN(2), 1+random.IntN(500), []string{"constant", "exponential"}[random.IntN(2)])
	switch random.IntN(10) {
	case 0:
		return fmt.Sprintf("sleep: %dms", 1+random.IntN(3000))
	case 1:
		return fmt.Sprintf(`set: {x: "${(state.x + %d) %% 1009}", from: "${ctx.node}"}%s`, k, more)
	case 2:
		return fmt.Sprintf(`tool: effect, with: {x: "${state.x}"}, into: e%d`, k%3)
	case 3:
		return fmt.Sprintf(`tool: flaky, with: {x: "${state.x}"}, %s`, retry)
	case 4:
		return fmt.Sprintf(`tool: broken, with: {x: "${state.x}"}, %s, catch: {to: %s}`, retry, next)
	case 5:
		return fmt.Sprintf(`tool: once, with: {}, catch: [{on: unknown_outcome, to: %s}]`, next)
	case 6:
		return fmt.Sprintf(`tool: pure, with: {x: "${state.x}"}%s`, more)
	case 7:
		return fmt.Sprintf(`script: "if (ctx.attempt < 3) throw new Error('not yet'); `+step+`", %s%s`, k, retry, more)
	case 8:
		return `script: "state.x = Math.floor(Math.random() * 1009); return {from: ctx.node}"` + more
	default:
		return fmt.Sprintf(`script: "`+step+`"%s`, k, more)
	}
}
