package tools

import (
	"context"
	"math"

	"github.com/weirflow/weir/eventstore/document"
)

var fixOutput = document.MustParse(`{
	"type": "object",
	"required": ["fixes", "fix_count", "remaining"],
	"properties": {
		"code": {"type": "string", "description": "the source after the fixes, where the input gave code"},
		"files": {
			"type": "array",
			"description": "the sources after the fixes, where the input gave files",
			"items": {"type": "object", "required": ["path", "code"]}
		},
		"fixes": {"type": "array", "items": {
			"type": "object",
			"required": ["rule", "line"],
			"properties": {
				"path": {"type": "string"},
				"rule": {"enum": ["debug_print", "trailing_space", "format"]},
				"line": {"type": "integer", "description": "in the source as it was given"}
			}
		}},
		"fix_count": {"type": "integer", "description": "of all; fixes lists the first 1000"},
		"remaining": {"type": "integer", "description": "how many fixes could still be made"}
	}
}`)

func fixTool() Tool {
	return Tool{
		Name: "code.fix",
		Description: "Makes the fixes that cannot change what a program does: removes calls of the builtins print and println whose arguments do nothing, " +
			"removes space at the ends of lines (never in raw strings), formats as gofmt does. " +
			"Returns {code or files, fixes, fix_count, remaining}. The result is compared with the given program; were it another one, nothing would be changed. " +
			"Other files of the package that are given too are asked whether they redefine a builtin. Generated files stay as they are. " + sourceDescription,
		Input: document.MustParse(`{"type": "object", "properties": {` + sourceProperties + `,
			"limit": {"type": ["integer", "null"], "minimum": 0, "description": "how many fixes to make at most, in the order of the sources; all when absent"},
			"rules": {"type": ["array", "null"], "items": {"enum": ["debug_print", "trailing_space", "format"]}, "description": "which fixes to make; all when absent"}
		}}`),
		Output: fixOutput,
		Pure:   true,
		Call:   fixSources,
	}
}

func fixSources(ctx context.Context, call Call) (document.Value, error) {
	all, err := readSources(call.Input)
	if err != nil {
		return document.Null, err
	}
	files, err := parseAll(all)
	if err != nil {
		return document.Null, err
	}
	limit := math.MaxInt
	if !field(call.Input, "limit").IsNull() {
		limit = whole(call.Input, "limit")
	}
	wanted := readWanted(field(call.Input, "rules"))
	var done []fix
	remaining := 0
	results := make([]document.Value, len(files))
	for i, p := range files {
		if err := ctx.Err(); err != nil {
			return document.Null, err
		}
		code, fixes := mend(p, limit-len(done), wanted)
		done = append(done, fixes...)
		left, err := countFixes(p, code, wanted)
		if err != nil {
			return document.Null, err
		}
		remaining += left
		results[i] = document.String(code)
	}
	result := []document.Member{
		member("fixes", fixList(done)),
		member("fix_count", document.Int(int64(len(done)))),
		member("remaining", document.Int(int64(remaining))),
	}
	if all.several {
		given := field(call.Input, "files")
		for i := range results {
			results[i] = given.At(i).With("code", results[i])
		}
		return object(append(result, member("files", document.Array(results...)))...), nil
	}
	return object(append(result, member("code", results[0]))...), nil
}

func readWanted(v document.Value) func(rule string) bool {
	if v.IsNull() {
		return func(string) bool { return true }
	}
	names := map[string]bool{}
	for _, item := range v.Items() {
		name, _ := item.AsString()
		names[name] = true
	}
	return func(rule string) bool { return names[rule] }
}

// countFixes counts what could still be mended in code, the outcome of mending p.
func countFixes(p *parsed, code string, wanted func(string) bool) (int, error) {
	after := p
	if code != p.code {
		var err error
		if after, err = parse(source{path: p.path, code: code}); err != nil {
			return 0, unreadable(p.source, err)
		}
		after.shadowed = p.shadowed
	}
	plan, n := planFixes(after), 0
	if wanted(ruleDebugPrint) {
		n += len(plan.prints)
	}
	if wanted(ruleTrailingSpace) {
		n += len(plan.spaces)
	}
	if wanted(ruleFormat) && plan.formatLine > 0 {
		n++
	}
	return n, nil
}

func fixList(done []fix) document.Value {
	items := make([]document.Value, 0, min(len(done), listedMax))
	for _, f := range done[:min(len(done), listedMax)] {
		items = append(items, placed(
			f.path,
			member("rule", document.String(f.rule)),
			member("line", document.Int(int64(f.line))),
		))
	}
	return document.Array(items...)
}
