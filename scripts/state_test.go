package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// TestChangeState shows what a script may do to the state, what the state is afterwards and how little is recorded.
func TestChangeState(t *testing.T) {
	for _, c := range []struct{ name, body, state, want, patch string }{
		{"nothing", `state.a; state.list.length`, `{"a":1,"list":[1]}`, `{"a":1,"list":[1]}`, `[]`},
		{"set", `state.a = 2`, `{"a":1}`, `{"a":2}`, `[{"op":"replace","path":"/a","value":2}]`},
		{"set the same", `state.a = 1; state.list = [1,2]`, `{"a":1,"list":[1,2]}`, `{"a":1,"list":[1,2]}`, `[]`},
		{"add", `state.b = {c: [1]}`, `{}`, `{"b":{"c":[1]}}`, `[{"op":"add","path":"/b","value":{"c":[1]}}]`},
		{"delete", `delete state.a; delete state.none`, `{"a":1}`, `{}`, `[{"op":"remove","path":"/a"}]`},
		{"undefined deletes", `state.a = undefined; state.b = undefined`, `{"a":1}`, `{}`, `[{"op":"remove","path":"/a"}]`},
		{"null stays", `state.a = null`, `{"a":1}`, `{"a":null}`, `[{"op":"replace","path":"/a","value":null}]`},
		{"add and delete", `state.x = 1; delete state.x`, `{}`, `{}`, `[]`},
		{"delete and add", `delete state.a; state.a = 1`, `{"a":1}`, `{"a":1}`, `[]`},
		{"nested", `state.a.b[1].c++`, `{"a":{"b":[0,{"c":1}]}}`, `{"a":{"b":[0,{"c":2}]}}`, `[{"op":"replace","path":"/a/b/1/c","value":2}]`},
		{"push", `state.list.push(3, {a: 1})`, `{"list":[1,2]}`, `{"list":[1,2,3,{"a":1}]}`, `[{"op":"add","path":"/list/-","value":3},{"op":"add","path":"/list/-","value":{"a":1}}]`},
		{"push and pop", `state.list.push(3); state.list.pop()`, `{"list":[1,2]}`, `{"list":[1,2]}`, `[]`},
		{"spread", `state.list = [...state.list, 3]`, `{"list":[1,2]}`, `{"list":[1,2,3]}`, `[{"op":"add","path":"/list/-","value":3}]`},
		{"spread object", `state.o = {...state.o, b: 2}`, `{"o":{"a":[1]}}`, `{"o":{"a":[1],"b":2}}`, `[{"op":"add","path":"/o/b","value":2}]`},
		{"a list for a state", `state.push(2); state[0].a = 1`, `[{}]`, `[{"a":1},2]`, `[{"op":"add","path":"/0/a","value":1},{"op":"add","path":"/-","value":2}]`},
		{"no object for a state", `console.log(state)`, `"text"`, `"text"`, `[]`},
		{"pop", `state.list.pop()`, `{"list":[1,2]}`, `{"list":[1]}`, `[{"op":"remove","path":"/list/1"}]`},
		{"shift", `state.list.shift()`, `{"list":[{"a":1},{"b":2},{"c":3}]}`, `{"list":[{"b":2},{"c":3}]}`, `[{"op":"remove","path":"/list/0"}]`},
		{"unshift", `state.list.unshift(0)`, `{"list":[{"a":1},{"b":2}]}`, `{"list":[0,{"a":1},{"b":2}]}`, `[{"op":"add","path":"/list/0","value":0}]`},
		{"splice", `state.list.splice(1, 1)`, `{"list":[{"a":1},{"b":2},{"c":3},{"d":4}]}`, `{"list":[{"a":1},{"c":3},{"d":4}]}`, `[{"op":"remove","path":"/list/1"}]`},
		{"truncate", `state.list.length = 1`, `{"list":[1,2,3]}`, `{"list":[1]}`, ``},
		{"truncate and push", `state.list.length = 1; state.list.push(9)`, `{"list":[1,2,3]}`, `{"list":[1,9]}`, ``},
		{"lengthen", `state.list.length = 3`, `{"list":[1]}`, `{"list":[1,null,null]}`, ``},
		{"set beyond the end", `state.list[3] = 4`, `{"list":[1]}`, `{"list":[1,null,null,4]}`, ``},
		{"sort", `state.list.sort()`, `{"list":[3,1,2]}`, `{"list":[1,2,3]}`, ``},
		{"sort objects", `state.list.sort((a, b) => a.n - b.n)`, `{"list":[{"n":3},{"n":1}]}`, `{"list":[{"n":1},{"n":3}]}`, ``},
		{"reverse", `state.list.reverse()`, `{"list":[1,2,3]}`, `{"list":[3,2,1]}`, ``},
		{"fill", `state.list.fill(7, 1)`, `{"list":[1,2,3]}`, `{"list":[1,7,7]}`, ``},
		{"copyWithin", `state.list.copyWithin(0, 1)`, `{"list":[1,2,3]}`, `{"list":[2,3,3]}`, ``},
		{"delete item", `delete state.list[0]`, `{"list":[1,2]}`, `{"list":[null,2]}`, ``},
		{"filter in place", `state.list = state.list.filter(x => x.n > 1)`, `{"list":[{"n":1},{"n":2},{"n":3}]}`, `{"list":[{"n":2},{"n":3}]}`, `[{"op":"remove","path":"/list/0"}]`},
		{"alias", `const a = state.a; a.n = 1; state.b = a; state.b.n++; a.m = 3`, `{"a":{"n":0}}`, `{"a":{"m":3,"n":2},"b":{"m":3,"n":2}}`, ``},
		{"plain object is changed after it was assigned", `const o = {}; state.o = o; o.late = true; state.o.later = 1`, `{}`, `{"o":{"late":true,"later":1}}`, ``},
		{"one object in two places", `const o = {n: 1}; state.a = o; state.b = [o, o]; o.n = 2`, `{}`, `{"a":{"n":2},"b":[{"n":2},{"n":2}]}`, ``},
		{"a held child that was replaced", `const a = state.a; state.a = {new: 1}; a.lost = 1`, `{"a":{"n":0}}`, `{"a":{"new":1}}`, ``},
		{"a held child that moved", `const a = state.list[0]; state.list.shift(); state.kept = a; a.n = 5`, `{"list":[{"n":1},2]}`, `{"kept":{"n":5},"list":[2]}`, ``},
		{"a changed child that moved", `const a = state.list[0]; a.n = 5; state.list.unshift(0)`, `{"list":[{"n":1}]}`, `{"list":[0,{"n":5}]}`, ``},
		{"swap", `[state.a, state.b] = [state.b, state.a]`, `{"a":{"x":1},"b":{"y":1}}`, `{"a":{"y":1},"b":{"x":1}}`, ``},
		{"view inside a plain object", `state.box = {of: state.a}; state.a.n = 1`, `{"a":{"n":0}}`, `{"a":{"n":1},"box":{"of":{"n":1}}}`, ``},
		{"Object.assign", `Object.assign(state, {a: 2, b: 3})`, `{"a":1}`, `{"a":2,"b":3}`, ``},
		{"odd keys", `state["a/b"] = 1; state["~"] = 2; state[""] = 3`, `{}`, `{"":3,"a/b":1,"~":2}`, ``},
		{"toJSON", `state.at = {toJSON() { return {key: "kept"} }}; state.date = new Date(0)`, `{}`, `{"at":{"key":"kept"},"date":"1970-01-01T00:00:00.000Z"}`, ``},
		{"boxed", `state.n = new Number(1); state.s = new String("x"); state.b = new Boolean(false)`, `{}`, `{"b":false,"n":1,"s":"x"}`, ``},
		{"minus zero", `state.n = -0; state.l = [-0]`, `{}`, `{"l":[0],"n":0}`, ``},
		{"class instance", `class P { constructor() { this.x = 1 } get y() { return 2 } }; state.p = new P()`, `{}`, `{"p":{"x":1}}`, ``},
		{"getter", `state.o = {get x() { return 42 }}`, `{}`, `{"o":{"x":42}}`, ``},
		{"proxy", `state.o = new Proxy({a: 1}, {get: (o, k) => k === "a" ? 7 : o[k]}); state.l = new Proxy([1, 2], {})`, `{}`, `{"l":[1,2],"o":{"a":7}}`, ``},
		{"sparse array", `const a = [1]; a[3] = 2; state.a = a`, `{}`, `{"a":[1,null,null,2]}`, ``},
		{"undefined in arrays", `state.a = [undefined, null]; state.o = {u: undefined}`, `{}`, `{"a":[null,null],"o":{}}`, ``},
		{"unicode", `state["ключ"] = state.s + "😀"`, `{"s":"é"}`, `{"s":"é","ключ":"é😀"}`, ``},
		{"half a surrogate pair", `state.s = "😀"[0]`, `{}`, `{"s":"�"}`, ``},
		{"prototype names", `state.constructor = 1; state.toString = 2; state.hasOwnProperty = 3`, `{}`, `{"constructor":1,"hasOwnProperty":3,"toString":2}`, ``},
		{"large objects", `for (let i = 0; i < 40; i++) state["k" + i] = i; for (let i = 0; i < 39; i++) delete state["k" + i]`, `{"k7":0}`, `{"k39":39}`, ``},
		{"return in a block", `if (state.a) { state.b = 1; return } state.c = 1`, `{"a":1}`, `{"a":1,"b":1}`, ``},
		{"functions are hoisted", `state.a = f(); function f() { return 2 }`, `{}`, `{"a":2}`, ``},
		{"shadowed names", `{ let state = {}; state.x = 1 } const f = (input) => input; state.y = f(1)`, `{}`, `{"y":1}`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, after := mustRun(t, c.body, c.state)
			if got := after.String(); got != c.want {
				t.Errorf("state is %s, want %s (patch %s)", got, c.want, r.Patch)
			}
			if got := r.Patch.String(); c.patch != "" && got != c.patch {
				t.Errorf("patch is %s, want %s", got, c.patch)
			}
		})
	}
}

// TestReadState shows what a script sees of the state.
func TestReadState(t *testing.T) {
	const state = `{"2":"two","10":"ten","a":{"x":1},"b":[1,{"y":2},null],"s":"text","t":true,"n":null,"z":1.5}`
	for _, c := range []struct{ body, want string }{
		{`Object.keys(state)`, `["2","10","a","b","n","s","t","z"]`},
		{`state.new = 1; state[5] = 1; state.b2 = 1; return Object.keys(state)`, `["2","5","10","a","b","n","s","t","z","new","b2"]`},
		{`delete state.a; state.a = 1; return Object.keys(state)`, `["2","10","b","n","s","t","z","a"]`},
		{`JSON.stringify(state)`, `"{\"2\":\"two\",\"10\":\"ten\",\"a\":{\"x\":1},\"b\":[1,{\"y\":2},null],\"n\":null,\"s\":\"text\",\"t\":true,\"z\":1.5}"`},
		{`JSON.stringify(state.b, null, 1)`, `"[\n 1,\n {\n  \"y\": 2\n },\n null\n]"`},
		{`["a" in state, "q" in state, 1 in state.b, 3 in state.b, "toString" in state]`, `[true,false,true,false,true]`},
		{`[Array.isArray(state.b), Array.isArray(state), state.b instanceof Array, typeof state.b, typeof state.n]`, `[true,false,true,"object","object"]`},
		{`[state.a === state.a, state.b[1] === state.b[1], state.b.includes(state.b[1]), state.b.indexOf(null)]`, `[true,true,true,2]`},
		{`[state.missing, state.b[7], state.b[-1], state.b.at(-1)]`, `[null,null,null,null]`},
		{`state.b.map(x => typeof x)`, `["number","object","object"]`},
		{`[...state.b.entries()].length + [...state.b.keys()].length`, `6`},
		{`let s = ""; for (const k in state.b) s += k; for (const v of state.b) s += typeof v; return s`, `"012numberobjectobject"`},
		{`state.b.concat([4], state.b).length`, `7`},
		{`[state.b.length, state.b.slice(1), state.b.join("-"), String(state.a)]`, `[3,[{"y":2},null],"1-[object Object]-","[object Object]"]`},
		{`const {a: {x}, ...rest} = state; return [x, Object.keys(rest).length]`, `[1,7]`},
		{`const [one, ...rest] = state.b; return [one, rest.length]`, `[1,2]`},
		{`Object.entries(state.a)`, `[["x",1]]`},
		{`Object.fromEntries(Object.entries(state).filter(([k]) => k > "s"))`, `{"t":true,"z":1.5}`},
		{`[state.b.find(x => x?.y)?.y, state.b.findLast(x => x === 1), state.b.flatMap(x => [x, x]).length]`, `[2,1,6]`},
		{`[state.hasOwnProperty("a"), Object.hasOwn(state, "q"), state.a.propertyIsEnumerable("x")]`, `[true,false,true]`},
		{`[state.s.toUpperCase(), state.s.length, state.s[0], state.z + 1, state.t && !state.n]`, `["TEXT",4,"t",2.5,true]`},
		{`Object.getOwnPropertyDescriptor(state, "z")`, `{"configurable":true,"enumerable":true,"value":1.5,"writable":true}`},
		{`[state.b.toSorted().length, state.b.with(0, 9)[0], state.b[0]]`, `[3,9,1]`},
	} {
		body := c.body
		if !strings.Contains(body, "return") {
			body = "return " + body
		}
		r, _ := mustRun(t, body, state)
		if got := r.Returned.String(); got != c.want {
			t.Errorf("%s is %s, want %s", c.body, got, c.want)
		}
	}
}

// TestReturned shows that what a script passes on is the identical value, and undefined is nothing.
func TestReturned(t *testing.T) {
	state := document.MustParse(`{"big":{"list":[1,2,3]},"n":1}`)
	r, err := run(t, `return {same: state.big, inside: [state.big.list], n: state.n, gone: undefined}`, state.String())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Returned.String(), `{"inside":[[1,2,3]],"n":1,"same":{"list":[1,2,3]}}`; got != want {
		t.Errorf("returned %s, want %s", got, want)
	}
	for _, body := range []string{``, `return`, `return undefined`, `state.n = 2`} {
		if r, err := run(t, body, `{}`); err != nil || r.HasReturned || !r.Returned.IsNull() {
			t.Errorf("%q returned %v (%t, %v)", body, r.Returned, r.HasReturned, err)
		}
	}
	if r, err := run(t, `return null`, `{}`); err != nil || !r.HasReturned || !r.Returned.IsNull() {
		t.Errorf("null was not returned: %v %v", r, err)
	}
}

// TestPassedOnIsIdentical shows that Diff need not look into what a script passes on untouched.
func TestPassedOnIsIdentical(t *testing.T) {
	state := document.MustParse(`{"big":{"list":[1,2,3]}}`)
	r, err := runIn(t, scripts0, `return {big: state.big, all: state}`, scope(state))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"big": "/big", "all": ""} {
		got, _ := r.Returned.Get(key)
		if from, _ := state.Lookup(want); !document.Same(got, from) {
			t.Errorf("%s was copied", key)
		}
	}
}

// TestDeepState shows that a deep state can be passed on and changed deep down, and only what a script makes is limited.
func TestDeepState(t *testing.T) {
	state := strings.Repeat(`{"a":`, 900) + `{"n":1}` + strings.Repeat(`}`, 900)
	_, after := mustRun(t, `let o = state; while (o.a) o = o.a; o.n = 2; return state`, state)
	if want := strings.Replace(state, `{"n":1}`, `{"n":2}`, 1); after.String() != want {
		t.Error("the change is lost")
	}
	_, err := run(t, `let o = state; while (o.a) o = o.a; o.n = [[]]`, state)
	_ = failure(t, err, scripts.KindLimit)
}
