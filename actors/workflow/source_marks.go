package workflow

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// mark says that from a byte of a text on, its characters stand one after the other in the source, from
// a place on, until the next mark. A text with escapes or of several lines has many.
type mark struct {
	offset int
	at     place
}

// marks lays a string's characters over the source. There is always a first mark; where the source does
// not follow the rules known here, the last mark holds for the rest.
func (s *source) marks(n *node) []mark {
	w := walker{src: s, node: n, raw: n.content, marks: []mark{{0, n.content}}}
	for w.done < len(n.text) && w.step() {
	}
	return w.marks
}

// walker goes through a text and its source side by side.
type walker struct {
	src   *source
	node  *node
	done  int   // bytes of the text
	raw   place // where its next character is expected
	marks []mark
}

// step moves on by a character, an escape or a line break, and returns false where the two part.
func (w *walker) step() bool {
	text, raw := w.node.text[w.done:], w.src.text[w.raw.offset:]
	if text[0] == '\n' || text[0] == ' ' {
		if w.breaks(raw) {
			return w.fold(text)
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case w.node.style == styleSingle && strings.HasPrefix(raw, "''"):
		return w.skip(size, 2)
	case w.node.style == styleDouble && strings.HasPrefix(raw, "\\\n"):
		return w.nextLine()
	case w.node.style == styleDouble && strings.HasPrefix(raw, `\`):
		return w.skip(size, escapeLength(raw, r))
	}
	if q, _ := utf8.DecodeRuneInString(raw); q != r {
		return false
	}
	w.done += size
	w.raw.offset += size
	w.raw.column++
	return true
}

// breaks reports whether the source's line ends here, as far as its text goes.
func (w *walker) breaks(raw string) bool {
	if w.node.style != styleBlock {
		raw = strings.TrimLeft(raw, " \t")
	}
	return strings.HasPrefix(raw, "\n")
}

// fold takes the white space that line breaks became.
func (w *walker) fold(text string) bool {
	if text[0] == ' ' || w.node.literal {
		w.done++
	} else {
		w.done += len(text) - len(strings.TrimLeft(text, "\n"))
	}
	return w.nextLine()
}

// nextLine goes to the first character of the next line that has one; in a literal every line counts.
func (w *walker) nextLine() bool {
	for line := w.raw.line + 1; line <= len(w.src.lines); line++ {
		text := w.src.line(line)
		blank := strings.TrimSpace(text) == ""
		if blank && !w.node.literal {
			continue
		}
		indent := len(text) - len(strings.TrimLeft(text, " \t"))
		if w.node.style == styleBlock {
			indent = min(indent, w.node.indent)
		}
		w.raw = place{line: line, column: indent + 1, offset: w.src.lines[line-1] + indent}
		w.marks = append(w.marks, mark{w.done, w.raw})
		return true
	}
	return false
}

// skip takes one character of the text that is written with several.
func (w *walker) skip(size, length int) bool {
	w.done += size
	w.raw.offset = min(w.raw.offset+length, len(w.src.text))
	w.raw.column += length
	w.marks = append(w.marks, mark{w.done, w.raw})
	return true
}

// escapeLength returns how many characters a backslash and what belongs to it are.
func escapeLength(raw string, r rune) int {
	switch {
	case len(raw) < 2:
		return 1
	case raw[1] == 'x':
		return 4
	case raw[1] == 'u' && r > 0xFFFF:
		return 12 // a pair of surrogates
	case raw[1] == 'u':
		return 6
	case raw[1] == 'U':
		return 10
	default:
		return 2
	}
}

// placeOf returns where a byte of a text stands in the source.
func placeOf(marks []mark, text string, offset int) place {
	i := sort.Search(len(marks), func(i int) bool { return marks[i].offset > offset }) - 1
	m := marks[max(i, 0)]
	at := m.at
	at.column += utf8.RuneCountInString(text[m.offset:max(offset, m.offset)])
	at.offset += offset - m.offset
	return at
}

// ruler finds places of a text in their order, so that many of one long text cost no more than going
// through it once.
type ruler struct {
	marks  []mark
	text   string
	mark   int   // the last mark at or before offset
	offset int   // of the text
	at     place // of offset
}

func newRuler(marks []mark, text string) *ruler {
	return &ruler{marks: marks, text: text, at: marks[0].at}
}

// place returns where a byte of the text stands. It is not before the last one asked for.
func (r *ruler) place(offset int) place {
	for r.mark+1 < len(r.marks) && r.marks[r.mark+1].offset <= offset {
		r.mark++
		r.offset, r.at = r.marks[r.mark].offset, r.marks[r.mark].at
	}
	r.at.column += utf8.RuneCountInString(r.text[r.offset:offset])
	r.at.offset += offset - r.offset
	r.offset = offset
	return r.at
}

// cut returns the marks of a part of the text.
func (r *ruler) cut(from, to int) []mark {
	out := []mark{{0, r.place(from)}}
	for _, m := range r.marks[r.mark+1:] {
		if m.offset >= to {
			break
		}
		out = append(out, mark{m.offset - from, m.at})
	}
	return out
}
