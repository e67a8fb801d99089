package workflow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/weirflow/weir/eventstore/document"
)

// block is a piece of a workflow that tokens enter at one node and leave together. It knows how a run
// passes it, and nothing of the graph that it is written as: no edges, no tokens that wait, no reachability.
type block interface {
	entry() string                // the node at which a run enters
	pass(c *course, in flow) flow // how a run passes it; in has at least one token
}

// flow is what goes from one block to the next: the tokens that come, named by the visits that sent them,
// and the visits at which others ended that might have come. A visit begins once all of these are over.
type flow struct{ tokens, ended []string }

func sent(visit string) flow  { return flow{tokens: []string{visit}} }
func ended(visit string) flow { return flow{ended: []string{visit}} }
func (f flow) dead() bool     { return len(f.tokens) == 0 }
func (f flow) and(g flow) flow {
	return flow{append(f.tokens, g.tokens...), append(f.ended, g.ended...)}
}
func (f flow) over() []string         { return slices.Concat(f.tokens, f.ended) }
func (f flow) sources() []string      { return slices.Sorted(slices.Values(f.tokens)) }
func visitKey(n string, k int) string { return fmt.Sprintf("%s/%d", n, k) }

// course is how a run through blocks goes: which visits there are, whatever the timing, and what each does.
type course struct {
	rng    *rand.Rand
	visits map[string]*expected
	order  []string       // the visits, each after those it comes after
	counts map[string]int // visits by node
}

// expected is one visit of a course.
type expected struct {
	node    string
	sources []string // the visits whose tokens it consumes, sorted
	after   []string // the visits that must be over before it begins; once they are, it must begin at once
	decides bool     // it has a choice, which looks at value under a key of its own
	value   int
	writes  []document.Member // what else it writes
	inPlace bool              // it changes the keys that keep the last in place
	fails   bool              // it fails, and its catch takes over
}

// courseMax is how many visits a course may have to be played.
const courseMax = 300

func newCourse(rng *rand.Rand, whole block) *course {
	c := &course{rng: rng, visits: map[string]*expected{}, counts: map[string]int{}}
	whole.pass(c, flow{})
	return c
}

func (c *course) tooLong() bool { return len(c.visits) > courseMax }

// visit enters a node with all tokens of a flow.
func (c *course) visit(node string, in flow) (key string, v *expected) {
	c.counts[node]++
	key = visitKey(node, c.counts[node])
	v = &expected{node: node, sources: in.sources(), after: in.over()}
	c.visits[key] = v
	c.order = append(c.order, key)
	return key, v
}

// task is a single node.
type task struct{ node string }

func (b *task) entry() string { return b.node }

func (b *task) pass(c *course, in flow) flow {
	key, _ := c.visit(b.node, in)
	return sent(key)
}

// sequence is one block after the other. Where a block sends several tokens on, the next one joins them.
type sequence struct{ blocks []block }

func (b *sequence) entry() string { return b.blocks[0].entry() }

func (b *sequence) pass(c *course, in flow) flow {
	out := b.blocks[0].pass(c, in)
	for _, next := range b.blocks[1:] {
		if out.dead() {
			break
		}
		out = next.pass(c, out)
	}
	return out
}

// parallel goes through all its branches at once. With a join it sends one token on, else one for each
// branch that comes.
type parallel struct {
	fork     string
	branches []branch
	join     string // "" for none
}

// branch is one of several ways out of a node. Without a body it leads past the block; one that ends never
// comes back, from its very beginning.
type branch struct {
	body   block
	ends   bool
	caught bool // it is a choice's way for a visit that failed
}

// pass is how a run goes through a branch that it enters from a visit.
func (b *branch) pass(c *course, from string) flow {
	out := sent(from)
	if b.body != nil {
		out = b.body.pass(c, out)
	}
	if b.ends {
		return ended(from)
	}
	return out
}

func (b *parallel) entry() string { return b.fork }

func (b *parallel) pass(c *course, in flow) flow {
	key, _ := c.visit(b.fork, in)
	var out flow
	for i := range b.branches {
		out = out.and(b.branches[i].pass(c, key))
	}
	return joined(c, b.join, out)
}

// joined enters a join, if there is one and a token for it.
func joined(c *course, join string, out flow) flow {
	if join == "" || out.dead() {
		return out
	}
	key, _ := c.visit(join, out)
	return sent(key)
}

// choice goes through one of its branches, or ends where none matches.
type choice struct {
	node     string
	branches []branch
	none     bool   // there may be no match
	merge    string // the node at which the branches meet, "" for whatever comes next
}

func (b *choice) entry() string { return b.node }

func (b *choice) pass(c *course, in flow) flow {
	key, v := c.visit(b.node, in)
	n := len(b.branches)
	if b.none {
		n++
	}
	v.decides = true
	if v.value = c.rng.IntN(n); v.value == len(b.branches) {
		return ended(key)
	}
	way := &b.branches[v.value]
	v.fails = way.caught
	return joined(c, b.merge, way.pass(c, key))
}
