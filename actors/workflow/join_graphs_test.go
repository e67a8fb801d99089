package workflow_test

import (
	"fmt"
	"math/rand/v2"
)

// builder writes random blocks as graphs. What a block leaves open are its exits: ways out of its nodes
// that wait for a target.
type builder struct {
	rng      *rand.Rand
	budget   int  // nodes left to make, roughly
	inLoop   bool // what is built now may be passed more than once
	overlaps bool // and a round may begin while branches of the one before, which ended, go on
	names    []string
	steps    []*step
}

// newBuilder builds about so many nodes.
func newBuilder(rng *rand.Rand, budget int) *builder {
	b := &builder{rng: rng, budget: budget}
	for i := range 400 {
		b.names = append(b.names, fmt.Sprintf("n%d", i))
	}
	rng.Shuffle(2*budget, func(i, j int) { b.names[i], b.names[j] = b.names[j], b.names[i] })
	return b
}

// chance is true once in n times.
func (b *builder) chance(n int) bool { return b.rng.IntN(n) == 0 }

func (b *builder) step() *step {
	s := &step{name: b.names[len(b.steps)]}
	b.steps = append(b.steps, s)
	b.budget--
	return s
}

func lead(exits []*way, to string) {
	for _, w := range exits {
		w.to = to
	}
}

// whole builds a workflow.
func (b *builder) whole() block {
	made, exits := b.block(4)
	for b.budget > 0 {
		next, ways := b.block(4)
		lead(exits, next.entry())
		made, exits = &sequence{[]block{made, next}}, ways
	}
	lead(exits, "$end")
	return made
}

func (b *builder) block(depth int) (made block, exits []*way) {
	if depth == 0 || b.budget < 2 {
		return b.task()
	}
	switch k := b.rng.IntN(12); {
	case k < 2:
		return b.task()
	case k < 4:
		return b.sequence(depth)
	case k < 8:
		return b.fork(depth)
	case k < 10:
		return b.choice(depth)
	case k == 10:
		return b.repeat(depth)
	default:
		return b.while(depth)
	}
}

func (b *builder) task() (block, []*way) {
	s := b.step()
	return &task{s.name}, []*way{s.way("")}
}

func (b *builder) sequence(depth int) (block, []*way) {
	made, exits := b.block(depth - 1)
	blocks := []block{made}
	for range 1 + b.rng.IntN(2) {
		next, ways := b.block(depth - 1)
		lead(exits, next.entry())
		blocks, exits = append(blocks, next), ways
	}
	return &sequence{blocks}, exits
}

// branch builds one way out of a node, and returns its exits. One that ends has no body where rounds of it
// could overlap: which of their visits comes first would be a matter of timing.
func (b *builder) branch(depth int, w *way, empty, ends bool) (branch, []*way) {
	out := branch{ends: ends}
	exits := []*way{w}
	if !empty && !(ends && b.overlaps) {
		var made block
		made, exits = b.block(depth - 1)
		out.body = made
		w.to = made.entry()
	}
	if ends {
		lead(exits, "$end")
		exits = nil
	}
	return out, exits
}

// meet closes branches with a node of their own, or leaves them open.
func (b *builder) meet(open bool, exits []*way) (join string, out []*way) {
	if open {
		return "", exits
	}
	s := b.step()
	lead(exits, s.name)
	return s.name, []*way{s.way("")}
}

func (b *builder) fork(depth int) (block, []*way) {
	s := b.step()
	made := &parallel{fork: s.name}
	empty, ending := b.chance(6), b.rng.IntN(4)
	around := b.overlaps
	b.overlaps = around || b.inLoop
	var exits []*way
	for i := range 2 + b.rng.IntN(3) {
		w := &way{bare: true}
		s.fan = append(s.fan, w)
		way, open := b.branch(depth, w, i == 0 && empty, i > 0 && i == ending && b.chance(3) && !b.overlaps)
		made.branches, exits = append(made.branches, way), append(exits, open...)
	}
	b.overlaps = around
	b.rng.Shuffle(len(s.fan), func(i, j int) { s.fan[i], s.fan[j] = s.fan[j], s.fan[i] })
	made.join, exits = b.meet(b.chance(3), exits)
	return made, exits
}

func (b *builder) choice(depth int) (block, []*way) {
	s := b.step()
	made := &choice{node: s.name, none: b.chance(4)}
	n := 2 + b.rng.IntN(2)
	var exits []*way
	for i := range n {
		when := s.is(i)
		if i == n-1 && !made.none {
			when = ""
		}
		caught := i == n-1 && i > 0 && b.chance(3)
		var w *way
		if caught {
			w = &way{bare: true}
			s.caught = w
			made.none = true
		} else {
			w = s.way(when)
		}
		way, open := b.branch(depth, w, b.chance(3), i > 0 && b.chance(3))
		way.caught = caught
		made.branches, exits = append(made.branches, way), append(exits, open...)
	}
	if made.none {
		b.rng.Shuffle(len(s.ways), func(i, j int) { s.ways[i], s.ways[j] = s.ways[j], s.ways[i] })
	}
	made.merge, exits = b.meet(b.chance(2), exits)
	return made, exits
}

// round builds the body of a loop.
func (b *builder) round(depth int) (block, []*way) {
	around := b.inLoop
	b.inLoop = true
	defer func() { b.inLoop = around }()
	return b.block(depth)
}

// repeat builds a loop that decides at its tail.
func (b *builder) repeat(depth int) (block, []*way) {
	made := &repeat{when: true}
	var exits []*way
	if !b.chance(4) {
		made.body, exits = b.round(depth - 1)
	}
	tail := b.step()
	made.tail = tail.name
	lead(exits, tail.name)
	back := tail.way(tail.is(valueAgain))
	back.to = made.entry()
	switch b.rng.IntN(4) {
	case 0:
		back.loop = true
	case 1:
	default:
		if made.body != nil && beginsWithWhile(made.body) {
			break
		}
		made.when, made.max = b.chance(2), 1+b.rng.IntN(3)
		back.max = made.max
	}
	if !made.when {
		back.when = ""
	}
	exits = nil
	if made.max > 0 && b.chance(2) {
		back.exhausted = &way{bare: true}
		if made.exhausted = "on"; made.when && b.chance(2) {
			made.exhausted, back.exhausted.to = "end", "$end"
		} else {
			exits = append(exits, back.exhausted)
		}
	}
	if !made.when && made.exhausted != "" {
		return made, exits
	}
	if made.ends = b.chance(3); made.ends {
		tail.way(tail.is(valueEnd)).to = "$end"
	}
	return made, append(exits, tail.way(""))
}

// while builds a loop that decides at its head.
func (b *builder) while(depth int) (block, []*way) {
	head := b.step()
	made := &while{head: head.name}
	in := head.way(head.is(valueAgain))
	exit := head.way("")
	body, back := b.round(depth - 1)
	if b.chance(3) {
		made.max = 1 + b.rng.IntN(3)
		in.max = made.max
	}
	made.body, in.to = body, body.entry()
	lead(back, head.name)
	for _, w := range back {
		w.loop = !w.bare && b.chance(3) && w.max == 0
	}
	return made, []*way{exit}
}
