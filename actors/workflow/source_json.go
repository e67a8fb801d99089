package workflow

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// syntaxError stops a reader: what follows it cannot be understood.
type syntaxError struct {
	at            place
	code          string
	message, hint string
}

func (e *syntaxError) Error() string { return e.message }

// jsonReader reads strict JSON (RFC 8259) and keeps where everything stands. Duplicate keys do not stop
// it; they are reported to the caller.
type jsonReader struct {
	src    *source
	cursor *cursor
	pos    int // byte offset of the next character
	depth  int
	report func(e *syntaxError)
}

// readJSON reads the one value of a JSON text.
func readJSON(src *source, report func(e *syntaxError)) (*node, error) {
	r := &jsonReader{src: src, cursor: newCursor(src), report: report}
	r.space()
	n, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.pos < len(src.text) {
		return nil, r.fail("the JSON ends here, but more follows: "+r.found(), "")
	}
	return n, nil
}

func (r *jsonReader) fail(message, hint string) *syntaxError {
	return &syntaxError{at: r.cursor.offset(r.pos), code: CodeSyntax, message: message, hint: hint}
}

// found names the next character for a message.
func (r *jsonReader) found() string {
	if r.pos >= len(r.src.text) {
		return "the end of the file"
	}
	c, _ := utf8.DecodeRuneInString(r.src.text[r.pos:])
	if c == '\'' {
		return `"'"`
	}
	return strconv.QuoteRune(c)
}

func (r *jsonReader) peek() byte {
	if r.pos < len(r.src.text) {
		return r.src.text[r.pos]
	}
	return 0
}

func (r *jsonReader) space() {
	for r.pos < len(r.src.text) {
		switch r.src.text[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

func (r *jsonReader) value() (*node, error) {
	n := &node{at: r.cursor.offset(r.pos)}
	var err error
	switch c := r.peek(); {
	case c == '{' || c == '[':
		if r.depth++; r.depth > depthMax {
			e := r.fail(fmt.Sprintf("more than %d lists and objects within each other", depthMax), "")
			e.code = CodeTooLarge
			return nil, e
		}
		if c == '{' {
			err = r.object(n)
		} else {
			err = r.array(n)
		}
		r.depth--
	case c == '"':
		n.kind, n.style = document.KindString, styleDouble
		n.content = place{line: n.at.line, column: n.at.column + 1, offset: n.at.offset + 1}
		n.text, err = r.text()
	case c == '-' || c >= '0' && c <= '9':
		err = r.number(n)
	default:
		err = r.word(n)
	}
	if err != nil {
		return nil, err
	}
	n.end = r.pos
	n.weigh()
	return n, nil
}

func (r *jsonReader) object(n *node) error {
	n.kind = document.KindObject
	first := map[string]place{}
	r.pos++
	for {
		r.space()
		if r.peek() == '}' && len(n.members) == 0 {
			r.pos++
			return nil
		}
		at := r.cursor.offset(r.pos)
		if r.peek() != '"' {
			return r.fail("a key in double quotes must stand here, not "+r.found(), r.hint(len(n.members) > 0))
		}
		key, err := r.text()
		if err != nil {
			return err
		}
		r.space()
		if r.peek() != ':' {
			return r.fail(fmt.Sprintf("a colon must follow the key %s, not %s", quote(key), r.found()), "")
		}
		r.pos++
		r.space()
		value, err := r.value()
		if err != nil {
			return err
		}
		if was, ok := first[key]; ok {
			r.report(duplicateKey(key, at, was))
		} else {
			first[key] = at
			n.members = append(n.members, member{key: key, at: at, value: value})
		}
		if done, err := r.more('}', "object"); done || err != nil {
			return err
		}
	}
}

// hint says what is most likely meant by a character that JSON does not have here.
func (r *jsonReader) hint(afterComma bool) string {
	switch r.peek() {
	case '}', ']':
		if afterComma {
			return "remove the comma before it"
		}
		return ""
	case '\'':
		return "JSON has texts in double quotes only"
	case '/', '#':
		return "JSON has no comments; YAML has"
	default:
		return ""
	}
}

func (r *jsonReader) array(n *node) error {
	n.kind = document.KindArray
	r.pos++
	for {
		r.space()
		if r.peek() == ']' {
			if len(n.items) == 0 {
				r.pos++
				return nil
			}
			return r.fail("a value must follow the comma, not ']'", r.hint(true))
		}
		item, err := r.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
		if done, err := r.more(']', "list"); done || err != nil {
			return err
		}
	}
}

// more takes the comma before a next element, or the end.
func (r *jsonReader) more(end byte, what string) (done bool, err error) {
	r.space()
	switch r.peek() {
	case ',':
		r.pos++
		return false, nil
	case end:
		r.pos++
		return true, nil
	default:
		return false, r.fail(fmt.Sprintf("a comma or '%c' must follow in this %s, not %s", end, what, r.found()), "")
	}
}

func (r *jsonReader) number(n *node) error {
	start := r.pos
	digits := func() int {
		from := r.pos
		for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
			r.pos++
		}
		return r.pos - from
	}
	if r.peek() == '-' {
		r.pos++
	}
	zero := r.peek() == '0'
	if count := digits(); count == 0 {
		return r.fail("a digit must follow the minus sign, not "+r.found(), "")
	} else if zero && count > 1 {
		r.pos = start
		return r.fail("a number cannot begin with 0", "put it in quotes if it is a text")
	}
	if r.peek() == '.' {
		if r.pos++; digits() == 0 {
			return r.fail("a digit must follow the decimal point, not "+r.found(), "")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.pos++
		if c := r.peek(); c == '+' || c == '-' {
			r.pos++
		}
		if digits() == 0 {
			return r.fail("a digit must follow in the exponent, not "+r.found(), "")
		}
	}
	n.kind, n.text = document.KindNumber, r.src.text[start:r.pos]
	if _, err := document.Number(n.text); err != nil {
		r.pos = start
		return r.fail("the number "+clip(n.text)+" cannot be kept: "+err.Error(), "")
	}
	return nil
}

func (r *jsonReader) word(n *node) error {
	rest := r.src.text[r.pos:]
	for _, w := range []struct {
		text string
		node node
	}{
		{"true", node{kind: document.KindBool, truth: true}},
		{"false", node{kind: document.KindBool}},
		{"null", node{kind: document.KindNull}},
	} {
		if len(rest) >= len(w.text) && rest[:len(w.text)] == w.text {
			n.kind, n.truth = w.node.kind, w.node.truth
			r.pos += len(w.text)
			return nil
		}
	}
	return r.fail("a value must stand here, not "+r.found(), r.hint(false))
}

// text reads a string and what its escapes stand for.
func (r *jsonReader) text() (string, error) {
	start := r.pos
	r.pos++
	plain := r.pos
	var out []byte
	for {
		if r.pos >= len(r.src.text) {
			r.pos = start
			return "", r.fail("the text that begins here has no closing quote", "")
		}
		switch c := r.src.text[r.pos]; {
		case c == '"':
			part := r.src.text[plain:r.pos]
			r.pos++
			if out == nil {
				return part, nil
			}
			return string(append(out, part...)), nil
		case c == '\\':
			out = append(out, r.src.text[plain:r.pos]...)
			var err error
			if out, err = r.escape(out); err != nil {
				return "", err
			}
			plain = r.pos
		case c == '\n' || c == '\r':
			r.pos = start
			return "", r.fail("the text that begins here has no closing quote on its line", `write a line break as \n`)
		case c < 0x20:
			return "", r.fail(fmt.Sprintf("a text cannot hold the control character %q", c), fmt.Sprintf(`write \u%04x`, c))
		default:
			r.pos++
		}
	}
}

func (r *jsonReader) escape(out []byte) ([]byte, error) {
	rest := r.src.text[r.pos:]
	if len(rest) < 2 {
		return nil, r.fail("the escape is not complete", "")
	}
	const short, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range len(short) {
		if rest[1] == short[i] {
			r.pos += 2
			return append(out, means[i]), nil
		}
	}
	if rest[1] != 'u' {
		c, _ := utf8.DecodeRuneInString(rest[1:])
		return nil, r.fail(fmt.Sprintf(`there is no escape \%c`, c), `write \\ for a backslash`)
	}
	first, ok := hex4(rest)
	if !ok {
		return nil, r.fail(`four hexadecimal digits must follow \u`, "")
	}
	r.pos += 6
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(out, first), nil
	}
	second, ok := hex4(r.src.text[r.pos:])
	pair := utf16.DecodeRune(first, second)
	if !ok || pair == utf8.RuneError {
		r.pos -= 6
		return nil, r.fail("half of a surrogate pair stands alone", "")
	}
	r.pos += 6
	return utf8.AppendRune(out, pair), nil
}

// hex4 reads \uXXXX.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(v), err == nil
}
