package event

import (
	"iter"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Peeked is the value of one field as it stands in an event's text.
type Peeked []byte

// Fields yields the names and values of the event's fields, in the order in which they stand, without decoding any: it is for
// readers that want two fields of millions of events. Where the text is not that of an event it ends early; whoever must know
// calls [Decode].
func (r Raw) Fields() iter.Seq2[[]byte, Peeked] {
	return func(yield func([]byte, Peeked) bool) {
		text := r.JSON
		at := skipSpace(text, 0)
		if at == len(text) || text[at] != '{' {
			return
		}
		for {
			name, after := nextValue(text, at+1)
			if len(name) == 0 || name[0] != '"' || after == len(text) || text[after] != ':' {
				return
			}
			value, end := nextValue(text, after+1)
			if len(value) == 0 || !yield(name[1:len(name)-1], Peeked(value)) || end == len(text) || text[end] != ',' {
				return
			}
			at = end
		}
	}
}

// nextValue returns the JSON value that begins at or behind a position, and where what follows it stands. It returns nothing
// where there is no value, or one that does not end.
func nextValue(text []byte, at int) (value []byte, after int) {
	start := skipSpace(text, at)
	if start == len(text) {
		return nil, start
	}
	var length int
	switch text[start] {
	case '"':
		length = stringLength(text[start:])
	case '{', '[':
		length = containerLength(text[start:])
	default:
		length = scalarLength(text[start:])
	}
	return text[start : start+length], skipSpace(text, start+length)
}

// scalarLength returns the length of the number or word that text begins with, and 0 where nothing ends it.
func scalarLength(text []byte) int {
	for i, c := range text {
		switch c {
		case ',', ':', ']', '}', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return 0
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n') {
		at++
	}
	return at
}

// Text returns the string, and false for any other value.
func (p Peeked) Text() (string, bool) {
	if len(p) < 2 || p[0] != '"' {
		return "", false
	}
	if body := p[1 : len(p)-1]; isPlain(body) {
		return string(body), true
	}
	v, err := document.Parse(p)
	if err != nil {
		return "", false
	}
	return v.AsString()
}

// Int returns the whole number, and false for any other value.
func (p Peeked) Int() (int64, bool) {
	i, err := strconv.ParseInt(string(p), 10, 64)
	return i, err == nil
}

// Instant returns the time, in UTC, and false for any other value.
func (p Peeked) Instant() (time.Time, bool) {
	text, ok := p.Text()
	if !ok {
		return time.Time{}, false
	}
	t, err := parseTime(text)
	return t, err == nil
}
