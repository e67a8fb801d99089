package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// What code.suggest lists at most.
const (
	suggestionsMax = 50
	placesMax      = 5
)

var suggestOutput = document.MustParse(`{
	"type": "object",
	"required": ["suggestions"],
	"properties": {"suggestions": {"type": "array", "items": {
		"type": "object",
		"required": ["about", "severity", "text", "count", "places"],
		"properties": {
			"about": {"type": "string", "description": "a rule, or function"},
			"severity": {"enum": ["error", "warning", "info"]},
			"text": {"type": "string"},
			"count": {"type": "integer", "description": "how many places it concerns"},
			"places": {"type": "array", "items": {
				"type": "object",
				"properties": {"path": {"type": "string"}, "line": {"type": "integer"}}
			}, "description": "the first 5"}
		}
	}}}
}`)

func suggestTool() Tool {
	return Tool{
		Name: "code.suggest",
		Description: "Makes suggestions of what code.functions and code.issues have found, the most severe first: " +
			"one for each function that is too long, too complex or has too many parameters, and one for each rule with issues. " +
			"Input: {functions, issues}, either may be absent. Pure.",
		Input: document.MustParse(`{
			"type": "object",
			"properties": {
				"functions": {"type": ["array", "null"], "items": {"type": "object"}},
				"issues": {"type": ["array", "null"], "items": {"type": "object"}}
			}
		}`),
		Output: suggestOutput,
		Pure:   true,
		Call: func(_ context.Context, call Call) (document.Value, error) {
			list := suggestFunctions(field(call.Input, "functions"))
			list = append(list, suggestRules(field(call.Input, "issues"), len(list) > 0)...)
			slices.SortStableFunc(list, func(a, b suggestion) int {
				return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.weight, a.weight))
			})
			items := make([]document.Value, 0, min(len(list), suggestionsMax))
			for _, s := range list[:min(len(list), suggestionsMax)] {
				items = append(items, s.value())
			}
			return object(member("suggestions", document.Array(items...))), nil
		},
	}
}

// suggestion is one piece of advice. Among those of one severity the heavier comes first.
type suggestion struct {
	about    string
	severity string
	text     string
	weight   int
	count    int
	places   []document.Value
}

func (s suggestion) rank() int {
	return slices.Index([]string{severityError, severityWarning, severityInfo}, s.severity)
}

func (s suggestion) value() document.Value {
	return object(
		member("about", document.String(s.about)),
		member("severity", document.String(s.severity)),
		member("text", document.String(s.text)),
		member("count", document.Int(int64(s.count))),
		member("places", document.Array(s.places...)),
	)
}

// place says where an issue or function is.
func place(v document.Value) document.Value {
	return placed(text(v, "path"), member("line", document.Int(int64(whole(v, "line")))))
}

// functionRules are the rules that speak of one function each; suggestFunctions says it better.
var functionRules = map[string]bool{"long_function": true, "complex_function": true, "many_parameters": true}

func suggestFunctions(functions document.Value) []suggestion {
	var list []suggestion
	for _, f := range functions.Items() {
		length, complexity, parameters := whole(f, "length"), whole(f, "complexity"), whole(f, "parameters")
		var reasons []string
		if complexity > defaultLimits.complexity {
			reasons = append(reasons, fmt.Sprintf("a complexity of %d", complexity))
		}
		if length > defaultLimits.lines {
			reasons = append(reasons, fmt.Sprintf("%d lines", length))
		}
		advice := "split it"
		if parameters > defaultLimits.parameters {
			if len(reasons) == 0 {
				advice = "gather those that belong together in a struct"
			}
			reasons = append(reasons, fmt.Sprintf("%d parameters", parameters))
		}
		if len(reasons) == 0 {
			continue
		}
		list = append(list, suggestion{
			about: "function", severity: severityWarning, count: 1, weight: complexity + length, places: []document.Value{place(f)},
			text: fmt.Sprintf("%s has %s: %s", title(text(f, "receiver"), text(f, "name")), strings.Join(reasons, " and "), advice),
		})
	}
	return list
}

// suggestRules speaks for each rule once; of functions only where suggestFunctions has not.
func suggestRules(issues document.Value, functionsDone bool) []suggestion {
	var list []suggestion
	index := map[string]int{}
	for _, issue := range issues.Items() {
		name := text(issue, "rule")
		if functionsDone && functionRules[name] {
			continue
		}
		at, known := index[name]
		if !known {
			at = len(list)
			index[name] = at
			list = append(list, newSuggestion(name, text(issue, "severity")))
		}
		s := &list[at]
		s.count++
		s.weight++
		if len(s.places) < placesMax {
			s.places = append(s.places, place(issue))
		}
	}
	for i := range list {
		if list[i].count > 1 {
			list[i].text += fmt.Sprintf(" (%d places)", list[i].count)
		}
	}
	return list
}

func newSuggestion(name, severity string) suggestion {
	s := suggestion{about: name, severity: severity, text: "Look at what " + name + " has found"}
	if r, ok := ruleNamed(name); ok {
		s.severity, s.text = r.severity, r.advice
	}
	if s.rank() < 0 {
		s.severity = severityInfo
	}
	return s
}
