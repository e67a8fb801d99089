package scripts_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/scripts.md")

// feature is a small program with the result that ECMAScript says it has.
type feature struct {
	name, body string
	want       document.Value
	reason     string // why it does not work; "" for what does
}

// readFeatures reads a file of features: `//# name => result` begins one, `//! reason` ends one that does not work.
func readFeatures(t *testing.T, file string) (features []feature) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(text), "\n//# ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		i := strings.LastIndex(head, " => ")
		if i < 0 {
			t.Fatalf("%s: %q has no result", file, head)
		}
		body, reason, _ := strings.Cut(body, "\n//! ")
		features = append(features, feature{head[:i], body, must(head[i+len(" => "):]), strings.TrimSpace(reason)})
	}
	return features
}

// holds reports whether a feature works, and says what it gives instead.
func (f *feature) holds(t *testing.T) (bool, string) {
	t.Helper()
	s, err := scripts0.CompileBody(f.body, scripts.Origin{})
	if err != nil {
		return false, err.Error()
	}
	r, err := s.Run(t.Context(), scripts.Scope{State: document.Object(), Ctx: visit})
	if err != nil {
		return false, err.Error()
	}
	return document.Equal(r.Returned, f.want), r.Returned.String()
}

// TestFeatures holds goja, as it is mended here, against ECMAScript, and the table of docs/scripts.md against both.
func TestFeatures(t *testing.T) {
	files, err := filepath.Glob("testdata/features/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no features", err)
	}
	works, lacks, total := "", "", 0
	for _, file := range files {
		_, chapter, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".js"), "-")
		var names []string
		for _, f := range readFeatures(t, file) {
			total++
			ok, got := f.holds(t)
			switch {
			case ok && f.reason == "":
				names = append(names, f.name)
			case ok:
				t.Errorf("%s: %s works, and is said not to: %s", file, f.name, f.reason)
			case f.reason == "":
				t.Errorf("%s: %s gives %s, want %s", file, f.name, got, f.want)
			default:
				lacks += fmt.Sprintf("| %s | %s |\n", cell(f.name), cell(f.reason))
			}
		}
		works += fmt.Sprintf("| %s | %s |\n", chapter, cell(strings.Join(names, "; ")))
	}
	if total < 200 {
		t.Errorf("there are only %d features", total)
	}
	if !t.Failed() {
		checkTables(t, "features", "| of | works |\n| --- | --- |\n"+works, "| does not work | why, or what to write instead |\n| --- | --- |\n"+lacks)
	}
}

// cell writes a text as a cell of a table in Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;", "__", `\_\_`).Replace(text)
}

// checkTables compares what stands between two markers of docs/scripts.md with the tables, or rewrites it.
func checkTables(t *testing.T, marker string, tables ...string) {
	t.Helper()
	const file = "../docs/scripts.md"
	begin, end := "<!-- "+marker+" -->\n", "<!-- end of "+marker+" -->\n"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	was, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks its markers", file)
	}
	now := "\n" + strings.Join(tables, "\n") + "\n"
	if was == now {
		return
	}
	if !*update {
		t.Fatalf("the tables of %s are old: rewrite them with -update", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+now+end+after), 0o644); err != nil { //nolint:gosec // a page for everybody
		t.Fatal(err)
	}
}
