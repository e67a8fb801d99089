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

var update = flag.Bool("update", false, "rewrite the table of features in docs/scripts.md")

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
	var table strings.Builder
	total := 0
	for _, file := range files {
		_, chapter, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".js"), "-")
		var works, lacks []string
		for _, f := range readFeatures(t, file) {
			total++
			ok, got := f.holds(t)
			switch {
			case ok && f.reason == "":
				works = append(works, f.name)
			case ok:
				t.Errorf("%s: %s works, and is said not to: %s", file, f.name, f.reason)
			case f.reason == "":
				t.Errorf("%s: %s gives %s, want %s", file, f.name, got, f.want)
			default:
				lacks = append(lacks, f.name+": "+f.reason); t.Log(f.name, "::", got)
			}
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", chapter, strings.Join(works, "; "), strings.Join(lacks, "; "))
	}
	if total < 200 {
		t.Errorf("there are only %d features", total)
	}
}
