package workflow

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// FuzzParse reads anything as YAML and as JSON. Nothing may panic, every problem has a place within the
// source and a message that says something, a definition is returned exactly if there is no error, and what
// is returned can be analysed, drawn and evaluated.
func FuzzParse(f *testing.F) {
	for _, file := range parseFiles(f) {
		for _, c := range parseCases(f, file) {
			f.Add([]byte(c.source), strings.HasPrefix(c.title, "json"))
		}
	}
	f.Add([]byte("a: &a [*a, *b]\n<<: *a\n? - x\n: |2-\n   x\n"), false)
	f.Add([]byte("%YAML 1.2\n--- !t &x\n- 'a\n\n  b'\n..."), false)
	f.Fuzz(func(t *testing.T, source []byte, asJSON bool) {
		o := Options{File: "f.yaml", Format: FormatYAML, Files: map[string]string{"style.js": "x"}}
		if asJSON {
			o.Format = FormatJSON
		}
		d, problems := Parse(source, o)
		if (d == nil) != problems.HasErrors() {
			t.Fatalf("definition %v with %v", d, problems)
		}
		lines := strings.Split(normalise(string(source)), "\n")
		for i, p := range problems {
			if p.Message == "" || p.Code == "" || !utf8.ValidString(p.String()) {
				t.Errorf("%+v", p)
			}
			if p.Line == 0 && (p.Code == CodeTooLarge || p.File == "style.js") {
				continue
			}
			if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+2 {
				t.Errorf("%s is outside of the source", p)
			}
			if i > 0 && problems[i-1].Line > p.Line && problems[i-1].File == p.File {
				t.Errorf("%s comes after line %d", p, problems[i-1].Line)
			}
		}
		if d == nil {
			return
		}
		if d.Mermaid() == "" || d.DOT() == "" {
			t.Error("no diagram")
		}
		ev := evaluatorFunc(func(x *Expression) { x.At(x.Origin) })
		for i := range d.Nodes {
			n := &d.Nodes[i]
			if at, ok := d.Node(n.Name); !ok || at != n {
				t.Errorf("%s is not found", n.Name)
			}
			for _, template := range []*Template{n.With, n.Set} {
				if template == nil {
					continue
				}
				if _, err := template.Eval(ev, Scope{State: document.Null}); err != nil {
					t.Error(err)
				}
			}
			for k := range n.Edges {
				d.isLoop(loopRef{node: i, edge: k})
				d.loopsEntered(i, 0)
			}
		}
	})
}

// FuzzJSONReader holds the reader with positions against the one without.
func FuzzJSONReader(f *testing.F) {
	f.Add(`{"a":[1,-0.5e+7,"\u00e9\ud83d\ude00",true,null,{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		duplicate := false
		root, err := readJSON(newSource(text), func(*syntaxError) { duplicate = true })
		want, wantErr := document.Parse([]byte(text))
		if err != nil {
			return // stricter: about depth, and half a surrogate pair
		}
		if duplicate != (wantErr != nil) {
			t.Fatalf("%q: duplicate %v, but document says %v", text, duplicate, wantErr)
		}
		if !duplicate && root.value().String() != want.String() {
			t.Fatalf("%q is %s, want %s", text, root.value(), want)
		}
	})
}

// FuzzClosingBrace finds an end only where there is a brace.
func FuzzClosingBrace(f *testing.F) {
	f.Add("`${'}'}` + /[}]/ // }\n}")
	f.Fuzz(func(t *testing.T, text string) {
		if i := closingBrace(text, 0); i >= len(text) || i >= 0 && text[i] != '}' {
			t.Fatalf("%q: %d", text, i)
		}
		spans(text)
	})
}
