package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// patternRun is what the x-runs of a pattern say of one run: its input, the order of its visits, where those in
// parentheses come in any order, and its state at the end where that is told.
type patternRun struct {
	Input  map[string]any
	Visits string
	State  map[string]any
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
	if err == nil {
		view, err = system.Wait(t.Context(), view.Run)
	}
	if err != nil || view.Status != "completed" {
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
