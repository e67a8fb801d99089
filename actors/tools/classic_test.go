package tools_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

func TestClassicTools(t *testing.T) {
	quote := func(text string) string { return document.String(text).String() }
	tests := []struct{ tool, state, want string }{
		{"map.extract", `{"code": "def f(): pass\ndef  g(): pass\nundef h"}`, `{"functions": 3}`},
		{"map.extract", `{}`, `{"functions": 0}`},
		{"map.extract", `{"code": null}`, `{"functions": 0}`},
		{"map.complexity", `{"code": "for x in y: while z: for\twhile "}`, `{"complexity": 3}`},
		{"map.issues", `{"code": "TODO TODOTODO FIXME", "complexity": 2}`, `{"issues": 4, "quality_score": 58}`},
		{"map.issues", `{"code": ""}`, `{"issues": 0, "quality_score": 100}`},
		{"map.issues", `{"code": "TODO", "complexity": 2.5}`, `{"issues": 1, "quality_score": 87.5}`},
		{"map.issues", `{"code": "", "complexity": true}`, `{"issues": 0, "quality_score": 99}`},
		{"map.issues", `{"complexity": 123456789012345678901234567890}`, `{"issues": 0, "quality_score": -123456789012345678901234567790}`},
		{"map.suggest", `{"quality_score": 79, "threshold": 80}`, `{"suggestions": ["Reduce complexity", "Fix TODOs"]}`},
		{"map.suggest", `{"quality_score": 80, "threshold": 80}`, `{"suggestions": ["Looks good!"]}`},
		{"map.suggest", `{"quality_score": 80}`, `{"suggestions": ["Reduce complexity", "Fix TODOs"]}`},
		{"map.suggest", `{"threshold": 100}`, `{"suggestions": ["Looks good!"]}`},
		{"map.suggest", `{"threshold": 100.5}`, `{"suggestions": ["Reduce complexity", "Fix TODOs"]}`},
		{"map.suggest", `{"quality_score": 9007199254740992, "threshold": 9007199254740993}`, `{"suggestions": ["Reduce complexity", "Fix TODOs"]}`},
		{
			"list.extract_functions", `{"code": "def foo():\n  def  _b1 (x):\ndef\u00a0café(\ndef 1x()\ndef y\ndef λ()"}`,
			`{"functions": ["foo", "_b1", "café"], "function_count": 3}`,
		},
		{"list.extract_functions", `{}`, `{"functions": [], "function_count": 0}`},
		{"list.check_complexity", `{}`, `{"line_count": 0, "complexity_score": 1}`},
		{"list.check_complexity", `{"code": "a\r\nb\rc\u2028d\n \n\t\u00a0\n\u001fx\u001cy"}`, `{"line_count": 6, "complexity_score": 1}`},
		{"list.check_complexity", `{"code": ` + quote(strings.Repeat("x\n", 79)) + `}`, `{"line_count": 79, "complexity_score": 7}`},
		{"list.check_complexity", `{"code": ` + quote(strings.Repeat("x\n\n", 500)) + `}`, `{"line_count": 500, "complexity_score": 10}`},
		{
			"list.detect_basic_issues", `{"code": "def foo():\n    print('hi')\n    # TODO improve"}`,
			`{"issues": ["Avoid print statements; use logging instead", "Unresolved TODO comments", "Two spaces in a row; check the indentation"], "issue_count": 3}`,
		},
		{"list.detect_basic_issues", `{"code": "x = 1"}`, `{"issues": [], "issue_count": 0}`},
		{
			"list.suggest_improvements", `{"functions": ["a"], "function_count": 1, "complexity_score": 1, "issue_count": 0}`,
			`{"suggestions": [], "quality_score": 10, "quality_threshold": 7}`,
		},
		{
			"list.suggest_improvements", `{"functions": [], "function_count": 0, "complexity_score": 8, "issue_count": 2, "quality_threshold": 3}`,
			`{"suggestions": ["Split long functions and simplify branches to reduce complexity", "Fix the detected issues", "Organise the code into functions"],
			"quality_score": 5, "quality_threshold": 3}`,
		},
		{"list.suggest_improvements", `{"function_count": 1, "issue_count": 30}`, `{"suggestions": ["Fix the detected issues"], "quality_score": 0, "quality_threshold": 7}`},
		{"list.suggest_improvements", `{"function_count": 1, "complexity_score": 6.5}`, `{"suggestions": [], "quality_score": 8.5, "quality_threshold": 7}`},
		{"list.suggest_improvements", `{"function_count": 1, "quality_threshold": 0}`, `{"suggestions": [], "quality_score": 10, "quality_threshold": 0}`},
		{"list.evaluate_quality", `{"quality_score": 7, "quality_threshold": 7}`, `{"quality_ok": true}`},
		{"list.evaluate_quality", `{"quality_score": 6, "quality_threshold": 7}`, `{"quality_ok": false}`},
		{"list.evaluate_quality", `{"quality_score": 7}`, `{"quality_ok": true}`},
		{"list.evaluate_quality", `{}`, `{"quality_ok": false}`},
	}
	for _, test := range tests {
		got, err := builtin(t, "classic."+test.tool).Invoke(t.Context(), tools.Call{Input: document.MustParse(test.state)})
		if err != nil {
			t.Errorf("%s %.100s: %v", test.tool, test.state, err)
			continue
		}
		if want := document.MustParse(test.want); !document.Equal(got, want) {
			t.Errorf("%s %.100s\n got %s\nwant %s", test.tool, test.state, got, want)
		}
	}
}

func TestClassicToolsFail(t *testing.T) {
	tests := []struct{ tool, state, want string }{
		{"map.extract", `{"code": 1}`, "/code: got number, want a text"},
		{"map.issues", `{"complexity": "much"}`, "/complexity: got string, want a number"},
		{"map.suggest", `{"quality_score": "good"}`, "quality_score and threshold: string and number cannot be compared"},
		{"list.suggest_improvements", `{"issue_count": []}`, "/issue_count: got array, want a number"},
		{"list.evaluate_quality", `{"quality_threshold": {}}`, "number and object cannot be compared"},
	}
	for _, test := range tests {
		_, err := builtin(t, "classic."+test.tool).Invoke(t.Context(), tools.Call{Input: document.MustParse(test.state)})
		if message := failed(t, err, tools.KindTool); !strings.Contains(message, test.want) {
			t.Errorf("%s %s: message %q lacks %q", test.tool, test.state, message, test.want)
		}
	}
	// Numbers that only floats hold meet those that no float can: nothing breaks.
	huge := "1" + strings.Repeat("0", 400)
	_, err := builtin(t, "classic.list.suggest_improvements").Invoke(t.Context(),
		tools.Call{Input: document.MustParse(`{"complexity_score": ` + huge + `, "issue_count": 0.5}`)})
	if err != nil {
		t.Error(err)
	}
}

// The five tools one after the other, as the sample graph of the list dialect runs them.
func TestClassicListSample(t *testing.T) {
	state := document.MustParse(`{"code": "def foo():\n    print('hi')\n    # TODO improve", "quality_threshold": 7}`)
	for _, name := range []string{"extract_functions", "check_complexity", "detect_basic_issues", "suggest_improvements", "evaluate_quality"} {
		result, err := builtin(t, "classic.list."+name).Invoke(t.Context(), tools.Call{Input: state})
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range result.Members() {
			state = state.With(key, value)
		}
	}
	if get(t, state, "/quality_score") != "7" || get(t, state, "/quality_ok") != "true" || get(t, state, "/line_count") != "3" {
		t.Errorf("got %s", state)
	}
}
