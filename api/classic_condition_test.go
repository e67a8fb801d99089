package api

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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
	// Integers of any size are exact, and what is written with a point or an exponent is a float.
	{`9007199254740993`, `9007199254740993`, "e"},
	{`9007199254740992`, `9007199254740993`, "l"},
	{`9007199254740993`, `9007199254740992`, "g"},
	{`9007199254740993`, `9007199254740994`, "l"},
	{`9007199254740991`, `9007199254740992`, "l"},
	{`9007199254740993`, `1`, "g"},
	{`1`, `9007199254740993`, "l"},
	{`9007199254740993`, `1e15`, "g"},
	{`-9007199254740993`, `-9007199254740992`, "l"},
	{`-9007199254740993`, `-9007199254740993`, "e"},
	{`9007199254740993.0`, `9007199254740992`, "e"},
	{`9007199254740992`, `9007199254740993.0`, "e"},
	{`9007199254740993`, `9007199254740992.0`, "g"},
	{`9007199254740993`, `9007199254740993.0`, "g"},
	{`9007199254740992.0`, `9007199254740993`, "l"},
	{`1e16`, `10000000000000000`, "e"},
	{`10000000000000001`, `1e16`, "g"},
	{`1e16`, `10000000000000001`, "l"},
	{`1152921504606847000`, `1152921504606846976`, "g"},
	{`1152921504606846976`, `1152921504606847000`, "l"},
	{`123456789012345678901234567890`, `123456789012345678901234567891`, "l"},
	{tenTo400, `1e400`, "l"},
	{`1e400`, tenTo400, "g"},
	{tenTo400, tenTo400, "e"},
	{`1e308`, tenTo400, "l"},
	{`1e400`, `1e999`, "e"},
	{`true`, `9007199254740993`, "l"},
	{`9007199254740993`, `true`, "g"},
	{`"9007199254740993"`, `9007199254740993`, "-"},
	{`9007199254740993`, `"9007199254740993"`, "-"},
	{`null`, `9007199254740993`, "-"},
	{`[]`, `9007199254740993`, "-"},
	{`9007199254740993`, `null`, "-"},
	{`[9007199254740993]`, `[9007199254740993]`, "e"},
	{`[9007199254740992]`, `[9007199254740993]`, "l"},
	{`[9007199254740994]`, `[9007199254740993]`, "g"},
	{`[9007199254740993]`, `[9007199254740992.0]`, "g"},
	{`[9007199254740993,1]`, `[9007199254740993,2]`, "l"},
	{`[1,9007199254740993]`, `[2,9007199254740992]`, "l"},
	{`[9007199254740993]`, `[1]`, "g"},
	{`[true,[9007199254740993]]`, `[1,[9007199254740994]]`, "l"},
	{`[[9007199254740993,9007199254740992]]`, `[[9007199254740993,9007199254740993]]`, "l"},
	{`["9007199254740993"]`, `[9007199254740993]`, "-"},
	{`[null]`, `[9007199254740993]`, "-"},
	{`{"a":9007199254740993}`, `{"a":9007199254740993}`, "e"},
	{`{"a":9007199254740992}`, `{"a":9007199254740993}`, "-"},
	{`{"a":{"/~":[9007199254740993]}}`, `{"a":{"/~":[9007199254740993]}}`, "e"},
	{`{"a":{"/~":[9007199254740993]}}`, `{"a":{"/~":[9007199254740992]}}`, "-"},
	{`{"__proto__":9007199254740993}`, `{"__proto__":9007199254740993}`, "e"},
	{`{"__proto__":9007199254740993}`, `{"__proto__":9007199254740992}`, "-"},
	{`{"a":9007199254740993,"b":true}`, `{"b":1,"a":9007199254740993}`, "e"},
	{`[{"a":9007199254740993},1]`, `[{"a":9007199254740993},2]`, "l"},
	{`0.1000000000000000055511151231257827`, `0.1`, "e"},
	{`5e-324`, `1e-400`, "g"},
}

// tenTo400 is an integer beyond every double.
var tenTo400 = "1" + strings.Repeat("0", 400)

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

// Of any two numbers the conditions say what is true of them as Python has them: an integer, or the double
// nearest to a text with a point or an exponent.
func TestConditionsCompareNumbersExactly(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	edges := []int64{0, 1, 1 << 52, 1<<53 - 1, 1 << 53, 1 << 60, math.MaxInt64 - 4}
	number := rapid.Custom(func(t *rapid.T) string {
		n := new(big.Int).SetInt64(rapid.SampledFrom(edges).Draw(t, "edge") + rapid.Int64Range(-4, 4).Draw(t, "beside"))
		if rapid.Bool().Draw(t, "huge") {
			n.Mul(n, big.NewInt(1<<40))
		}
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		return n.String() + rapid.SampledFrom([]string{"", "", "", ".0", ".25", "e0", "e3"}).Draw(t, "end")
	})
	worth := func(text string) *big.Rat {
		exact, _ := new(big.Rat).SetString(text)
		if strings.ContainsAny(text, ".e") {
			f, _ := exact.Float64()
			exact.SetFloat64(f)
		}
		return exact
	}
	rapid.Check(t, func(r *rapid.T) {
		a, b := number.Draw(r, "state"), number.Draw(r, "value")
		order := worth(a).Cmp(worth(b))
		state := document.Object(document.Member{Key: "k", Value: document.MustParse(a)})
		for operator, want := range map[string]bool{
			"eq": order == 0, "ne": order != 0, "lt": order < 0, "gt": order > 0, "lte": order <= 0, "gte": order >= 0,
		} {
			if got := holds(t, engine, condition("k", operator, document.MustParse(b)), state); got != want {
				r.Errorf("%s %s %s is %t", a, operator, b, got)
			}
		}
	})
}

func TestConditionsOnAMissingKey(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for _, key := range []string{"k", "toString", "__proto__", "constructor", "length", `"]; throw 1; ["`, "\u2028"} {
		for _, value := range []string{`null`, `0`, `false`, `""`, `"a"`, `[]`, `{}`, `1e400`, `9007199254740993`, `[9007199254740993]`} {
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
		`{"quality_score":9007199254740992,"threshold":9007199254740993}`: true, `{"quality_score":9007199254740993,"threshold":9007199254740993}`: false,
		`{"quality_score":9007199254740993,"threshold":9007199254740992.0}`: false, `{"quality_score":1e16,"threshold":10000000000000001}`: true,
		`{"quality_score":1e400,"threshold":1e401}`: false, `{"threshold":9007199254740993}`: true, `{"quality_score":-9007199254740993,"threshold":-9007199254740992}`: true,
		`{"quality_score":50,"threshold":null}`: true, `{"quality_score":null,"threshold":101}`: true,
	} {
		if got := holds(t, engine, loopCondition, document.MustParse(state)); got != want {
			t.Errorf("over %s the loop goes on: %t, want %t", state, got, want)
		}
	}
}
