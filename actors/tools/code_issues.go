package tools

import (
	"context"
	"errors"
	"fmt"
	"go/scanner"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// listedMax bounds how many issues or fixes one result lists; counts go on.
const listedMax = 1000

var issuesOutput = document.MustParse(`{
	"type": "object",
	"required": ["issues", "issue_count", "fixable_count", "severities"],
	"properties": {
		"issues": {"type": "array", "items": {
			"type": "object",
			"required": ["rule", "severity", "line", "column", "message", "fixable"],
			"properties": {
				"path": {"type": "string"},
				"rule": {"type": "string"},
				"severity": {"enum": ["error", "warning", "info"]},
				"line": {"type": "integer"},
				"column": {"type": "integer", "description": "from 1, in bytes"},
				"message": {"type": "string"},
				"fixable": {"type": "boolean", "description": "code.fix would mend it"}
			}
		}},
		"issue_count": {"type": "integer", "description": "of all; issues lists the first 1000"},
		"fixable_count": {"type": "integer"},
		"severities": {
			"type": "object",
			"required": ["error", "warning", "info"],
			"properties": {"error": {"type": "integer"}, "warning": {"type": "integer"}, "info": {"type": "integer"}}
		}
	}
}`)

func issuesTool() Tool {
	names := make([]string, len(rules))
	var about strings.Builder
	for i, r := range rules {
		names[i] = fmt.Sprintf("%q", r.name)
		fmt.Fprintf(&about, "\n- %s (%s): %s", r.name, r.severity, r.about)
	}
	return Tool{
		Name: "code.issues",
		Description: "Lists issues of source code with rule, severity, line, column and message. " + sourceDescription +
			"\nSource that cannot be read is an issue, not an error. Generated files have none. Rules:" + about.String(),
		Input: document.MustParse(`{"type": "object", "properties": {` + sourceProperties + `,
			"ignore": {"type": ["array", "null"], "items": {"enum": [` + strings.Join(names, ", ") + `]}, "description": "rules to leave out"},
			"limits": {
				"type": ["object", "null"],
				"additionalProperties": false,
				"description": "what functions may have before a rule speaks up",
				"properties": {
					"lines": {"type": "integer", "minimum": 1},
					"complexity": {"type": "integer", "minimum": 1},
					"parameters": {"type": "integer", "minimum": 0},
					"nesting": {"type": "integer", "minimum": 0}
				}
			}
		}}`),
		Output: issuesOutput,
		Pure:   true,
		Call:   findIssues,
	}
}

func findIssues(ctx context.Context, call Call) (document.Value, error) {
	all, err := readSources(call.Input)
	if err != nil {
		return document.Null, err
	}
	found, err := reviewAll(ctx, all, readLimits(field(call.Input, "limits")))
	if err != nil {
		return document.Null, err
	}
	ignored := map[string]bool{}
	for _, name := range field(call.Input, "ignore").Items() {
		text, _ := name.AsString()
		ignored[text] = true
	}
	items, total, fixable := []document.Value{}, 0, 0
	bySeverity := map[string]int{}
	for _, f := range found {
		if ignored[f.rule] {
			continue
		}
		total++
		bySeverity[f.severity]++
		if f.fixable {
			fixable++
		}
		if len(items) < listedMax {
			items = append(items, placed(
				f.path,
				member("rule", document.String(f.rule)),
				member("severity", document.String(f.severity)),
				member("line", document.Int(int64(f.line))),
				member("column", document.Int(int64(f.column))),
				member("message", document.String(f.message)),
				member("fixable", document.Bool(f.fixable)),
			))
		}
	}
	var severities []document.Member
	for _, severity := range []string{severityError, severityWarning, severityInfo} {
		severities = append(severities, member(severity, document.Int(int64(bySeverity[severity]))))
	}
	return object(
		member("issues", document.Array(items...)),
		member("issue_count", document.Int(int64(total))),
		member("fixable_count", document.Int(int64(fixable))),
		member("severities", object(severities...)),
	), nil
}

// reviewAll finds the issues of all sources, in the order of the sources.
func reviewAll(ctx context.Context, all sources, l limits) ([]finding, error) {
	readable := make([]*parsed, 0, len(all.list))
	perSource := make([][]finding, len(all.list))
	index := map[*parsed]int{}
	for i, s := range all.list {
		p, err := parse(s)
		if err != nil {
			perSource[i] = syntaxFindings(s, err)
			continue
		}
		readable = append(readable, p)
		index[p] = i
	}
	shareShadows(readable)
	for _, p := range readable {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		perSource[index[p]] = reviewSource(p, l)
	}
	var found []finding
	for _, list := range perSource {
		found = append(found, list...)
	}
	return found, nil
}

// syntaxFindings makes issues of a parser's errors.
func syntaxFindings(s source, err error) []finding {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		list = scanner.ErrorList{{Msg: err.Error()}}
	}
	var found []finding
	for _, e := range list {
		found = append(found, finding{
			path: s.path, rule: ruleSyntax, severity: severityError,
			line: max(1, e.Pos.Line), column: max(1, e.Pos.Column), message: e.Msg,
		})
	}
	return found
}

func readLimits(v document.Value) limits {
	l := defaultLimits
	for key, to := range map[string]*int{
		"lines": &l.lines, "complexity": &l.complexity, "parameters": &l.parameters, "nesting": &l.nesting,
	} {
		if !field(v, key).IsNull() {
			*to = whole(v, key)
		}
	}
	return l
}
