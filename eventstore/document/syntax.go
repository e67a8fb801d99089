package document

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// SyntaxError says where a text is not JSON, and why. Offset counts bytes from 0; Line and Column count from 1,
// the column in characters.
type SyntaxError struct {
	Offset, Line, Column int
	Message              string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

func syntaxErrorAt(data []byte, offset int, message string) *SyntaxError {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Offset:  offset,
		Line:    1 + bytes.Count(before, []byte{'\n'}),
		Column:  1 + utf8.RuneCount(before[start:]),
		Message: message,
	}
}

// fail records the first mistake, and returns false for its callers to pass on.
func (p *parser) fail(offset int, format string, args ...any) bool {
	if p.err == nil {
		p.err = syntaxErrorAt(p.data, offset, fmt.Sprintf(format, args...))
	}
	return false
}

// unexpected reports what stands at the current position instead of what is wanted.
func (p *parser) unexpected(wanted string) bool {
	return p.fail(p.at, "expected %s, found %s", wanted, p.found())
}

// found describes what stands at the current position, with a word of advice where a mistake is common.
func (p *parser) found() string {
	rest := p.data[p.at:]
	if len(rest) == 0 {
		return "the end of the text"
	}
	switch {
	case rest[0] == '\'':
		return "a single quote; JSON strings stand in double quotes"
	case rest[0] == '/' || rest[0] == '#':
		return fmt.Sprintf("%q; JSON has no comments", rest[0])
	case bytes.HasPrefix(rest, []byte("\uFEFF")):
		return "a byte order mark; save the text without one"
	}
	if word := leadingWord(rest); word != "" {
		if instead, known := foreignWords[word]; known {
			return fmt.Sprintf("%s; %s", word, instead)
		}
		return fmt.Sprintf("%.40q", word)
	}
	r, width := utf8.DecodeRune(rest)
	if r == utf8.RuneError && width == 1 {
		return fmt.Sprintf("the byte 0x%02x, which is not UTF-8", rest[0])
	}
	return fmt.Sprintf("%q", r)
}

// foreignWords are what other languages call values, with what JSON offers instead.
var foreignWords = map[string]string{
	"True":      "JSON writes it true",
	"False":     "JSON writes it false",
	"None":      "JSON writes it null",
	"nil":       "JSON writes it null",
	"undefined": "JSON has null for that",
	"NaN":       "JSON has no such number",
	"Infinity":  "JSON has no such number",
}

func leadingWord(text []byte) string {
	n := 0
	for n < len(text) && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || text[n] == '_') {
		n++
	}
	return string(text[:n])
}
