package api

import (
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// What Python's comparison of state["k"] with the value gives: eq, lt and gt, as letters; "-" is none of
// them. lte, gte and ne follow.
var comparisons = []struct{ state, value, holds string }{
	{`1`, `1`, "e"},
	{`1.0`, `1`, "e"},
	{`1`, `2`, "l"},
	{`2.5`, `2`, "g"},
	{`-0.0`, `0`, "e"},
	{`true`, `1`, "e"},
	{`false`, `0`, "e"},
	{`1`, `true`, "e"},
	{`true`, `true`, "e"},
	{`false`, `true`, "l"},
	{`2`, `true`, "g"},
	{`0`, `false`, "e"},
	{`"0"`, `false`, "-"},
	{`null`, `false`, "-"},
	{`[]`, `false`, "-"},
	{`{}`, `0`, "-"},
	{`"a"`, `"a"`, "e"},
	{`"a"`, `"b"`, "l"},
	{`"b"`, `"a"`, "g"},
	{`"a"`, `"aa"`, "l"},
	{`""`, `""`, "e"},
	{`"10"`, `"9"`, "l"},
	{`"Z"`, `"a"`, "l"},
	{`"1"`, `1`, "-"},
	{`1`, `"1"`, "-"},
	{`null`, `"null"`, "-"},
	{"\"\uFFFD\"", "\"\U0001F600\"", "l"},
	{"\"\U0001F600\"", "\"\uFFFD\"", "g"},
	{"\"\U0001F600\"", "\"\U0001F600a\"", "l"},
	{`"é"`, `"z"`, "g"},
	{`null`, `null`, "e"},
	{`0`, `null`, "-"},
	{`null`, `0`, "-"},
	{`false`, `null`, "-"},
	{`[1,2]`, `[1,2]`, "e"},
	{`[1,2]`, `[1,3]`, "l"},
	{`[2]`, `[1,9]`, "g"},
	{`[]`, `[0]`, "l"},
	{`[1]`, `[true]`, "e"},
	{`["a"]`, `[1]`, "-"},
	{`[1,"a"]`, `[1,"b"]`, "l"},
	{`[[1],2]`, `[[1],3]`, "l"},
	{`[null]`, `[null]`, "e"},
	{`[null,1]`, `[null,2]`, "l"},
	{`[null]`, `[1]`, "-"},
	{`{"a":1}`, `{"a":1}`, "e"},
	{`{"a":1,"b":[true]}`, `{"b":[1],"a":1.0}`, "e"},
	{`{"a":1}`, `{"a":2}`, "-"},
	{`{"a":1}`, `{"a":1,"b":2}`, "-"},
	{`{}`, `{}`, "e"},
	{`{"__proto__":1}`, `{"__proto__":1}`, "e"},
	{`{}`, `{"__proto__":1}`, "-"},
	{`{"a":null}`, `{"b":null}`, "-"},
	{`[]`, `{}`, "-"},
	{`{}`, `[]`, "-"},
	{`[{"a":1}]`, `[{"a":true}]`, "e"},
	{`"[1]"`, `[1]`, "-"},
	{`[1]`, `"[1]"`, "-"},
	{`1e308`, `1e400`, "l"},
	{`0.1`, `0.1`, "e"},
	{`-5`, `-4`, "l"},
}

func holds(t *testing.T, engine *scripts.Engine, source string, state document.Value) bool {
	t.Helper()
	expression, err := engine.CompileExpression(source, scripts.Origin{File: "graph"})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	got, err := expression.Test(t.Context(), scripts.Scope{State: state, Input: document.Object(), Ctx: scripts.Context{Now: time.Unix(0, 0)}})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return got
}

func TestConditionsCompareAsPythonDid(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for _, c := range comparisons {
		state := document.Object(document.Member{Key: "k", Value: document.MustParse(c.state)})
		for operator, want := range map[string]bool{
			"eq": c.holds == "e", "": c.holds == "e", "ne": c.holds != "e",
			"lt": c.holds == "l", "gt": c.holds == "g",
			"lte": c.holds == "l" || c.holds == "e" && ordersItself(c.state), "gte": c.holds == "g" || c.holds == "e" && ordersItself(c.state),
		} {
			source := condition("k", operator, document.MustParse(c.value))
			if got := holds(t, engine, source, state); got != want {
				t.Errorf("%s %s %s is %t, want %t: %s", c.state, operator, c.value, got, want, source)
			}
		}
	}
}

// ordersItself tells null and objects, which are equal to themselves, but not ≤.
func ordersItself(text string) bool {
	kind := document.MustParse(text).Kind()
	return kind != document.KindNull && kind != document.KindObject
}

func TestConditionsOnAMissingKey(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for _, key := range []string{"k", "toString", "__proto__", "constructor", "length", `"]; throw 1; ["`, "\u2028"} {
		for _, value := range []string{`null`, `0`, `false`, `""`, `"a"`, `[]`, `{}`, `1e400`} {
			for operator := range operators {
				source := condition(key, operator, document.MustParse(value))
				if got := holds(t, engine, source, document.Object()); got != (operator == "ne") {
					t.Errorf("a missing %q %s %s is %t: %s", key, operator, value, got, source)
				}
			}
		}
	}
}

func TestTheLoopOfDialectA(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for state, want := range map[string]bool{
		`{}`: false, `{"quality_score":99}`: true, `{"quality_score":100}`: false, `{"threshold":101}`: true,
		`{"quality_score":70,"threshold":80}`: true, `{"quality_score":80,"threshold":80}`: false, `{"quality_score":80.5,"threshold":80}`: false,
		`{"quality_score":50,"threshold":null}`: true, `{"quality_score":null,"threshold":101}`: true,
	} {
		if got := holds(t, engine, loopCondition, document.MustParse(state)); got != want {
			t.Errorf("over %s the loop goes on: %t, want %t", state, got, want)
		}
	}
}
