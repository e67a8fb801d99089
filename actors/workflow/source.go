package workflow

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// Limits of a source. They keep hostile input cheap to refuse; no workflow that a person would read
// comes near them.
const (
	sourceBytesMax = 1 << 20 // the source as it was given
	depthMax       = 64      // lists and objects within each other
	valuesMax      = 100_000 // values, with every alias counted in full
	textBytesMax   = 4 << 20 // their texts, likewise
)

// place is where something stands in a source: line and column count from 1, columns in characters;
// offset counts bytes from 0.
type place struct{ line, column, offset int }

// style says how a text was written, and so how its characters lie in the source.
type style uint8

const (
	stylePlain  style = iota // as it stands, folded over lines
	styleSingle              // YAML 'single quotes'
	styleDouble              // YAML and JSON "double quotes"
	styleBlock               // YAML | and >
)

// node is one value of a source with the place where it was written. Aliases share nodes, so a node is
// never changed once it is read.
type node struct {
	kind    document.Kind
	at      place // the first character of the value
	text    string
	truth   bool
	members []member
	items   []*node

	style   style
	content place // of a string: the first character of its text
	indent  int   // of a block: the columns that are not part of the text
	literal bool  // of a block: written with |, so that its lines are the text's lines

	end int // of a value in JSON: the offset behind its last byte

	values, bytes int  // size of this subtree, aliases in full
	bad           bool // what is wrong has been reported: not to be looked at
}

// member is one key of an object with its value.
type member struct {
	key   string
	at    place
	value *node
}

// member returns the value under a key; nil if there is none.
func (n *node) member(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return n.members[i].value
		}
	}
	return nil
}

// weigh sums up the subtree's size from its children, which must have been weighed.
func (n *node) weigh() {
	n.values, n.bytes = 1, len(n.text)
	for _, m := range n.members {
		n.values += m.value.values
		n.bytes += m.value.bytes + len(m.key)
	}
	for _, item := range n.items {
		n.values += item.values
		n.bytes += item.bytes
	}
}

// describe says what a value is, as messages name it.
func (n *node) describe() string {
	switch n.kind {
	case document.KindBool:
		return fmt.Sprintf("%t", n.truth)
	case document.KindNumber:
		return "the number " + clip(n.text)
	case document.KindString:
		return "the text " + quote(n.text)
	case document.KindArray:
		return "a list"
	case document.KindObject:
		return "an object"
	default:
		return "nothing"
	}
}

// value returns the node as a document.
func (n *node) value() document.Value {
	switch n.kind {
	case document.KindBool:
		return document.Bool(n.truth)
	case document.KindNumber:
		if v, err := document.Number(n.text); err == nil {
			return v
		}
		return document.Null
	case document.KindString:
		return document.String(n.text)
	case document.KindArray:
		items := make([]document.Value, len(n.items))
		for i, item := range n.items {
			items[i] = item.value()
		}
		return document.Array(items...)
	case document.KindObject:
		members := make([]document.Member, len(n.members))
		for i, m := range n.members {
			members[i] = document.Member{Key: m.key, Value: m.value.value()}
		}
		return document.Object(members...)
	default:
		return document.Null
	}
}

// quote shows a text within a message, shortened where it is long.
func quote(s string) string { return fmt.Sprintf("%q", clip(s)) }

// clip shortens a text to what fits into a message.
func clip(s string) string {
	const most = 100
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// source is a text with its lines. Line breaks are \n only.
type source struct {
	text  string
	lines []int // offset of each line's first byte
}

func newSource(text string) *source {
	s := &source{text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// line returns a line's text without its break; "" where there is no such line.
func (s *source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	start, end := s.lines[number-1], len(s.text)
	if number < len(s.lines) {
		end = s.lines[number] - 1
	}
	return s.text[start:end]
}

// cursor translates between offsets and columns. It is quick when asked about places in their order, so
// that a source of one long line costs no more than many short ones.
type cursor struct {
	src *source
	at  place
}

func newCursor(src *source) *cursor {
	return &cursor{src: src, at: place{line: 1, column: 1}}
}

// offset returns the place of a byte.
func (c *cursor) offset(offset int) place {
	offset = min(offset, len(c.src.text))
	line := sort.SearchInts(c.src.lines, offset+1)
	if line != c.at.line || offset < c.at.offset {
		c.at = place{line: line, column: 1, offset: c.src.lines[line-1]}
	}
	c.at.column += utf8.RuneCountInString(c.src.text[c.at.offset:offset])
	c.at.offset = offset
	return c.at
}

// column returns the place of a line and column, or the nearest there is.
func (c *cursor) column(line, column int) place {
	line = max(1, min(line, len(c.src.lines)))
	if line != c.at.line || column < c.at.column {
		c.at = place{line: line, column: 1, offset: c.src.lines[line-1]}
	}
	for c.at.column < column && c.at.offset < len(c.src.text) && c.src.text[c.at.offset] != '\n' {
		_, size := utf8.DecodeRuneInString(c.src.text[c.at.offset:])
		c.at.offset += size
		c.at.column++
	}
	return c.at
}

// normalise gives a YAML text the line breaks that positions count by.
func normalise(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
