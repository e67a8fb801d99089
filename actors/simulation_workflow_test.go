package actors_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomWorkflow writes a workflow whose runs end, and whose end depends on nothing but the input: not on time,
// nor on how often an attempt is repeated. It is a chain of nodes with choices that skip some, loops that lead
// back, retries, catches, sleeps and waits for signals, durable scripts, and branches that run side by side until the chain goes on. What a run does
// stands in its state: x, a number that every node of the chain changes, log, the visits of its scripts, done, how
// many visits there were in branches, and a key for each node of a branch. Some runs fail in the end, and compensate
// what the chain has done.
func randomWorkflow(random *rand.Rand) string {
	n := 2 + random.IntN(6)
	var nodes, edges strings.Builder
	for i := range n {
		next := fmt.Sprintf("n%d", i+1)
		if i == n-1 {
			next = "last"
		}
		if random.IntN(4) == 0 {
			fmt.Fprintf(&nodes, "  n%d: {script: \"state.log.push(ctx.node + '/' + ctx.visit)\"}\n", i)
			randomBranches(random, i, next, &nodes, &edges)
			continue
		}
		node := randomNode(random, next)
		fmt.Fprintf(&nodes, "  n%d: {%s%s}\n", i, node, randomCompensation(random, node))
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
	queue := []string{
		"", "", `queue: {concurrency: 1}` + "\n", `queue: {concurrency: 1, total: 2, key: "${input.x % 2}", priority: "${input.x % 3}"}` + "\n", `queue: {rate: 2/3s}` + "\n",
	}[random.IntN(5)]
	last := "state.end = ctx.node"
	if random.IntN(4) == 0 {
		last = "throw new Error('in the end')"
	}
	fmt.Fprintf(&nodes, "  last: {script: \"%s\"}\n", last)
	return "name: w\nstart: n0\n" + queue + "limits: {steps: 200}\nstate: {done: add}\nnodes:\n" + nodes.String() + "edges:\n" + edges.String()
}

// randomBranches has a node lead to branches that meet at another, but for those that end before. A branch reads what
// no other writes, so that it does the same whatever the others do meanwhile.
func randomBranches(random *rand.Rand, from int, next string, nodes, edges *strings.Builder) {
	var firsts []string
	for b := range 2 + random.IntN(3) {
		length := 1 + random.IntN(3)
		for k := range length {
			name := fmt.Sprintf("b%d-%d-%d", from, b, k)
			onward := fmt.Sprintf("b%d-%d-%d", from, b, k+1)
			if k == 0 {
				firsts = append(firsts, name)
			}
			if k == length-1 {
				onward = next
			}
			fmt.Fprintf(nodes, "  %s: {%s}\n", name, randomBranchNode(random, name, onward))
			if random.IntN(5) == 0 {
				fmt.Fprintf(edges, "  %s: [{when: \"state.x %% 2 == 0\", to: $end}, {to: %s}]\n", name, onward)
			} else {
				fmt.Fprintf(edges, "  %s: %s\n", name, onward)
			}
		}
	}
	fmt.Fprintf(edges, "  n%d: [%s]\n", from, strings.Join(firsts, ", "))
}

// randomBranchNode writes one node of a branch.
func randomBranchNode(random *rand.Rand, name, onward string) string {
	retry := fmt.Sprintf("retry: {max: 3, initial: %dms, jitter: 0.5}", 1+random.IntN(500))
	switch random.IntN(7) {
	case 0:
		return fmt.Sprintf("sleep: %dms", 1+random.IntN(3000))
	case 1:
		return fmt.Sprintf(`tool: effect, with: {x: "${state.x}"}, into: %s`, name)
	case 2:
		return fmt.Sprintf(`tool: flaky, with: {x: "${state.x}"}, into: %s, %s`, name, retry)
	case 3:
		return fmt.Sprintf(`tool: broken, %s, catch: {to: %s}`, retry, onward)
	case 4:
		return fmt.Sprintf(`set: {%s: "${ctx.visit}"}`, name)
	default:
		return fmt.Sprintf(`script: "return {done: 1, '%s': [ctx.visit, state.x, Math.random()]}"`, name)
	}
}

// randomCompensation writes how a node is compensated, where it is. Of a call of which nobody knows what it did nobody
// knows whether it is.
func randomCompensation(random *rand.Rand, node string) string {
	if strings.HasPrefix(node, "tool: once") {
		return ""
	}
	const undo = `script: "state.x = (state.x * 11 + ctx.visit) % 1009; state.log.push(ctx.node + '/' + ctx.visit)"`
	switch random.IntN(6) {
	case 0:
		return ", compensate: {" + undo + "}"
	case 1:
		return `, compensate: {tool: effect, with: {x: "${state.x}"}, into: undone}`
	case 2:
		return `, compensate: {tool: flaky, with: {x: "${state.x}"}, into: undone, retry: {max: 3, initial: 300ms}}`
	default:
		return ""
	}
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
	switch random.IntN(18) {
	case 15, 16, 17:
		return randomDurable(random, retry)
	case 14:
		return randomChild(random, next)
	case 10:
		return []string{"wait: s", "wait: {signal: s, timeout: 1000h}"}[k%2]
	case 11:
		// No two times are the same, so that what comes first does not depend on chance.
		return fmt.Sprintf(`until: "${new Date(ctx.now).getTime() + state.x * %d + Math.random()}"`, k%4)
	case 12, 13:
		return randomMap(random, next)
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

// randomMap writes a map. Errors are kept only where nobody looks at them: they tell which attempt was the last.
func randomMap(random *rand.Rand, next string) string {
	over := []string{
		fmt.Sprintf(`"${Array.from({length: %d}, (_, i) => i + state.x)}"`, random.IntN(20)), `{a: 1, b: "${state.x}", c: 3}`,
	}[random.IntN(2)]
	retry := fmt.Sprintf("retry: {max: 3, initial: %dms, jitter: 0.5}", 1+random.IntN(500))
	var node string
	more := fmt.Sprintf(", into: m%d", random.IntN(3))
	switch random.IntN(8) {
	case 0:
		node = `{tool: effect, with: {x: "${item + state.x}"}}`
	case 1:
		node = `{tool: flaky, with: {x: "${item}"}, ` + retry + `}`
	case 2:
		node, more = `{tool: broken, with: {}, `+retry+`}`, ", catch: {to: "+next+"}"
	case 3:
		node, more = `{tool: broken, with: {}, `+retry+`}, on_error: collect`, ""
	case 4:
		node, more = `{tool: once, with: {}}, on_error: collect`, ""
	case 5:
		node = `{tool: pure, with: {x: "${item}"}}`
	case 6:
		node = `{script: "if (ctx.attempt < 3) throw new Error('not yet'); return item", ` + retry + `}, on_error: collect`
	default:
		node = `{script: "return [item, ctx.index, ctx.key, state.x, Math.random()]"}`
	}
	return fmt.Sprintf("map: {over: %s, node: %s, concurrency: %d}%s", over, node, 1+random.IntN(6), more)
}
