package workflow

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// TestPlacesOfCharacters reads texts in every style, each with capital letters that occur once in the source,
// and looks where the letters are said to be: by the marks, and for a script by counting from its origin as
// the script engine does and translating with At.
func TestPlacesOfCharacters(t *testing.T) {
	for name, c := range map[string]struct {
		source   string
		contains string // a piece of the text, to see that it is read as meant
		origin   string // line:column of the script, with " block" where it is one
	}{
		"plain":              {"s: ab A cd B\n", "ab A", "1:4"},
		"plain after tab":    {"s:\tab A cd B\n", "ab A", "1:4"},
		"plain, lines":       {"s: ab A\n  B cd\n\n  C\n", "ab A B cd\nC", "1:4"},
		"single":             {"s: 'ab A ''B'' C'\n", "A 'B' C", "1:5"},
		"single, lines":      {"s: 'ab A\n\n   B'\n", "ab A\nB", "1:5"},
		"double":             {`s: "ab A B"`, "A B", "1:5"},
		"double, escapes":    {`s: "ä\tA \"B\" \u00e4C \x5a\U0001F600D \ud83d\ude00E"`, "A \"B\" äC Z😀D 😀E", "1:5"},
		"double, line break": {`s: "ab\nA\n  B ä C"`, "ab\nA\n  B ä C", "1:5"},
		"double, lines":      {"s: \"ab A  \n   B \\\n   C\n\n  D\"\n", "ab A B C\nD", "1:5"},
		"double in flow":     {"{x: y, s: \"A\", z: 'B'}\n", "A", "1:12"},
		"literal":            {"s: |\n  ab A\n    B\n\n  C\n", "ab A\n  B\n\nC\n", "2:3 block"},
		"literal, one line":  {"s: |\n  ab A\n", "ab A\n", "2:3 block"},
		"literal, comment":   {"s: |- # what\n    ab A\n    B", "ab A\nB", "2:5 block"},
		"literal, empty top": {"s: |\n\n\n  ab A\n  B\n", "\n\nab A\nB\n", "2:3 block"},
		"literal, sign":      {"s: |2\n    ab A\n  B\n", "  ab A\nB\n", "2:3 block"},
		"literal, in a list": {"x:\n- s: |\n    A\n    B\n", "A\nB\n", "3:5 block"},
		"literal, tabs":      {"s: |\n  ab\tA\n  \tB\n", "ab\tA\n\tB\n", "2:3 block"},
		"literal, crlf":      {"x: y\r\ns: |\r\n  A\r\n  B\r\n", "A\nB\n", "3:3 block"},
		"literal, spaces":    {"s: |\n  A   \n  \n  B\n", "A   \n\nB\n", "2:3 block"},
		"folded":             {"s: >\n  ab A\n  B\n\n  C\n", "ab A B\nC\n", "2:3"},
		"folded, deeper":     {"s: >\n  ab A\n    B\n  C\n", "ab A\n  B\nC\n", "2:3"},
		"anchor":             {"x: {y: &s ab A}\ns: *s\n", "ab A", "1:11"},
		"tag":                {"s: !!str ab A\n", "ab A", "1:10"},
		"tag and quotes":     {"s: !!str \"ab A\"\n", "ab A", "1:11"},
		"byte order mark":    {"\uFEFFs: ab A\n", "ab A", "1:4"},
		"json":               {`{"x": ["ä", 1], "s": "ab\n\u00e4A \"B\"\/\\C"}`, "ab\näA \"B\"/\\C", "1:23"},
		"json, lines":        {"{\n \"s\":\n  \"A \\ud83d\\ude00B\"}", "A 😀B", "3:4"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &parser{opts: Options{File: "f", Format: formatOf(name)}, def: &Definition{}}
			root := p.read([]byte(c.source))
			if len(p.list.all) > 0 {
				t.Fatal(p.list.all)
			}
			n := findText(root, "s")
			if n == nil || !strings.Contains(n.text, c.contains) {
				t.Fatalf("read %+v", n)
			}
			script := p.codeOf(n)
			origin := fmt.Sprintf("%d:%d", script.Origin.Line, script.Origin.Column)
			if script.Block {
				origin += " block"
			}
			if origin != c.origin {
				t.Errorf("the origin is %s, not %s", origin, c.origin)
			}
			marks := p.src.marks(n)
			for i, r := range n.text {
				want, ok := placeOfLetter(c.source, r)
				if !ok {
					continue
				}
				if at := placeOf(marks, n.text, i); fmt.Sprintf("%d:%d", at.line, at.column) != want {
					t.Errorf("%c is at %s, but the marks say %d:%d", r, want, at.line, at.column)
				}
				if at := script.At(counted(&script, i)); fmt.Sprintf("%d:%d", at.Line, at.Column) != want {
					t.Errorf("%c is at %s, but At says %d:%d", r, want, at.Line, at.Column)
				}
				part := p.codeWithin(n, newRuler(marks, n.text), i, len(n.text)) // as an expression within a text is
				if at := part.At(counted(&part, 0)); fmt.Sprintf("%d:%d", at.Line, at.Column) != want {
					t.Errorf("the part from %c on is at %s, but its origin says %d:%d", r, want, at.Line, at.Column)
				}
			}
		})
	}
}

// placeOfLetter returns where the letters A to D stand in a source where each occurs only once.
func placeOfLetter(source string, r rune) (string, bool) {
	if r < 'A' || r > 'E' || strings.Count(source, string(r)) != 1 {
		return "", false
	}
	lines := strings.Split(strings.TrimPrefix(source, "\uFEFF"), "\n")
	for i, line := range lines {
		if at := strings.IndexRune(line, r); at >= 0 {
			return fmt.Sprintf("%d:%d", i+1, utf8.RuneCountInString(line[:at])+1), true
		}
	}
	return "", false
}

// counted is where an engine finds a byte of a script: it counts from the frame.
func counted(s *Script, offset int) Position {
	at, block := s.Frame()
	before := s.Source[:offset]
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	if line == 0 || block {
		column += at.Column - 1
	}
	return Position{File: at.File, Line: at.Line + line, Column: column + 1}
}

func formatOf(name string) string {
	if strings.HasPrefix(name, FormatJSON) {
		return FormatJSON
	}
	return FormatYAML
}

func findText(n *node, key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
		if found := findText(m.value, key); found != nil {
			return found
		}
	}
	for _, item := range n.items {
		if found := findText(item, key); found != nil {
			return found
		}
	}
	return nil
}

// TestScalars checks what scalars are read as, above all that numbers keep every digit.
func TestScalars(t *testing.T) {
	for source, want := range map[string]string{
		"12345678901234567890123": "12345678901234567890123", "1.0000000000000000000001": "1.0000000000000000000001",
		"-0": "-0", "+7": "7", "1e400": "1e400", "1E-3": "1E-3", ".5": "0.5", "-.5": "-0.5", "1.": "1", "1.e3": "1e3",
		"0x1F": "31", "0o17": "15", "0x" + strings.Repeat("f", 20): "1208925819614629174706175",
		"0b11": `"0b11"`, "1_000": `"1_000"`, "2024-01-01": `"2024-01-01"`, "1:30": `"1:30"`, "-": "null", "1e": `"1e"`,
		"yes": `"yes"`, "on": `"on"`, "True": "true", "FALSE": "false", "~": "null", "NULL": "null", "": "null",
		`"12"`: `"12"`, `'true'`: `"true"`, "!!str 12": `"12"`, "!!str": `""`, "! 12": `"12"`, "!!int 3": "3",
		"!!float 1.50": "1.50", "!!bool true": "true", "!!null ~": "null", "!!map {a: 1}": `{"a":1}`, "!!seq [1]": "[1]",
		"[1, [], {}, {a: }]": `[1,[],{},{"a":null}]`, "{a: b, 1: c, true: d}": `{"1":"c","a":"b","true":"d"}`,
		"&a [1]": "[1]", "{a: &x 1, b: *x}": `{"a":1,"b":1}`,
		"{x: &x {a: 1, b: 2}, y: {<<: *x, b: 3}}": `{"x":{"a":1,"b":2},"y":{"a":1,"b":3}}`,
	} {
		p := &parser{def: &Definition{}}
		root := p.read([]byte("v: " + source + "\n"))
		if source == "-" {
			continue // a list within a line is refused
		}
		if len(p.list.all) > 0 {
			t.Errorf("%s: %v", source, p.list.all)
		} else if got := root.members[0].value.value().String(); got != want {
			t.Errorf("%s is %s, want %s", source, got, want)
		}
	}
}

// TestJSONReaderAgreesWithDocument holds the reader with positions against the strict one without.
func TestJSONReaderAgreesWithDocument(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, ` [1 , -0.5e+7, "a\/b\u00e9\ud83d\ude00\b\f\n\r\t", true, false, null, {"a":{"b":[]}}] `, `"x"`, `0`,
		`01`, `-`, `1.`, `.5`, `1e`, `+1`, `tru`, `nulll`, `"\x"`, `"\u12"`, "\"\t\"", `[1,]`, `{"a":1,}`,
		`{"a"}`, `{a:1}`, `[1 2]`, `{"a":1 "b":2}`, ``, ` `, `"`, `"a`, `[`, `{`, `1 2`, `NaN`, "\"\u2028\"", `{"":0}`,
	} {
		want, err := document.Parse([]byte(text))
		root, got := readJSON(newSource(text), func(*syntaxError) {})
		switch {
		case (err == nil) != (got == nil):
			t.Errorf("%q: %v, but document says %v", text, got, err)
		case err == nil && root.value().String() != want.String():
			t.Errorf("%q is %s, want %s", text, root.value(), want)
		}
	}
}
