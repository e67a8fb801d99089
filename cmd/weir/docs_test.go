package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/scripts"
)

// TestWorkflowsInTheDocsAreValid checks every workflow that the pages for users show.
func TestWorkflowsInTheDocsAreValid(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	found := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range block.FindAllSubmatch(text, -1) {
			found++
			var out strings.Builder
			if code := execute(t.Context(), []string{"check", "-"}, strings.NewReader(string(match[1])), &out, &out); code != exitOK {
				t.Errorf("%s: %s\n%s", page, out.String(), match[1])
			} else if strings.Count(out.String(), "warning") > strings.Count(out.String(), "is saved yet") { // a child run's workflow is elsewhere
				t.Errorf("%s: %s", page, out.String())
			}
		}
	}
	if found < 5 {
		t.Errorf("found only %d workflows in the pages", found)
	}
}

// TestErrorKindsAreDocumented looks for every kind that a node can fail with, and a run can end with.
func TestErrorKindsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/workflows.md")
	if err != nil {
		t.Fatal(err)
	}
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{})...)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range slices.Concat(workflow.FailureKinds(), scripts.Kinds(), registry.Kinds()) {
		if !strings.Contains(string(page), "`"+kind+"`") {
			t.Errorf("docs/workflows.md does not speak of the error kind %s", kind)
		}
	}
}

// TestLinksInTheDocsLeadSomewhere follows every relative link of the pages for users.
func TestLinksInTheDocsLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	for _, page := range append(pages, "../../README.md", "../../examples/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			target := page
			if match[1] != "" {
				target = filepath.Join(filepath.Dir(page), match[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, match[0], err)
				continue
			}
			if match[2] != "" && !hasHeading(t, target, match[2]) {
				t.Errorf("%s links to %s, which has no such heading", page, match[0])
			}
		}
	}
}

func hasHeading(t *testing.T, page, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			if strings.ReplaceAll(strings.ToLower(strings.TrimSpace(heading)), " ", "-") == anchor {
				return true
			}
		}
	}
	return false
}
