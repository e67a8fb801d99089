package scripts

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// fault is the first thing in a source that is opened and not closed, or closed and not open. The parser knows it only
// by where it stumbles, which may be in the text that a source is wrapped in.
type fault struct {
	offset  int // in bytes, of the bracket, quote or slash
	message string
	stray   bool // a closing bracket: the parser reads on, and stumbles later
}

// faultOf looks for a fault, nil if there is none. Whether a slash divides or begins a regular expression is told by
// what stands before it, which is wrong in rare statements: it is asked only about sources that do not compile. Blank
// says that there is nothing but white space and comments.
func faultOf(source, what string) (f *fault, blank bool) {
	s := bracketScanner{source: source, what: what}
	for i := 0; i < len(source) && s.fault == nil; {
		i = s.next(i)
	}
	if n := len(s.open); n > 0 && s.fault == nil {
		s.unclosed(s.open[n-1])
	}
	return s.fault, s.fault == nil && s.before == ""
}

// bracketScanner goes through a source, bracket by bracket.
type bracketScanner struct {
	source, what string
	open         []opening
	before       string // the last word or character of code
	fault        *fault
}

// opening is what waits to be closed: ( [ { ${ or `.
type opening struct {
	text   string
	offset int
}

func (s *bracketScanner) report(offset int, message string) { s.fault = &fault{offset, message, false} }

// next takes what begins at an offset and returns where it ends.
func (s *bracketScanner) next(i int) int {
	rest := s.source[i:]
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		return s.quoted(i)
	case c == '`':
		s.open = append(s.open, opening{"`", i})
		return s.template(i + 1)
	case strings.HasPrefix(rest, "//"):
		return i + len(firstLine(rest))
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			s.report(i, "the comment that begins here is not closed: end it with */")
		}
		return i + 2 + end + 2
	case c == '/' && s.operand():
		return s.regexp(i)
	case c == '(' || c == '[' || c == '{':
		s.open = append(s.open, opening{rest[:1], i})
		s.before = rest[:1]
		return i + 1
	case c == ')' || c == ']' || c == '}':
		return s.closer(i)
	}
	return s.word(i)
}

var closerOf = map[string]byte{"(": ')', "[": ']', "{": '}', "${": '}'}

// closer takes a closing bracket.
func (s *bracketScanner) closer(i int) int {
	c, n := s.source[i], len(s.open)
	if n == 0 {
		s.fault = &fault{i, fmt.Sprintf("this `%c` closes nothing: it is one too many", c), true}
		return i
	}
	last := s.open[n-1]
	if closerOf[last.text] != c {
		s.fault = &fault{i, fmt.Sprintf("this `%c` comes before the `%s`%s is closed", c, last.text, s.elsewhere(last.offset, i)), true}
		return i
	}
	s.open, s.before = s.open[:n-1], s.source[i:i+1]
	if last.text == "${" {
		return s.template(i + 1)
	}
	return i + 1
}

// elsewhere quotes the line of a bracket that does not stand in the line that the error names.
func (s *bracketScanner) elsewhere(offset, from int) string {
	if !strings.ContainsAny(s.source[offset:from], lineBreaks) {
		return ""
	}
	start := 0
	if i := strings.LastIndexAny(s.source[:offset], lineBreaks); i >= 0 {
		start = i + lineEnd(s.source[i:])
	}
	line := strings.TrimSpace(firstLine(s.source[start:]))
	const most = 40
	if utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:most]) + "…"
	}
	return fmt.Sprintf(" of the line %q", line)
}

func (s *bracketScanner) unclosed(o opening) {
	if o.text == "`" {
		s.report(o.offset, "the template text that begins here is not closed: end it with `")
		return
	}
	s.report(o.offset, fmt.Sprintf("the %s ends before this `%s` is closed", s.what, o.text))
}

// quoted takes a string. A backslash takes what follows it, a line break too.
func (s *bracketScanner) quoted(start int) int {
	s.before = "x"
	for i := start + 1; i < len(s.source); i++ {
		switch s.source[i] {
		case '\\':
			if i++; strings.HasPrefix(s.source[min(i, len(s.source)):], "\r\n") {
				i++
			}
		case s.source[start]:
			return i + 1
		case '\n', '\r':
			s.report(start, "the string that begins here is not closed on its line")
			return i
		}
	}
	s.report(start, "the string that begins here is not closed")
	return len(s.source)
}

// template takes the text of a template up to its end or its next ${.
func (s *bracketScanner) template(i int) int {
	for ; i < len(s.source); i++ {
		switch {
		case s.source[i] == '\\':
			i++
		case s.source[i] == '`':
			s.open, s.before = s.open[:len(s.open)-1], "x"
			return i + 1
		case strings.HasPrefix(s.source[i:], "${"):
			s.open, s.before = append(s.open, opening{"${", i}), "{"
			return i + 2
		}
	}
	return len(s.source)
}

// regexp takes a regular expression.
func (s *bracketScanner) regexp(start int) int {
	s.before = "x"
	line, class := firstLine(s.source[start:]), false
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return start + i + 1
		}
	}
	s.report(start, "the regular expression that begins here is not closed on its line")
	return len(s.source)
}

// operand reports whether a value is expected next, so that a slash begins a regular expression.
func (s *bracketScanner) operand() bool {
	switch s.before {
	case "", "return", "typeof", "case", "in", "of", "delete", "void", "new", "instanceof", "do", "else", "await", "yield", "throw":
		return true
	}
	return strings.Contains("(,=:[!&|?{;+-*%~^<>", s.before)
}

// word takes a name or a number whole, and anything else by the character.
func (s *bracketScanner) word(i int) int {
	end := i
	for end < len(s.source) && isWord(s.source[end]) {
		end++
	}
	if end > i {
		s.before = s.source[i:end]
		return end
	}
	if operator := s.source[i:min(i+2, len(s.source))]; operator == "++" || operator == "--" {
		s.before = "x" // mostly behind a value; before one, no slash follows
		return i + 2
	}
	if c := s.source[i : i+1]; strings.TrimSpace(c) != "" {
		s.before = c
	}
	return i + 1
}

// isWord reports whether a byte belongs to a name or a number.
func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
