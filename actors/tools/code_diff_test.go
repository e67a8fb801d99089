package tools_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

var hunkHeader = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// lineList splits a text into lines that keep their ends; the last may have none.
func lineList(text string) []string { return slices.Collect(strings.Lines(text)) }

// applyPatch applies the diff of one file strictly: every header, context line and count must be right.
func applyPatch(text, patch string) (string, error) {
	old := lineList(text)
	lines := strings.SplitAfter(patch, "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "--- ") || !strings.HasPrefix(lines[1], "+++ ") {
		return "", fmt.Errorf("no header in %q", patch)
	}
	var out strings.Builder
	at, written := 0, 0
	for i := 2; i < len(lines) && lines[i] != ""; {
		m := hunkHeader.FindStringSubmatch(lines[i])
		if m == nil {
			return "", fmt.Errorf("line %d is not a hunk: %q", i+1, lines[i])
		}
		number := func(text string) int {
			if text == "" {
				return 1
			}
			n, _ := strconv.Atoi(text)
			return n
		}
		oldStart, oldCount, newStart, newCount := number(m[1]), number(m[2]), number(m[3]), number(m[4])
		if oldCount > 0 {
			oldStart--
		}
		if newCount > 0 {
			newStart--
		}
		for ; at < oldStart; at++ {
			out.WriteString(old[at])
			written++
		}
		if written != newStart {
			return "", fmt.Errorf("hunk %s begins at line %d of the result", m[0], written+1)
		}
		leading, trailing, changed := 0, 0, false
		for i++; i < len(lines) && lines[i] != "" && lines[i][0] != '@'; i++ {
			content := lines[i][1:]
			if i+1 < len(lines) && strings.HasPrefix(lines[i+1], `\ No newline`) {
				content = strings.TrimSuffix(content, "\n")
			}
			switch lines[i][0] {
			case ' ', '-':
				if at >= len(old) || old[at] != content {
					return "", fmt.Errorf("line %d of the diff does not fit", i+1)
				}
				at++
				oldCount--
			case '\\':
				continue
			}
			if lines[i][0] != '-' {
				out.WriteString(content)
				written++
				newCount--
			}
			switch {
			case lines[i][0] != ' ':
				changed, trailing = true, 0
			case changed:
				trailing++
			default:
				leading++
			}
		}
		if oldCount != 0 || newCount != 0 {
			return "", fmt.Errorf("hunk %s has other counts than it says", m[0])
		}
		if leading > 3 || trailing > 3 || !changed {
			return "", fmt.Errorf("hunk %s has %d and %d lines of context", m[0], leading, trailing)
		}
	}
	for ; at < len(old); at++ {
		out.WriteString(old[at])
	}
	return out.String(), nil
}

// checker is what *testing.T and *rapid.T share.
type checker interface {
	Fatal(args ...any)
	Context() context.Context
}

func diffOf(t checker, tool tools.Tool, before, after string) document.Value {
	input := document.Object(
		document.Member{Key: "before", Value: document.String(before)},
		document.Member{Key: "after", Value: document.String(after)},
		document.Member{Key: "path", Value: document.String("dir/a.go")},
	)
	result, err := tool.Invoke(t.Context(), tools.Call{Input: input})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestDiffText(t *testing.T) {
	lines := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "line %d\n", i)
		}
		return b.String()
	}
	got := diffOf(t, builtin(t, "code.diff"), lines(1, 20), lines(1, 3)+"new\n"+lines(4, 14)+lines(16, 19)+"line 20")
	want := `--- a/dir/a.go
+++ b/dir/a.go
@@ -1,6 +1,7 @@
 line 1
 line 2
 line 3
+new
 line 4
 line 5
 line 6
@@ -12,9 +13,8 @@
 line 12
 line 13
 line 14
-line 15
 line 16
 line 17
 line 18
 line 19
-line 20
+line 20
\ No newline at end of file
`
	text, _ := got.Get("diff")
	if s, _ := text.AsString(); s != want {
		t.Errorf("got\n%s", s)
	}
	if get(t, got, "/lines_added")+get(t, got, "/lines_removed")+get(t, got, "/files_changed") != "221" {
		t.Errorf("got %s", got.Without("diff"))
	}
}

func TestDiffApplies(t *testing.T) {
	diff := builtin(t, "code.diff")
	word := rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "\n", "-- x\n", "++ y\n", "@@ -1 +1 @@\n", "\\ z\n", "w\r\n", "unique "})
	rapid.Check(t, func(t *rapid.T) {
		old := rapid.SliceOfN(word, 0, 30).Draw(t, "before")
		var changed []string
		for _, line := range old {
			switch rapid.IntRange(0, 9).Draw(t, "change") {
			case 0:
			case 1:
				changed = append(changed, line, word.Draw(t, "inserted"))
			case 2:
				changed = append(changed, word.Draw(t, "replacement"))
			default:
				changed = append(changed, line)
			}
		}
		before, after := strings.Join(old, ""), strings.Join(changed, "")
		result := diffOf(t, diff, before, after)
		text, _ := result.Get("diff")
		patch, _ := text.AsString()
		if before == after {
			if patch != "" {
				t.Fatal("there is a diff where nothing differs")
			}
			return
		}
		got, err := applyPatch(before, patch)
		if err != nil {
			t.Fatalf("%v\n%s", err, patch)
		}
		if got != after {
			t.Fatalf("the patch gives %q, want %q\n%s", got, after, patch)
		}
		var added, removed int64
		for i, line := range strings.SplitAfter(patch, "\n") {
			if i > 1 && strings.HasPrefix(line, "+") {
				added++
			}
			if i > 1 && strings.HasPrefix(line, "-") {
				removed++
			}
		}
		a, _ := result.Get("lines_added")
		r, _ := result.Get("lines_removed")
		if !document.Equal(a, document.Int(added)) || !document.Equal(r, document.Int(removed)) {
			t.Fatalf("counted %s and %s\n%s", a, r, patch)
		}
	})
}

func TestDiffOfFiles(t *testing.T) {
	got := mustInvoke(t, "code.diff", map[string]any{
		"before": []any{
			map[string]any{"path": "same.go", "code": "x\n"},
			map[string]any{"path": "changed.go", "code": "x\n"},
			map[string]any{"path": "gone \"1\".go", "code": "x\n"},
		},
		"after": []any{
			map[string]any{"path": "new.go", "code": "y\n"},
			map[string]any{"path": "changed.go", "code": "y\n"},
			map[string]any{"path": "same.go", "code": "x\n"},
		},
	})
	want := "--- a/changed.go\n+++ b/changed.go\n@@ -1,1 +1,1 @@\n-x\n+y\n" +
		"--- \"a/gone \\\"1\\\".go\"\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n" +
		"--- /dev/null\n+++ b/new.go\n@@ -0,0 +1,1 @@\n+y\n"
	text, _ := got.Get("diff")
	if s, _ := text.AsString(); s != want {
		t.Errorf("got\n%s", s)
	}
	if get(t, got, "/files_changed") != "3" {
		t.Errorf("got %s", got)
	}
}

func TestDiffRefuses(t *testing.T) {
	file := map[string]any{"path": "a", "code": ""}
	for want, input := range map[string]map[string]any{
		"`after` is missing; `before` is missing":              {},
		"give before and after both as texts or both as lists": {"before": "", "after": []any{}},
		`/before/1/path: "a" is there twice`:                   {"before": []any{file, file}, "after": []any{}},
		`/after/1/path: "a" is there twice`:                    {"before": []any{}, "after": []any{file, file}},
		"/before: must be a text, or a list, not null":         {"before": nil, "after": ""},
		"/after/0: `code` is missing":                          {"before": []any{}, "after": []any{map[string]any{"path": "a"}}},
	} {
		_, err := invoke(t, "code.diff", input)
		if message := failed(t, err, tools.KindInput); !strings.Contains(message, want) {
			t.Errorf("message %q lacks %q", message, want)
		}
	}
}
