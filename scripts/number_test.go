package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

const (
	big     = "9007199254740993"     // 2^53 + 1, which JavaScript reads as …992
	huge    = "12345678901234567890" // beyond every integer that JavaScript counts exactly
	tooFine = "0.1000000000000000055511151231257827"
)

// TestExactNumbers shows that numbers which nobody touches keep every digit, and what is touched is not bent in silence.
func TestExactNumbers(t *testing.T) {
	const state = `{"id":` + big + `,"ids":[1,` + big + `,` + huge + `],"o":{"fine":` + tooFine + `},"one":1.0,"exp":1e2}`
	for _, c := range []struct{ body, want string }{
		{`state.n = 1; delete state.ids; delete state.one; delete state.exp`, `{"id":` + big + `,"n":1,"o":{"fine":` + tooFine + `}}`},
		{`state.ids.push(4); delete state.o; delete state.one; delete state.exp; delete state.id`, `{"ids":[1,` + big + `,` + huge + `,4]}`},
		{`state.ids.length = 2; state = {}`, ``},
		{`state.ids.pop()`, `{"exp":1e2,"id":` + big + `,"ids":[1,` + big + `],"o":{"fine":` + tooFine + `},"one":1.0}`},
		{`state.ids[0] = 7; state.o.x = 1`, `{"exp":1e2,"id":` + big + `,"ids":[7,` + big + `,` + huge + `],"o":{"fine":` + tooFine + `,"x":1},"one":1.0}`},
		{`state.copy = state.o`, `{"copy":{"fine":` + tooFine + `},"exp":1e2,"id":` + big + `,"ids":[1,` + big + `,` + huge + `],"o":{"fine":` + tooFine + `},"one":1.0}`},
		{`state.id = state.id; state.o = {...state.o, x: 1}; state.ids = state.ids.map(x => x)`, `{"exp":1e2,"id":` + big + `,"ids":[1,` + big + `,` + huge + `],"o":{"fine":` + tooFine + `,"x":1},"one":1.0}`},
		{`state.exact = ctx.exact("id"); delete state.ids; delete state.o; delete state.one; delete state.exp`, `{"exact":"` + big + `","id":` + big + `}`},
		{`const more = state.id > 5 && state.ids[2] > 1; state.more = more; delete state.ids; delete state.o; delete state.one; delete state.exp; delete state.id`, `{"more":true}`},
		{`state.two = state.one; state.l = [state.exp]; delete state.ids; delete state.o; delete state.id`, `{"exp":1e2,"l":[100],"one":1.0,"two":1}`},
	} {
		if c.want == "" {
			continue
		}
		if _, after := mustRun(t, c.body, state); after.String() != c.want {
			t.Errorf("%s: state is %s, want %s", c.body, after, c.want)
		}
	}
}

func TestInexactNumbers(t *testing.T) {
	const state = `{"id":` + big + `,"ids":[1,` + big + `,` + huge + `],"twins":[9007199254740993,9007199254740992],"o":{"fine":` + tooFine + `},"inf":1e400}`
	for _, c := range []struct{ body, from, to string }{
		{`state.copy = state.id`, "state.id", "state.copy"},
		{`return {copy: state.id}`, "state.id", "the returned value.copy"},
		{`state.list = [state.o.fine]`, "state.o.fine", "state.list[0]"},
		{`state.ids.shift()`, "state.ids[1]", "state.ids[0]"},
		{`state.ids.unshift(0)`, "state.ids[", "state.ids"},
		{`state.ids.reverse()`, "state.ids[", "state.ids["},
		{`state.ids.splice(0, 1)`, "state.ids[1]", "state.ids[0]"},
		{`state.ids.sort((a, b) => b - a)`, "state.ids[", "state.ids["},
		{`state.ids = [...state.ids, 4]`, "state.ids[1]", "state.ids[1]"},
		{`state.ids = state.ids.filter(x => x > 1)`, "state.ids[1]", "state.ids[0]"},
		{`state.twins.reverse()`, "state.twins[0]", "state.twins[1]"},
		{`state.x = state.inf`, "state.inf", "state.x"},
		{`state.x = {deep: [input.n]}`, "input.n", "state.x.deep[0]"},
		{`const {id, ...rest} = state; return {id: [id]}`, "state.id", "the returned value.id[0]"},
	} {
		_, err := runIn(t, scripts0, c.body, scripts.Scope{State: must(state), Input: must(`{"n":` + huge + `}`), Ctx: visit})
		e := failure(t, err, scripts.KindInexact)
		if !strings.Contains(e.Message, " at "+c.from) || !strings.Contains(e.Message, " to "+c.to) {
			t.Errorf("%s: message %q lacks %q or %q", c.body, e.Message, c.from, c.to)
		}
		if !strings.Contains(e.Message, "ctx.exact(\""+c.from) {
			t.Errorf("%s: message %q does not say what to write", c.body, e.Message)
		}
	}
	r, err := runIn(t, scripts0, `return {...state, seen: true}`, scripts.Scope{State: must(state), Ctx: visit})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := r.Returned.Get("id"); got.NumberText() != big {
		t.Errorf("a number that stayed in its place became %s", got)
	}
}

// TestExact shows the paths that ctx.exact understands.
func TestExact(t *testing.T) {
	const state = `{"id":` + big + `,"o":{"list":[{"n":` + huge + `}],"a key":1.50},"input":{"x":1},"text":"t"}`
	for path, want := range map[string]string{
		`id`: big, `state.id`: big, `/id`: big,
		`o.list[0].n`: huge, `state.o.list[0].n`: huge, `o.list.0.n`: huge, `/o/list/0/n`: huge,
		`o["a key"]`: "1.50", `state["o"]["a key"]`: "1.50", `["id"]`: big,
		`input.ids[0]`: big, `input.x`: "1",
	} {
		got, err := eval(t, "ctx.exact("+quote(path)+")", state)
		if text, _ := got.AsString(); err != nil || text != want {
			t.Errorf("ctx.exact(%q) is %v (%v), want %s", path, got, err, want)
		}
	}
	for path, message := range map[string]string{
		`none`: "there is nothing at", `text`: "no number but string", ``: "there is nothing", `o..list`: "there is nothing",
		`o[`: "there is nothing", `o["x`: "there is nothing", `input.none`: "there is nothing", `o.list[9]`: "there is nothing",
		`o`: "no number but object", `state`: "no number but object",
	} {
		_, err := eval(t, "ctx.exact("+quote(path)+")", state)
		if err == nil {
			t.Errorf("ctx.exact(%q) found something", path)
			continue
		}
		if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, message) {
			t.Errorf("ctx.exact(%q): message %q lacks %q", path, e.Message, message)
		}
	}
}
