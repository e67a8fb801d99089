package scripts_test

import (
	"sync"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestOneProgramAtOnce runs one compiled script in many goroutines over one state, with all that goja might keep in a
// program: regular expressions, templates, classes, generators, positions of errors.
func TestOneProgramAtOnce(t *testing.T) {
	s, err := scripts0.CompileBody(`
		const tag = (parts, ...xs) => parts.raw.join("|") + xs.join()
		class A { #n = 1; static s = 2; get n() { return this.#n + A.s } }
		function* g() { yield* [1, 2] }
		state.list.push({n: new A().n})
		state.o.text = "a1b22".replace(/(?=\d)(\d+)/g, (_, d) => d.length) + tag`+"`x${1}y`"+`
		let failed
		try { null.x } catch (e) { failed = e.stack.includes("weir") }
		console.log(state.o, failed)
		return {all: [...g(), ...state.list], random: Math.random()}`, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := scripts0.CompileExpression(`/^(a|b)+$/.test(state.o.a) && state.list.length`, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	sc := scripts.Scope{State: must(`{"list":[{"n":1},2],"o":{"a":"abab"}}`), Ctx: visit}
	first, err := s.Run(t.Context(), sc)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				r, err := s.Run(t.Context(), sc)
				if err != nil || r.Patch.String() != first.Patch.String() || r.Returned.String() != first.Returned.String() {
					t.Errorf("%v %s %s", err, r.Patch, r.Returned)
					return
				}
				if v, err := x.Eval(t.Context(), sc); err != nil || v.String() != "2" {
					t.Errorf("%v %s", err, v)
					return
				}
			}
		})
	}
	all.Wait()
}
