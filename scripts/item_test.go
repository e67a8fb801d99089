package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// runItem runs a body for an item that it sees as x.
func runItem(t *testing.T, body string, item scripts.Item) (scripts.Result, error) {
	t.Helper()
	return runBoth(t.Context(), t, scripts0, source{text: body, item: "x"}, scripts.Scope{State: must(`{"n":2,"list":[1]}`), Input: must(`{"k":3}`), Item: &item, Ctx: visit})
}

func TestItemIsSeenUnderItsName(t *testing.T) {
	huge := must(`{"id":12345678901234567890,"n":5}`)
	for body, want := range map[string]string{
		`return x.n * state.n + input.k`:               `13`,
		`return [ctx.index, ctx.key, "key" in ctx]`:    `[7,null,false]`,
		`return Object.keys(ctx).at(-1)`:               `"index"`,
		`return x`:                                     huge.String(),
		`return {...x, n: 6}.n`:                        `6`,
		`return ctx.exact("x.id")`:                     `"12345678901234567890"`,
		`return eval("x.n")`:                           `5`,
		`const x = 1; return x`:                        `1`,
		`return JSON.parse(JSON.stringify(ctx)).index`: `7`,
		`return {index: ctx}.index.index`:              `7`,
	} {
		r, err := runItem(t, body, scripts.Item{Value: huge, Index: 7})
		if err != nil {
			t.Errorf("%s: %v", body, err)
		} else if !document.Equal(r.Returned, must(want)) {
			t.Errorf("%s gives %s, want %s", body, r.Returned, want)
		}
	}
	r, err := runItem(t, `return [ctx.key, ctx]`, scripts.Item{Value: huge, Index: 1, Key: "a b", Keyed: true})
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := r.Returned.At(1).Get("key"); !document.Equal(key, must(`"a b"`)) || !document.Equal(r.Returned.At(0), key) {
		t.Errorf("ctx.key: %s", r.Returned)
	}
}

// Items are looked at in any order and again after a crash: what one did must not be seen by another.
func TestItemScriptsChangeNothing(t *testing.T) {
	for body, want := range map[string]string{
		`state.n = 1`:        "state cannot be changed: the script of an item only reads the state; return the value",
		`state.list.push(1)`: "cannot be changed: the script of an item only reads the state",
		`x.n = 1`:            "cannot be changed: the item is read-only; change a copy",
		`ctx.index = 1`:      "ctx.index cannot be changed",
		`x = 1`:              "Assignment to constant variable",
	} {
		_, err := runItem(t, body, scripts.Item{Value: must(`{"n":5}`)})
		if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, want) {
			t.Errorf("%s fails with %q, want %q", body, e.Message, want)
		}
	}
}

func TestItemsHaveRandomNumbersOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for i := range 3 {
		first, err := runItem(t, `return Math.random()`, scripts.Item{Index: i})
		if err != nil {
			t.Fatal(err)
		}
		again, err := runItem(t, `return Math.random()`, scripts.Item{Index: i})
		if err != nil {
			t.Fatal(err)
		}
		if !document.Equal(first.Returned, again.Returned) || seen[first.Returned.String()] {
			t.Errorf("item %d has %s, then %s, after %v", i, first.Returned, again.Returned, seen)
		}
		seen[first.Returned.String()] = true
	}
}

// An expression that only names a part of the item needs no JavaScript, and keeps every digit.
func TestItemExpressions(t *testing.T) {
	for text, want := range map[string]string{
		`x.ids[0]`: `12345678901234567890`, `x.none ?? ctx.index`: `4`, `x.ids.length + state.n`: `3`, `x`: `{"ids":[12345678901234567890]}`,
	} {
		got, err := evalBoth(t, scripts0, source{text: text, item: "x"}, scripts.Scope{State: must(`{"n":2}`), Item: &scripts.Item{Value: must(`{"ids":[12345678901234567890]}`), Index: 4}, Ctx: visit})
		if err != nil || got.String() != want {
			t.Errorf("%s is %s, want %s: %v", text, got, want, err)
		}
	}
	// The same source without an item, or with one of another name, is another program.
	if _, err := eval(t, `x.ids[0]`, `{}`); err == nil || !strings.Contains(err.Error(), "x is not defined") {
		t.Errorf("without an item: %v", err)
	}
}
