package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// patternRun is what the x-runs of a pattern say of one run: its input, what is done to it, the order of its visits,
// where those in parentheses come in any order, and how it ends, where that is told.
type patternRun struct {
	Input   map[string]any
	Signals []string // sent once it has started
	Cancel  bool     // once it only waits
	Visits  string
	Status  string // "completed" where it is not told
	State   map[string]any
}

// TestPatterns runs every pattern, and sees that its visits begin in the order that it tells.
func TestPatterns(t *testing.T) {
	files, err := filepath.Glob("patterns/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %v: %v", files, err)
	}
	system := open(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var pattern struct {
				Name string
				Runs []patternRun `yaml:"x-runs"`
			}
			if err := yaml.Unmarshal(data, &pattern); err != nil || len(pattern.Runs) == 0 {
				t.Fatalf("runs %v: %v", pattern.Runs, err)
			}
			revision, _, err := system.Save(t.Context(), actors.Source{Data: data, File: file})
			if err != nil {
				t.Fatal(err)
			}
			if len(revision.Warnings) > 0 {
				t.Error(revision.Warnings)
			}
			for _, r := range pattern.Runs {
				r.check(t, system, pattern.Name)
			}
		})
	}
}

func (r *patternRun) check(t *testing.T, system *actors.System, workflow string) {
	t.Helper()
	view, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: workflow, Input: documentOf(t, r.Input)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range r.Signals {
		if _, err := system.Signal(t.Context(), view.Run, name, "", document.Null, ""); err != nil {
			t.Fatal(err)
		}
	}
	if r.Cancel {
		for view.Status != "waiting" {
			time.Sleep(time.Millisecond)
			if view, err = system.View(t.Context(), view.Run); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := system.Cancel(t.Context(), view.Run, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if r.Status == "" {
		r.Status = "completed"
	}
	if view, err = system.Wait(t.Context(), view.Run); err != nil || string(view.Status) != r.Status {
		t.Fatalf("%v: %s %+v", err, view.Status, view.Error)
	}
	var visits []string
	for raw, err := range system.Follow(t.Context(), view.Run, 0) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Decode(raw.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(event.NodeStarted); ok && b.Attempt == 1 {
			visits = append(visits, b.Node)
		}
		if raw.Type.Terminal() {
			break
		}
	}
	if err := ordered(visits, r.Visits); err != nil {
		t.Error(err)
	}
	if want := documentOf(t, r.State); r.State != nil && !document.Equal(view.State, want) {
		t.Errorf("the state is %s, want %s", view.State, want)
	}
}

// ordered compares visits with their order as a pattern tells it.
func ordered(visits []string, want string) error {
	rest := visits
	for group := range strings.SplitSeq(strings.ReplaceAll(want, "(", ")"), ")") {
		names := strings.Fields(group)
		if len(names) > len(rest) {
			return fmt.Errorf("the visits are %v, want %s", visits, want)
		}
		got := slices.Clone(rest[:len(names)])
		if rest = rest[len(names):]; strings.Contains(want, "("+group+")") {
			slices.Sort(got)
			slices.Sort(names)
		}
		if !slices.Equal(got, names) {
			return fmt.Errorf("the visits are %v, want %s", visits, want)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("the visits are %v, want %s", visits, want)
	}
	return nil
}

func documentOf(t *testing.T, members map[string]any) document.Value {
	t.Helper()
	text, err := yaml.MarshalWithOptions(members, yaml.JSON())
	if err != nil {
		t.Fatal(err)
	}
	if members == nil {
		return document.Object()
	}
	return document.MustParse(string(text))
}

// TestPatternsAreOnTheirPage sees that docs/patterns.md leads to every pattern, and to nothing else.
func TestPatternsAreOnTheirPage(t *testing.T) {
	page, err := os.ReadFile("../docs/patterns.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("patterns/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.Contains(string(page), "](../examples/"+filepath.ToSlash(file)+")") {
			t.Errorf("docs/patterns.md does not lead to %s", file)
		}
	}
	if n := strings.Count(string(page), "](../examples/patterns/"); n != len(files) {
		t.Errorf("docs/patterns.md leads to %d patterns, and there are %d", n, len(files))
	}
}
