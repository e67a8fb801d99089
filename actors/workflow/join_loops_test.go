package workflow_test

// repeat is a loop that decides after each round: its tail leads back to the entry, or on.
type repeat struct {
	body block // nil: the tail is all of it
	tail string
	when bool // the way back has a condition
	max  int  // bound of rounds, 0 for none
	// Where the bound is used up: "" for the next choice, which is the way on, else "on" or "end".
	exhausted string
	ends      bool // a third choice of the tail ends the branch
}

// The values that the conditions of loops look for.
const (
	valueOn = iota
	valueAgain
	valueEnd
)

func (b *repeat) entry() string {
	if b.body == nil {
		return b.tail
	}
	return b.body.entry()
}

func (b *repeat) pass(c *course, in flow) flow {
	out := in
	for rounds := 0; ; rounds++ {
		if b.body != nil {
			if out = b.body.pass(c, out); out.dead() {
				return out
			}
		}
		key, v := c.visit(b.tail, out)
		v.decides, v.value = true, loopValue(c, rounds, b.ends)
		again := !b.when || v.value == valueAgain
		if again && b.max > 0 && rounds == b.max {
			if b.exhausted == "end" {
				return ended(key)
			}
			if b.exhausted == "on" || !b.ends || v.value != valueEnd {
				return sent(key)
			}
			again = false
		}
		if !again && b.ends && v.value == valueEnd {
			return ended(key)
		}
		if !again || c.tooLong() {
			return sent(key)
		}
		out = sent(key)
	}
}

// loopValue draws what a loop's choice does; nothing goes on for long without a bound.
func loopValue(c *course, rounds int, ends bool) int {
	switch x := c.rng.IntN(10); {
	case ends && x == 0:
		return valueEnd
	case x < 6 && rounds < 4:
		return valueAgain
	}
	return valueOn
}

// while is a loop that decides before each round: its head leads into the body, which leads back, or on.
type while struct {
	head string
	body block
	max  int // bound of rounds on the way in, 0 for none
}

func (b *while) entry() string { return b.head }

func (b *while) pass(c *course, in flow) flow {
	out := in
	for rounds := 0; ; rounds++ {
		key, v := c.visit(b.head, out)
		v.decides, v.value = true, loopValue(c, rounds, false)
		if v.value != valueAgain || b.max > 0 && rounds == b.max || c.tooLong() {
			return sent(key)
		}
		if out = b.body.pass(c, sent(key)); out.dead() {
			return out
		}
	}
}

// beginsWithWhile reports whether a block's entry is the head of a loop that decides there. As a graph, a
// loop around it is one more way around the same head: which of the two is the inner one, and whether a
// round of one lets the other's max start anew, only its author knows.
func beginsWithWhile(b block) bool {
	switch b := b.(type) {
	case *while:
		return true
	case *sequence:
		return beginsWithWhile(b.blocks[0])
	case *repeat:
		return b.body != nil && beginsWithWhile(b.body)
	}
	return false
}
