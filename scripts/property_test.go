package scripts_test

import (
	"context"
	_ "embed"
	"flag"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

//go:embed testdata/program.js
var interpreter string

// What the interpreter uses and goja lacks.
var (
	//go:embed mends/clone.js
	mendClone string
	//go:embed mends/group.js
	mendGroup string
)

// TestViewIsPlainJavaScript runs random programs with aliases over a view and over plain objects. What they see, what
// becomes of the state, and the patch applied to the old state agree.
func TestViewIsPlainJavaScript(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if n, err := strconv.Atoi(checks.Value.String()); err == nil && n < programs {
		before := checks.Value.String()
		if err := flag.Set("rapid.checks", strconv.Itoa(programs)); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", before) }()
	}
	script, err := scripts0.CompileBody(interpreter, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	apart, err := scripts0.Isolated(pool0).CompileBody(interpreter, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	plain := goja.MustCompile("plain", `for (const mend of [`+mendClone+`,`+mendGroup+`]) mend(Object.assign);
		(function(text, ops) { const state = JSON.parse(text), input = JSON.parse(ops);
		const seen = (function() { `+interpreter+`
		})(); try { return JSON.stringify([seen, state]) } catch { return "cycle" } })`, true)
	rapid.Check(t, func(t *rapid.T) {
		state := document.Object(
			document.Member{Key: "a", Value: anyValue(3).Draw(t, "a")},
			document.Member{Key: "b", Value: anyList(2).Draw(t, "b")},
			document.Member{Key: "c", Value: anyObject(2).Draw(t, "c")},
		)
		length := 1 + evenly(t, "length", 5)
		ops := rapid.SliceOfN(operation, length, length).Draw(t, "operations")
		input := document.Array(ops...)

		rt := goja.New()
		f, err := rt.RunProgram(plain)
		if err != nil {
			t.Fatal(err)
		}
		call, _ := goja.AssertFunction(f)
		want, err := call(goja.Undefined(), rt.ToValue(state.String()), rt.ToValue(input.String()))
		if err != nil {
			t.Fatal(err)
		}
		r, err := runPair(context.Background(), t, script, apart, "the program", scripts.Scope{State: state, Input: input})
		if err != nil {
			if !strings.Contains(err.Error(), "contains itself") || want.String() != "cycle" {
				t.Fatalf("state %s, operations %s: %v; plain objects gave %s", state, input, err, want)
			}
			return
		}
		after, err := r.Patch.Apply(state)
		if err != nil {
			t.Fatalf("state %s, operations %s: the patch %s does not fit: %v", state, input, r.Patch, err)
		}
		if got := document.Array(r.Returned, after).String(); got != want.String() && !document.Equal(must(got), must(want.String())) {
			t.Fatalf("state %s, operations %s:\nview  %s\nplain %s\npatch %s", state, input, got, want, r.Patch)
		}
	})
}

var operation = rapid.Custom(func(t *rapid.T) document.Value {
	var items []document.Value
	for _, part := range []struct {
		name string
		bits int
	}{{"operation", 10}, {"i", 4}, {"j", 4}, {"k", 4}, {"n", 5}} {
		items = append(items, document.Int(int64(evenly(t, part.name, part.bits))))
	}
	return document.Array(items...)
})

// evenly draws a number of so many bits. Ranges would give small ones far more often, and the last operations next to never.
func evenly(t *rapid.T, name string, bits int) int {
	n := 0
	for range bits {
		n <<= 1
		if rapid.Bool().Draw(t, name) {
			n++
		}
	}
	return n
}

var anyKey = rapid.SampledFrom([]string{"a", "b", "c", "0", "1", "10", "x y"})

func anyValue(depth int) *rapid.Generator[document.Value] {
	leaf := rapid.SampledFrom([]document.Value{
		document.Null, document.Bool(true), document.Int(1), document.Int(-3), must("0.5"), must("-0"), document.String("s"), document.String(""),
		document.String(strings.Repeat("long ", 20)),
	})
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf, anyList(depth-1), anyObject(depth-1))
}

func anyList(depth int) *rapid.Generator[document.Value] {
	return rapid.Custom(func(t *rapid.T) document.Value {
		items := rapid.SliceOfN(anyValue(depth), 0, 6).Draw(t, "items")
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			for i := range 60 { // long enough to be kept in a sparse view
				items = append(items, document.Object(document.Member{Key: "a", Value: document.Int(int64(i))}))
			}
		}
		return document.Array(items...)
	})
}

func anyObject(depth int) *rapid.Generator[document.Value] {
	return rapid.Custom(func(t *rapid.T) document.Value {
		var members []document.Member
		for _, key := range rapid.SliceOfN(anyKey, 0, 5).Draw(t, "keys") {
			members = append(members, document.Member{Key: key, Value: anyValue(depth).Draw(t, key)})
		}
		return document.Object(members...)
	})
}
