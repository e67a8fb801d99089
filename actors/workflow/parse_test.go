package workflow

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestParseDialogue reads testdata/parse/*.txt: a line "=== title", a source, a line of dashes, and the
// problems of the source, each with its code and path. A title that begins with json is about JSON, one that
// begins with stored about a source that has been saved before, and the one that is "script files" has files
// that no script_file names.
func TestParseDialogue(t *testing.T) {
	for _, file := range parseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			var got strings.Builder
			for _, c := range parseCases(t, file) {
				_, problems := Parse([]byte(c.source), c.options())
				fmt.Fprintf(&got, "=== %s\n%s----\n%s\n", c.title, c.source, transcript(problems))
			}
			golden(t, file, strings.TrimSuffix(got.String(), "\n"))
		})
	}
}

func transcript(problems Problems) string {
	if len(problems) == 0 {
		return "ok\n"
	}
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s\n    %s", p, p.Code)
		if p.Path != "" {
			fmt.Fprintf(&b, " at %s", p.Path)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// golden compares a text with a file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", file, diff)
	}
}

func parseFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/parse/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues found", err)
	}
	return files
}

type parseCase struct{ title, source string }

func (c parseCase) options() Options {
	o := Options{File: "flow.yaml", Checker: newTestChecker(), Files: map[string]string{}}
	for name, text := range map[string]string{
		"style.js": "state.styled = true", "broken.js": "let a = 1\nreturn a +", "style.tsx": "", "blank.js": "\n",
	} {
		if c.title == "script files" || strings.Contains(c.source, name) {
			o.Files[name] = text
		}
	}
	if strings.HasPrefix(c.title, "json") {
		o.File = "flow.json"
	}
	if _, name, ok := strings.Cut(c.title, "saved as "); ok {
		o.Name = name
	}
	o.Saved = strings.HasPrefix(c.title, "stored")
	return o
}

func parseCases(t testing.TB, file string) []parseCase {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []parseCase
	for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		source, _, ok := strings.Cut("\n"+rest, "\n----\n")
		if !ok {
			source = strings.TrimRight("\n"+rest, "\n")
		}
		cases = append(cases, parseCase{title, strings.TrimPrefix(source, "\n") + "\n"})
	}
	return cases
}

// testChecker has the real tools and the real script engine.
type testChecker struct {
	tools  *tools.Registry
	engine *scripts.Engine
}

func newTestChecker() testChecker {
	registry, err := tools.NewRegistry(append(tools.Builtin(tools.Options{}), tools.Tool{
		Name: "order.place", Input: document.MustParse(orderSchema), Kinds: []string{"my.kind"},
		Call: func(context.Context, tools.Call) (document.Value, error) { return document.Null, nil },
	})...)
	if err != nil {
		panic(err)
	}
	return testChecker{registry, scripts.New(scripts.Limits{})}
}

// orderSchema uses what the schemas of the built-in tools do not.
const orderSchema = `{
	"type": "object", "required": ["customer", "lines"], "additionalProperties": false,
	"properties": {
		"customer": {"$ref": "#/$defs/customer"},
		"lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
		"currency": {"enum": ["EUR", "USD", "GBP"]},
		"ship": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}}}]},
		"pay": {"oneOf": [{"required": ["card"]}, {"required": ["iban"]}]},
		"discount": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
		"note": {"type": "string", "minLength": 1, "maxLength": 20},
		"gift": {"type": "boolean"}, "tags": {"type": "array", "uniqueItems": true, "items": {"const": "new"}},
		"quick": {"if": {"const": true}, "then": false}
	},
	"$defs": {
		"customer": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {"id": {"type": "integer", "minimum": 1}, "name": {"type": "string"}}},
		"line": {"type": "object", "required": ["sku", "count"], "properties": {"sku": {"type": "string", "pattern": "^[A-Z]+$"}, "count": {"type": "integer"}}}
	}
}`

func (c testChecker) Tool(name string) (known bool, near string) {
	if _, ok := c.tools.Lookup(name); ok {
		return true, ""
	}
	return false, c.tools.Near(name)
}

// Workflow knows one workflow.
func (testChecker) Workflow(name string) (known bool, others []string) {
	return name == "resize", []string{"resize"}
}

func (testChecker) Isolation() error  { return nil }
func (c testChecker) Kinds() []string { return append(scripts.Kinds(), c.tools.Kinds()...) }

func (c testChecker) Misfits(tool string, arguments document.Value, unknown [][]string) []Misfit {
	t, _ := c.tools.Lookup(tool)
	var misfits []Misfit
	for _, m := range t.Misfits(arguments, unknown) {
		misfits = append(misfits, Misfit(m))
	}
	return misfits
}

func (testChecker) Schema(schema document.Value) []Misfit {
	_, found := tools.CompileSchema(schema)
	misfits := make([]Misfit, len(found))
	for i, m := range found {
		misfits[i] = Misfit(m)
	}
	return misfits
}

func (c testChecker) Body(s *Script, files map[string]string) (*ScriptBundle, error) {
	script, err := c.engine.Compile(scripts.Code{
		Source: s.Source, Origin: scriptOrigin(s), Item: s.Item, Folder: scripts.Files(files), Bundle: (*scripts.Bundle)(s.Bundle),
	})
	if err != nil {
		return nil, scriptFailure(s, err)
	}
	return (*ScriptBundle)(script.Bundle()), nil
}

func (c testChecker) Expression(e *Expression) error {
	_, err := c.engine.CompileItemExpression(e.Source, scriptOrigin(e), e.Item)
	return scriptFailure(e, err)
}

func (c testChecker) Remarks(s *Script, expression bool, files map[string]string) []Remark {
	var found []scripts.Warning
	if expression {
		if x, err := c.engine.CompileItemExpression(s.Source, scriptOrigin(s), s.Item); err == nil {
			found = x.Warnings()
		}
	} else if x, err := c.engine.Compile(scripts.Code{Source: s.Source, Origin: scriptOrigin(s), Item: s.Item, Bundle: (*scripts.Bundle)(s.Bundle)}); err == nil {
		found = x.Warnings(scripts.Files(files))
	}
	var remarks []Remark
	for _, w := range found {
		at := s.At(Position{File: w.File, Line: w.Line, Column: w.Column})
		remarks = append(remarks, Remark{Code: w.Code, Message: w.Message, Hint: w.Hint, Name: w.Name, Known: w.Known, Position: at})
	}
	return remarks
}

func scriptOrigin(s *Script) scripts.Origin {
	from, block := s.Frame()
	return scripts.Origin{File: from.File, Line: from.Line, Column: from.Column, Block: block}
}

func scriptFailure(s *Script, err error) error {
	var e *scripts.Error
	if !errors.As(err, &e) {
		return err
	}
	at := s.At(Position{File: e.File, Line: e.Line, Column: e.Column})
	return &Failure{Kind: e.Kind, Message: e.Message, Position: &at}
}
