package document

import "sync"

// Parse reads one JSON text by the letter of RFC 8259, with space around it. Arrays and objects may nest
// [MaxDepth] deep. A key that an object has twice, text that is not UTF-8 and anything after the value
// are errors, all of them *[SyntaxError]. Half of a surrogate pair (\ud800 alone) is read as U+FFFD.
//
// The value does not keep data alive, nor does it change with it.
func Parse(data []byte) (Value, error) { return ParseDepth(data, MaxDepth) }

// ParseDepth is [Parse] with another limit of nesting. It serves formats that wrap values in envelopes of their own.
func ParseDepth(data []byte, depthMax int) (Value, error) {
	p := parsers.Get().(*parser)
	defer p.release()
	p.data, p.depthMax = data, depthMax
	v, ok := p.value()
	if !ok || !p.end() {
		return Null, p.err
	}
	return v, nil
}

// AppendMembers reads one JSON object as [ParseDepth] does, and appends its members to dst in the order in which they stand. It
// serves readers of records, who look for fields where they expect them and so need no object.
func AppendMembers(dst []Member, data []byte, depthMax int) ([]Member, error) {
	p := parsers.Get().(*parser)
	defer p.release()
	p.data, p.depthMax = data, depthMax
	p.space()
	if p.next() != '{' {
		_ = p.unexpected("an object")
		return nil, p.err
	}
	if !p.readMembers() {
		return nil, p.err
	}
	for i := range p.members {
		dst = append(dst, p.members[i].Member)
	}
	if !p.unique(p.members) || !p.end() {
		return nil, p.err
	}
	return dst, nil
}

// MustParse is [Parse] for tests and constants: it panics where the text is not JSON.
func MustParse(text string) Value {
	v, err := Parse([]byte(text))
	if err != nil {
		panic("document: MustParse: " + err.Error())
	}
	return v
}

// parser reads a text from front to back. Its methods leave at behind what they read and return false once they
// have met a mistake, which is then in err.
type parser struct {
	data     []byte
	at       int
	depth    int
	depthMax int
	err      *SyntaxError

	// The items and members of all arrays and objects that are still open, outer ones first: each is copied out
	// at its end, in a slice of its exact length. Behind them nothing is left of those that have ended.
	items   []Value
	members []parsedMember

	scratch []byte // the last string that needed unescaping

	known *known
}

// parsers are used again, for the room that they have made and for the keys that they know.
var parsers = sync.Pool{New: func() any { return &parser{known: new(known)} }}

// release gives the parser back without what was read, which must not stay in memory for its sake, nor the room
// that a large text took.
func (p *parser) release() {
	const itemsMax, scratchMax = 256, 1 << 16
	next := parser{known: p.known}
	if cap(p.items) <= itemsMax {
		clear(p.items)
		next.items = p.items[:0]
	}
	if cap(p.members) <= itemsMax {
		clear(p.members)
		next.members = p.members[:0]
	}
	if cap(p.scratch) <= scratchMax {
		next.scratch = p.scratch
	}
	*p = next
	parsers.Put(p)
}

// parsedMember remembers where its key stood, for the message about a second one.
type parsedMember struct {
	Member
	at int
}

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\n', '\t', '\r':
			p.at++
		default:
			return
		}
	}
}

// end sees that nothing follows.
func (p *parser) end() bool {
	p.space()
	return p.at == len(p.data) || p.unexpected("nothing more after the value")
}

// next returns the character at the current position, 0 at the end.
func (p *parser) next() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

func (p *parser) value() (Value, bool) {
	p.space()
	switch c := p.next(); {
	case c == '"':
		body, size, ok := p.str()
		if !ok {
			return Null, false
		}
		if len(body) == 0 {
			return Value{emptyText}, true
		}
		return Value{p.known.text(body, size)}, true
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '-' || isDigit(c):
		return p.number()
	default:
		return p.word()
	}
}

// word reads null, true or false.
func (p *parser) word() (Value, bool) {
	switch word := leadingWord(p.data[p.at:]); word {
	case "null":
		p.at += len(word)
		return Null, true
	case "true", "false":
		p.at += len(word)
		return Bool(word == "true"), true
	default:
		return Null, p.unexpected("a value")
	}
}

// open steps over the bracket that begins an array or object.
func (p *parser) open() bool {
	if p.depth == p.depthMax {
		return p.fail(p.at, "arrays and objects nest more than %d deep", p.depthMax)
	}
	p.depth++
	p.at++
	p.space()
	return true
}

// more steps over what follows an item or member: a comma, after which another one must come, or the closing bracket.
func (p *parser) more(closing byte, wanted string) (again, ok bool) {
	p.space()
	switch p.next() {
	case ',':
		comma := p.at
		p.at++
		p.space()
		if p.next() == closing {
			return false, p.fail(comma, "the last comma before %q is one too many", closing)
		}
		return true, true
	case closing:
		p.at++
		p.depth--
		return false, true
	default:
		return false, p.unexpected(wanted)
	}
}

func (p *parser) array() (Value, bool) {
	if !p.open() {
		return Null, false
	}
	if p.next() == ']' {
		p.at++
		p.depth--
		return Value{emptyArray}, true
	}
	first := len(p.items)
	for again := true; again; {
		item, ok := p.value()
		if !ok {
			return Null, false
		}
		p.items = append(p.items, item)
		if again, ok = p.more(']', `"," or "]" after an item`); !ok {
			return Null, false
		}
	}
	items := make([]Value, len(p.items)-first)
	copy(items, p.items[first:])
	clear(p.items[first:])
	p.items = p.items[:first]
	return Value{newArray(items)}, true
}

func (p *parser) object() (Value, bool) {
	first := len(p.members)
	if !p.readMembers() {
		return Null, false
	}
	members := p.members[first:]
	if len(members) == 0 {
		return Value{emptyObject}, true
	}
	if !p.sort(members) {
		return Null, false
	}
	values := make([]Value, len(members))
	for i := range members {
		values[i] = members[i].Value
	}
	o := newObject(p.known.shape(members), values)
	clear(members)
	p.members = p.members[:first]
	return Value{o}, true
}

// readMembers reads an object and leaves its members at the end of p.members, in the order in which they stand.
func (p *parser) readMembers() bool {
	if !p.open() {
		return false
	}
	if p.next() == '}' {
		p.at++
		p.depth--
		return true
	}
	for again := true; again; {
		m := parsedMember{at: p.at}
		var ok bool
		if m.Key, ok = p.key(); !ok {
			return false
		}
		if m.Value, ok = p.value(); !ok {
			return false
		}
		p.members = append(p.members, m)
		if again, ok = p.more('}', `"," or "}" after a member`); !ok {
			return false
		}
		p.space()
	}
	return true
}

// key reads a member's key and the colon after it.
func (p *parser) key() (string, bool) {
	if p.next() != '"' {
		return "", p.unexpected("a key in double quotes")
	}
	body, _, ok := p.str()
	if !ok {
		return "", false
	}
	key := p.known.name(body)
	p.space()
	if p.next() != ':' {
		return "", p.unexpected(`":" after the key`)
	}
	p.at++
	return key, true
}
