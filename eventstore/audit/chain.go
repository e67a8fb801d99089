package audit

// chains follows what is numbered densely under each subject: the events of a run, whose commits also name the
// digest of the one before, and the revisions of a workflow.
//
// Subjects are told apart by 64 bits of hash under a random key: among ten million runs the chance that two
// are taken for one is below one in a hundred thousand.
type chains struct {
	ends     map[uint64]end
	breaks   map[uint64]*breach
	replaced map[uint64]uint64 // sequence of the commit that stands for all before it
}

// end is the last that is whole of a run or workflow.
type end struct {
	last     uint64 // number
	sequence uint64 // of the last message, whole or not
	digest   digest
	broken   bool
}

// breach is the first place where a run or workflow does not go on as it must.
type breach struct {
	kind     Kind
	id       string
	path     string
	offset   int64
	bytes    int64
	sequence uint64
	last     uint64 // number up to which it is whole
	first    uint64 // number with which it goes on
	reason   string
}

func newChains() chains {
	return chains{ends: map[uint64]end{}, breaks: map[uint64]*breach{}, replaced: map[uint64]uint64{}}
}

// follow takes the next message under its subject, and reports whether it continues what is whole.
func (c *chains) follow(b *block, e *entry, a *account) bool {
	said := &b.contents[e.content]
	key := said.key
	at := c.ends[key]
	if a.gone.has(at.sequence) {
		// All it had was deleted. A message that follows is the first of something new.
		at = end{}
		delete(c.breaks, key)
	}
	if said.replaced != nil {
		for _, span := range *said.replaced {
			a.claim(span, e.sequence)
		}
		delete(c.breaks, key)
		c.replaced[key] = e.sequence
		c.ends[key] = end{last: said.last, sequence: e.sequence, digest: said.digest}
		return true
	}
	if e.kind == whole && said.hasBehind && said.behind != at.sequence && said.behind < e.sequence && !a.has(said.behind) {
		a.point(said.behind, b.id(e))
	}
	var kind Kind
	switch {
	case at.broken:
		at.sequence = e.sequence
		c.ends[key] = at
		return false
	case e.kind == bad:
		kind = BadMessage
	case e.kind == foreign:
		kind = ForeignMessage
	case e.kind == newer:
		kind = NewerFormat
	case said.first != at.last+1:
		kind = NumbersBroken
	case said.prev != at.digest:
		kind = ChainBroken
	default:
		c.ends[key] = end{last: said.last, sequence: e.sequence, digest: said.digest}
		return true
	}
	c.breaks[key] = &breach{
		kind: kind, id: b.id(e), path: b.path, offset: int64(e.offset), bytes: int64(e.length), sequence: e.sequence,
		last: at.last, first: said.first, reason: said.reason,
	}
	at.sequence, at.broken = e.sequence, true
	c.ends[key] = at
	return false
}

// settle drops the breaches of what was deleted altogether, and counts the rest.
func (c *chains) settle(a *account) (sound int) {
	for key, at := range c.ends {
		switch {
		case a.gone.has(at.sequence):
			delete(c.breaks, key)
		case !at.broken:
			sound++
		}
	}
	return sound
}
