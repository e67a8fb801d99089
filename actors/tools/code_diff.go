package tools

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/weirflow/weir/eventstore/document"
)

const diffFiles = `{"type": "array", "items": {
	"type": "object",
	"required": ["path", "code"],
	"properties": {"path": {"type": "string"}, "code": {"type": "string"}}
}}`

func diffTool() Tool {
	return Tool{
		Name: "code.diff",
		Description: "Writes the unified diff between texts, with three lines of context, as patch and git apply read it: " +
			"{before, after, path} for two texts, or {before: [{path, code}, …], after: [{path, code}, …]} for several, which meet by path; " +
			"one that is missing on a side is a new or a deleted file. Any language. Pure.",
		Input: document.MustParse(`{
			"type": "object",
			"required": ["before", "after"],
			"properties": {
				"path": {"type": ["string", "null"], "description": "the name of two texts in the diff"},
				"before": {"$ref": "#/$defs/side"},
				"after": {"$ref": "#/$defs/side"}
			},
			"$defs": {"side": {"anyOf": [{"type": "string"}, ` + diffFiles + `]}}
		}`),
		Output: document.MustParse(`{
			"type": "object",
			"required": ["diff", "files_changed", "lines_added", "lines_removed"],
			"properties": {
				"diff": {"type": "string", "description": "empty where nothing differs"},
				"files_changed": {"type": "integer"}, "lines_added": {"type": "integer"}, "lines_removed": {"type": "integer"}
			}
		}`),
		Pure: true,
		Call: diffTexts,
	}
}

// version is one side of a file; nil stands for a file that does not exist.
type version struct {
	path string
	code *string
}

func diffTexts(ctx context.Context, call Call) (document.Value, error) {
	pairs, err := readPairs(call.Input)
	if err != nil {
		return document.Null, err
	}
	var out strings.Builder
	files, added, removed := 0, 0, 0
	for _, pair := range pairs {
		if err := ctx.Err(); err != nil {
			return document.Null, err
		}
		text := unified(pair[0], pair[1])
		if text == "" {
			continue
		}
		files++
		a, r := countChanges(text)
		added, removed = added+a, removed+r
		out.WriteString(text)
	}
	return object(
		member("diff", document.String(out.String())),
		member("files_changed", document.Int(int64(files))),
		member("lines_added", document.Int(int64(added))),
		member("lines_removed", document.Int(int64(removed))),
	), nil
}

// readPairs brings together what is to be compared: files in the order of before, then new ones.
func readPairs(input document.Value) ([][2]version, error) {
	before, after := field(input, "before"), field(input, "after")
	if before.Kind() != after.Kind() {
		return nil, badSource("give before and after both as texts or both as lists of {path, code}; before is %s, after %s", before.Kind(), after.Kind())
	}
	if old, ok := before.AsString(); ok {
		name := text(input, "path")
		if name == "" {
			name = "code"
		}
		changed, _ := after.AsString()
		return [][2]version{{{name, &old}, {name, &changed}}}, nil
	}
	var pairs [][2]version
	index := map[string]int{}
	for i, file := range before.Items() {
		name, code := text(file, "path"), text(file, "code")
		if _, twice := index[name]; twice {
			return nil, badSource("/before/%d/path: %q is there twice", i, name)
		}
		index[name] = len(pairs)
		pairs = append(pairs, [2]version{{name, &code}, {name, nil}})
	}
	seen := map[string]bool{}
	for i, file := range after.Items() {
		name, code := text(file, "path"), text(file, "code")
		if seen[name] {
			return nil, badSource("/after/%d/path: %q is there twice", i, name)
		}
		seen[name] = true
		if at, ok := index[name]; ok {
			pairs[at][1].code = &code
		} else {
			pairs = append(pairs, [2]version{{name, nil}, {name, &code}})
		}
	}
	return pairs, nil
}

// unified is the diff of one file, empty where nothing differs.
func unified(before, after version) string {
	content := func(v version) []byte {
		if v.code == nil {
			return nil
		}
		return []byte(*v.code)
	}
	text := diff.Diff(label("a/", before), content(before), label("b/", after), content(after))
	// The first line, "diff a b", belongs to the library's own dialect.
	_, text, _ = bytes.Cut(text, []byte("\n"))
	return string(text)
}

// label names a side in the header; a name with control characters or quotes is quoted, as git does.
func label(prefix string, v version) string {
	if v.code == nil {
		return "/dev/null"
	}
	name := prefix + v.path
	if strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, `"\`) {
		return strconv.Quote(name)
	}
	return name
}

// countChanges counts the added and removed lines of one file's diff, below its two header lines.
func countChanges(text string) (added, removed int) {
	lines := strings.SplitAfterN(text, "\n", 3)
	for line := range strings.Lines(lines[len(lines)-1]) {
		switch line[0] {
		case '+':
			added++
		case '-':
			removed++
		}
	}
	return added, removed
}
