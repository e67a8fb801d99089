package workflow

import (
	"strings"
	"unicode/utf8"
)

// span is a stretch of a template's text: an expression's source between ${ and }, or a literal.
type span struct {
	from, to   int // bytes of the text, for an expression without its braces
	literal    string
	expression bool
}

// spans splits a text at its ${…}; $${ stands for a literal ${. Where an expression has no end it returns
// the offset of its ${, else -1.
func spans(text string) (out []span, unclosed int) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			out = append(out, span{literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "$${"):
			literal.WriteString("${")
			i += 3
		case strings.HasPrefix(rest, "${"):
			end := closingBrace(text, i+2)
			if end < 0 {
				return out, i
			}
			flush()
			out = append(out, span{from: i + 2, to: end, expression: true})
			i = end + 1
		default:
			literal.WriteByte(text[i])
			i++
		}
	}
	flush()
	return out, -1
}

// closingBrace returns the offset of the } that ends the JavaScript expression that begins at an offset,
// -1 if there is none. Braces within strings, template literals, comments and regular expressions do not
// count. Whether a slash divides or begins a regular expression is told by what stands before it, which is
// right for everything but rare statements, and an expression holds none outside of functions.
func closingBrace(text string, from int) int {
	s := braceScanner{text: text}
	for i := from; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\'':
			i = s.quoted(i)
		case c == '`':
			s.open = append(s.open, '`')
			i = s.literal(i + 1)
		case strings.HasPrefix(text[i:], "//"):
			i = skipTo(text, i, "\n")
		case strings.HasPrefix(text[i:], "/*"):
			i = skipTo(text, i+2, "*/")
		case c == '/' && s.operand():
			i = s.regexp(i)
		case c == '{':
			s.open = append(s.open, '{')
			s.before, i = "{", i+1
		case c == '}':
			if len(s.open) == 0 {
				return i
			}
			s.open = s.open[:len(s.open)-1]
			s.before, i = "}", i+1
			if n := len(s.open); n > 0 && s.open[n-1] == '`' {
				i = s.literal(i) // the } ended a ${ of a template literal
			}
		default:
			i = s.word(i)
		}
	}
	return -1
}

// braceScanner keeps what is open, and the last thing that was not white space.
type braceScanner struct {
	text   string
	open   []byte // { or `
	before string
	barren int // up to here no regular expression ends: one look is enough
}

// operand reports whether a value is expected next, so that a slash begins a regular expression.
func (s *braceScanner) operand() bool {
	switch s.before {
	case "":
		return true
	case "return", "typeof", "case", "in", "of", "delete", "void", "new", "instanceof", "do", "else", "await", "yield":
		return true
	}
	return strings.Contains("(,=:[!&|?{;+-*%~^<>", s.before)
}

// word takes a name or a number whole, and anything else by the character.
func (s *braceScanner) word(i int) int {
	end := i
	for end < len(s.text) && (s.text[end] == '_' || s.text[end] == '$' || s.text[end] >= utf8.RuneSelf ||
		s.text[end] >= '0' && s.text[end] <= '9' || s.text[end]|0x20 >= 'a' && s.text[end]|0x20 <= 'z') {
		end++
	}
	if strings.HasPrefix(s.text[i:], "++") || strings.HasPrefix(s.text[i:], "--") {
		s.before = "x" // behind a value, as before one no slash follows
		return i + 2
	}
	if end == i {
		end++
	}
	if word := s.text[i:end]; strings.TrimSpace(word) != "" {
		s.before = word
	}
	return end
}

// quoted takes a string; one that is not closed ends with its line, as JavaScript has it.
func (s *braceScanner) quoted(i int) int {
	quote := s.text[i]
	s.before = "x"
	for i++; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(s.text)
}

// literal takes the text of a template literal up to its end or its next ${.
func (s *braceScanner) literal(i int) int {
	for ; i < len(s.text); i++ {
		switch {
		case s.text[i] == '\\':
			i++
		case s.text[i] == '`':
			s.open = s.open[:len(s.open)-1]
			s.before = "x"
			return i + 1
		case strings.HasPrefix(s.text[i:], "${"):
			s.open = append(s.open, '{')
			s.before = "{"
			return i + 2
		}
	}
	return len(s.text)
}

// regexp takes a regular expression; a slash without a second one on its line divides after all.
func (s *braceScanner) regexp(start int) int {
	class, i := false, start+1
	for ; start >= s.barren && i < len(s.text) && s.text[i] != '\n'; i++ {
		switch c := s.text[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			s.before = "x"
			return i + 1
		}
	}
	s.before, s.barren = "/", max(s.barren, i)
	return start + 1
}

func skipTo(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}
