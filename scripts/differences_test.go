package scripts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/scripts"
)

// viewDifferences is all that is known to differ between a view and the plain objects of goja. Each is a body over
// {"list": [1, 2, 3], "o": {"a": 1}} that returns one thing over plain objects and another over a view, or
// throws ("TypeError"). docs/scripts.md has the list.
var viewDifferences = []struct{ reason, body, plain, view string }{
	{
		"A list of the state has no holes: deleting an item leaves undefined in its place. In JSON both are null.",
		`delete state.list[1]; return [1 in state.list, state.list.length]`, `[false,3]`, `[true,3]`,
	},
	{
		"Nor does writing beyond the end or lengthening it make holes.",
		`state.list[5] = 1; let n = 0; state.list.forEach(() => n++); return n`, `4`, `6`,
	},
	{
		"A list holds items alone. JSON would lose other properties without a word; the view refuses them.",
		`state.list.name = "x"; return state.list.name`, `"x"`, `TypeError`,
	},
	{
		"Positions before the first are such properties too.",
		`state.list[-1] = "x"; return state.list[-1]`, `"x"`, `TypeError`,
	},
	{
		"Neither lists nor objects have symbols of their own.",
		`state.o[Symbol.for("x")] = 1; return 1`, `1`, `TypeError`,
	},
	{
		"Every member is a plain value: no accessors, nothing read-only or hidden.",
		`Object.defineProperty(state.o, "b", {get: () => 1}); return state.o.b`, `1`, `TypeError`,
	},
	{
		"So is one that is defined without saying that it may be written.",
		`Object.defineProperty(state.o, "b", {value: 1}); state.o.b = 2; return state.o.b`, `TypeError`, `2`,
	},
	{
		"The length of a list is set as such, not defined as a property. A Proxy of a list defines it, so none can make a list longer or shorter.",
		`return new Proxy(state.list, {}).push(4)`, `4`, `TypeError`,
	},
	{
		"No circle of prototypes is made by way of a Proxy. Looking for a property in one never ends.",
		`state.o.__proto__ = new Proxy(state.o, {}); return 1`, `1`, `TypeError`,
	},
	{
		"The state cannot be frozen, sealed or closed against new members.",
		`Object.freeze(state.o); return 1`, `1`, `TypeError`,
	},
	{
		"A list grows by at most about a million items at once.",
		`state.list.length = 4e9; return 1`, `1`, `RangeError`,
	},
	{
		"A length with a fraction is cut, where plain JavaScript throws.",
		`state.list.length = 1.5; return state.list`, `RangeError`, `[1]`,
	},
	{
		"What is left of a list when the comparison of its sort throws: nothing has moved.",
		`let n = 0; try { state.list.sort((a, b) => { if (n++) throw 1; return b - a }) } catch { } return state.list`, `[2,1,3]`, `[1,2,3]`,
	},
	{
		"The state is JSON already: a toJSON that parts of it inherit is not asked.",
		`const o = state.o; Object.prototype.toJSON = function () { return this === o ? "x" : this }; return {o}`, `{"o":"x"}`, `{"o":{"a":1}}`,
	},
}

func TestViewDifferences(t *testing.T) {
	const state = `{"list":[1,2,3],"o":{"a":1}}`
	for _, d := range viewDifferences {
		plain := goja.New()
		got, err := plain.RunString(`"use strict"; const state = ` + state + `; try { JSON.stringify((function() {` + d.body + `})()) } catch (e) { e.name }`)
		if err != nil || got.String() != d.plain {
			t.Errorf("%s: over plain objects %v (%v), want %s", d.body, got, err, d.plain)
		}
		r, err := runIn(t, scripts0, `try { return (function() {`+d.body+`})() } catch (e) { return {thrown: e.name} }`, scripts.Scope{State: must(state)})
		if err != nil {
			t.Errorf("%s: %v", d.body, err)
			continue
		}
		view := r.Returned.String()
		if thrown, ok := r.Returned.Get("thrown"); ok {
			view, _ = thrown.AsString()
		}
		if view != d.view {
			t.Errorf("%s: over a view %s, want %s", d.body, view, d.view)
		}
	}
	table := "| what differs | for example | plain objects | the state |\n| --- | --- | --- | --- |\n"
	for _, d := range viewDifferences {
		table += fmt.Sprintf("| %s | %s | %s | %s |\n", d.reason, codeCell(d.body), codeCell(d.plain), codeCell(d.view))
	}
	if !t.Failed() {
		checkTables(t, "differences", table)
	}
}

// codeCell writes code as a cell of a table in Markdown.
func codeCell(code string) string { return "`" + strings.ReplaceAll(code, "|", `\|`) + "`" }
