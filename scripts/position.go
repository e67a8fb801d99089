package scripts

import (
	"fmt"
	"unicode/utf8"

	"github.com/dop251/goja/file"
)

// Origin says where a source stands in the file that its author wrote. The zero Origin means that the
// source is a file of its own.
type Origin struct {
	File         string
	Line, Column int  // 1-based, of the first character of the source in File; columns count characters
	Block        bool // later lines start at Column too, as in a YAML block; else only the first line can be placed exactly
}

// placement finds the places of a source in its author's file.
type placement struct {
	origin Origin
	source string
}

func newPlacement(source string, o Origin) placement {
	if o.Line <= 0 {
		o.Line, o.Block = 1, true
	}
	if o.Column <= 0 {
		o.Column = 1
	}
	return placement{origin: o, source: source}
}

// exact reports whether each place of the source has one in the file.
func (p *placement) exact() bool { return p.origin.Block && p.origin.File != "" }

// find turns a line and a column in bytes of the source, both from 1, into a position in the file. The note, to be
// added to a message, says what the position cannot.
func (p *placement) find(line, column int) (fileLine, fileColumn int, note string) {
	text, last := p.line(line)
	if line > last {
		// The text around the source is ours: what is wrong there is wrong at the source's end.
		line, column = last, len(text)+1
	}
	return p.locate(line, 1+utf8.RuneCountInString(text[:max(0, min(column-1, len(text)))]))
}

// locate is find for a column in characters.
func (p *placement) locate(line, column int) (fileLine, fileColumn int, note string) {
	switch {
	case line <= 1:
		return p.origin.Line, p.origin.Column + column - 1, ""
	case p.origin.Block:
		return p.origin.Line + line - 1, p.origin.Column + column - 1, ""
	default:
		return p.origin.Line, p.origin.Column, fmt.Sprintf(" (line %d of the script)", line)
	}
}

// offset is find for an offset in bytes.
func (p *placement) offset(offset int) (fileLine, fileColumn int, note string) {
	line, start := 1, 0
	for start < len(p.source) {
		end := start + lineEnd(p.source[start:])
		if end > offset || end == len(p.source) {
			break
		}
		line, start = line+1, end
	}
	return p.find(line, offset-start+1)
}

// spot is a place in a file that an author wrote. Its note, to be added to a message, says what it cannot.
type spot struct {
	file         string
	line, column int // 0 when unknown
	note         string
}

// spot returns the place that goja means, which runs code of a name; false where that is not of the author's.
func (p *program) spot(code string, at file.Position) (spot, bool) {
	switch code {
	case programName:
		if p.files != nil {
			return p.place.within(p.files, at)
		}
		line, column, note := p.place.find(at.Line-1, at.Column)
		return spot{p.place.origin.File, line, column, note}, true
	case bundleName:
		return p.place.within(p.files, at)
	}
	return spot{}, false
}

// within is the place of a file of a bundle, whose names goja has for the files are given.
func (p *placement) within(files map[string]string, at file.Position) (spot, bool) {
	name, ok := files[at.Filename]
	if name != "" || !ok {
		return spot{file: name, line: at.Line, column: at.Column}, ok
	}
	line, column, note := p.locate(at.Line, at.Column)
	return spot{p.origin.File, line, column, note}, true
}

// start returns the offset of a line's first byte, or the length of the source where there are fewer lines.
func (p *placement) start(line int) (offset int) {
	for ; line > 1; line-- {
		offset += lineEnd(p.source[offset:])
	}
	return offset
}

// line returns the text of a line, or of the last one where there are fewer, and the number of the last line.
func (p *placement) line(n int) (text string, last int) {
	rest := p.source
	for last = 1; ; last++ {
		end := lineEnd(rest)
		text = trimLineEnd(rest[:end])
		if last == n || end == len(rest) && text == rest {
			break
		}
		rest = rest[end:]
	}
	return text, last
}

// lineEnd returns the length of the first line of s with what ends it, by JavaScript's rules.
func lineEnd(s string) int {
	for i, c := range s {
		switch c {
		case '\n':
			return i + 1
		case '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				return i + 2
			}
			return i + 1
		case '\u2028', '\u2029':
			return i + utf8.RuneLen(c)
		}
	}
	return len(s)
}

func trimLineEnd(line string) string {
	r, size := utf8.DecodeLastRuneInString(line)
	switch r {
	case '\n':
		if n := len(line) - 2; n >= 0 && line[n] == '\r' {
			return line[:n]
		}
		return line[:len(line)-1]
	case '\r', '\u2028', '\u2029':
		return line[:len(line)-size]
	}
	return line
}

// lineBreaks are the characters that end a line in JavaScript; \r\n is one end.
const lineBreaks = "\n\r\u2028\u2029"

// firstLine returns the text of the first line of s.
func firstLine(s string) string { return trimLineEnd(s[:lineEnd(s)]) }
