package workflow

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/document"
)

// TestYAMLReadsWhatWasWritten writes random values in random styles of YAML and reads them again.
func TestYAMLReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := yamlWriter{t: t}
		value := w.object(3)
		w.block(value, 0)
		p := &parser{opts: Options{Format: FormatYAML}, def: &Definition{}}
		root := p.read([]byte(w.b.String()))
		if len(p.list.all) > 0 {
			t.Fatalf("%v\n%s", p.list.all, w.b.String())
		}
		if got := root.value(); !document.Equal(got, value) {
			t.Fatalf("wrote %s\nread  %s\n%s", value, got, w.b.String())
		}
	})
}

// yamlWriter makes up values and writes them.
type yamlWriter struct {
	t *rapid.T
	b strings.Builder
}

func (w *yamlWriter) chance(label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(w.t, label) < percent
}

var scraps = []string{
	"a", "b c", "x: y", "#", " # no", "'", `"`, "\n", "\n\n", "  ", "{", "}", "[", "]", ",", "- ", "-", ":", "${state.x}", "&a", "*b", "!t", "|", ">", "%", "@", "`", "ä", "😀",
	"true", "null", "12", "0x1", "~", "---", "...", "\\", "\\n", "return {a: 1}", "\t", "?", "<<", "=", "http://x.y/z?a=b#c",
}

func (w *yamlWriter) text() string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(scraps), 0, 5).Draw(w.t, "text"), "")
}

func (w *yamlWriter) value(depth int) document.Value {
	switch n := rapid.IntRange(0, 9).Draw(w.t, "kind"); {
	case n == 0:
		return document.Null
	case n == 1:
		return document.Bool(w.chance("truth", 50))
	case n == 2:
		return document.MustParse(rapid.SampledFrom([]string{"0", "-1", "12345678901234567890123", "1.50", "1e400", "-0.25E-7"}).Draw(w.t, "number"))
	case n <= 5 || depth == 0:
		return document.String(w.text())
	case n <= 7:
		return w.object(depth - 1)
	default:
		items := make([]document.Value, rapid.IntRange(0, 3).Draw(w.t, "items"))
		for i := range items {
			items[i] = w.value(depth - 1)
		}
		return document.Array(items...)
	}
}

func (w *yamlWriter) object(depth int) document.Value {
	var members []document.Member
	for i := range rapid.IntRange(1, 4).Draw(w.t, "members") {
		key := fmt.Sprintf("k%d", i)
		if w.chance("odd key", 20) {
			key += strings.ReplaceAll(w.text(), "\n", "")
		}
		members = append(members, document.Member{Key: key, Value: w.value(depth)})
	}
	return document.Object(members...)
}

// block writes the members or items of a collection on lines of their own.
func (w *yamlWriter) block(v document.Value, indent int) {
	pad := strings.Repeat(" ", indent)
	step := rapid.IntRange(1, 4).Draw(w.t, "indent")
	for key, child := range v.Members() {
		w.noise(pad)
		w.b.WriteString(pad + w.line(document.String(key)) + ":")
		w.child(child, indent+step)
	}
	for _, child := range v.Items() {
		w.noise(pad)
		w.b.WriteString(pad + "-")
		if child.Kind() == document.KindObject && child.Len() > 0 && w.chance("compact", 50) {
			w.compact(child, indent+1+step)
		} else {
			w.child(child, indent+step)
		}
	}
}

// compact writes an object whose first key stands on the line of its list's dash.
func (w *yamlWriter) compact(v document.Value, indent int) {
	inner := yamlWriter{t: w.t}
	inner.block(v, indent)
	text := inner.b.String()
	at := w.b.Len() - strings.LastIndex(w.b.String(), "\n") - 1 // columns already on this line
	if first := strings.TrimLeft(text, " "); len(text)-len(first) == indent && first[0] != '#' {
		text = strings.Repeat(" ", indent-at) + first
	} else {
		text = "\n" + text
	}
	w.b.WriteString(text)
}

// noise writes a line that means nothing.
func (w *yamlWriter) noise(pad string) {
	if !w.chance("noise", 15) {
		return
	}
	lines := []string{"# a: comment\n", pad + "# 'another\n", "\n"}
	if strings.HasSuffix(w.b.String(), "\n\n") {
		lines = lines[:2] // the empty line could belong to a literal
	}
	w.b.WriteString(rapid.SampledFrom(lines).Draw(w.t, "noise"))
}

func (w *yamlWriter) child(v document.Value, indent int) {
	collection := v.Kind() == document.KindObject || v.Kind() == document.KindArray
	if collection && v.Len() > 0 && w.chance("block", 70) {
		w.b.WriteString("\n")
		w.block(v, indent)
		return
	}
	if s, ok := v.AsString(); ok && literalText.MatchString(s) && w.chance("literal", 60) {
		w.literal(s, indent)
		return
	}
	w.b.WriteString(" " + w.flow(v))
	if w.chance("comment", 15) {
		w.b.WriteString(" # it's a comment: {")
	}
	w.b.WriteString("\n")
}

// literalText is what a literal block without an indentation sign can hold.
var literalText = regexp.MustCompile(`^\S(.|\n)*\S\n*$`)

func (w *yamlWriter) literal(s string, indent int) {
	body := strings.TrimRight(s, "\n")
	sign := []string{"|-", "|", "|+"}[min(len(s)-len(body), 2)]
	w.b.WriteString(" " + sign + "\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		if line != "" {
			line = strings.Repeat(" ", indent) + line
		}
		w.b.WriteString(line + "\n")
	}
}

func (w *yamlWriter) flow(v document.Value) string {
	var parts []string
	switch v.Kind() {
	case document.KindObject:
		for key, child := range v.Members() {
			parts = append(parts, w.line(document.String(key))+": "+w.flow(child))
		}
		return "{" + strings.Join(parts, w.comma()) + "}"
	case document.KindArray:
		for _, child := range v.Items() {
			parts = append(parts, w.flow(child))
		}
		return "[" + strings.Join(parts, w.comma()) + "]"
	default:
		return w.line(v)
	}
}

func (w *yamlWriter) comma() string {
	return rapid.SampledFrom([]string{", ", ",", " , "}).Draw(w.t, "comma")
}

var plainText = regexp.MustCompile(`^[a-z$][A-Za-z0-9_.$() ]*[a-z0-9)]$`)

// line writes a scalar on one line.
func (w *yamlWriter) line(v document.Value) string {
	s, ok := v.AsString()
	switch {
	case v.IsNull():
		return rapid.SampledFrom([]string{"null", "~"}).Draw(w.t, "null")
	case !ok:
		return v.String()
	case plainText.MatchString(s) && s != "true" && s != "null" && w.chance("plain", 60):
		return s
	case !strings.Contains(s, "\n") && w.chance("single", 50):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	default:
		return v.String()
	}
}
