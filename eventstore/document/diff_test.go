package document

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ name, from, to, want string }{
		{"nothing", `{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`, `[]`},
		{"a number written differently", `{"a":1.0}`, `{"a":1}`, `[]`},
		{"a member", `{"a":1,"b":2}`, `{"a":1,"b":3}`, `[{"op":"replace","path":"/b","value":3}]`},
		{"a new member", `{"a":1}`, `{"a":1,"b":{"c":[]}}`, `[{"op":"add","path":"/b","value":{"c":[]}}]`},
		{"a member less", `{"a":1,"b":2}`, `{"b":2}`, `[{"op":"remove","path":"/a"}]`},
		{"null where there was a value", `{"a":1,"b":2}`, `{"a":null,"b":2}`, `[{"op":"replace","path":"/a","value":null}]`},
		{"a value where there was null", `{"a":null}`, `{"a":{"b":1}}`, `[{"op":"replace","path":"/a","value":{"b":1}}]`},
		{"another kind", `{"a":[1]}`, `{"a":{"0":1}}`, `[{"op":"replace","path":"/a","value":{"0":1}}]`},
		{"the document", `1`, `"1"`, `[{"op":"replace","path":"","value":"1"}]`},
		{"deep inside", `{"a":{"b":[{"c":1,"d":"` + long + `"}]}}`, `{"a":{"b":[{"c":2,"d":"` + long + `"}]}}`, `[{"op":"replace","path":"/a/b/0/c","value":2}]`},
		{"escaped keys", `{"a/b":{"m~n":1,"z":"` + long + `"}}`, `{"a/b":{"m~n":2,"z":"` + long + `"}}`, `[{"op":"replace","path":"/a~1b/m~0n","value":2}]`},
		{"appended", `{"l":[1,2]}`, `{"l":[1,2,3,4]}`, `[{"op":"replace","path":"/l","value":[1,2,3,4]}]`}, // shorter than two adds
		{"appended to a long list", `["` + long + `"]`, `["` + long + `",1,2]`, `[{"op":"add","path":"/-","value":1},{"op":"add","path":"/-","value":2}]`},
		{"put before", `["` + long + `"]`, `[1,2,"` + long + `"]`, `[{"op":"add","path":"/0","value":1},{"op":"add","path":"/1","value":2}]`},
		{"in the middle", `["` + long + `",1,3]`, `["` + long + `",1,2,3]`, `[{"op":"add","path":"/2","value":2}]`},
		{"removed from the end", `["` + long + `",1,2,3]`, `["` + long + `",1]`, `[{"op":"remove","path":"/2"},{"op":"remove","path":"/2"}]`},
		{"removed from the front", `[1,2,"` + long + `",3]`, `["` + long + `",3]`, `[{"op":"remove","path":"/0"},{"op":"remove","path":"/0"}]`},
		{
			"removed here and there", `["` + long + `a",1,"` + long + `b",2,"` + long + `c",3,4]`, `["` + long + `a","` + long + `b","` + long + `c",4]`,
			`[{"op":"remove","path":"/1"},{"op":"remove","path":"/2"},{"op":"remove","path":"/3"}]`,
		},
		{
			"one changed, one inserted", `[{"id":1,"t":"` + long + `"},{"id":2,"t":"` + long + `"},9]`, `[0,{"id":1,"t":"` + long + `"},{"id":5,"t":"` + long + `"},9]`,
			`[{"op":"add","path":"/0","value":0},{"op":"replace","path":"/2/id","value":5}]`,
		},
		{"the last becomes the first", `["` + long + `","` + long + `2",7]`, `[7,"` + long + `","` + long + `2"]`, `[{"op":"add","path":"/0","value":7},{"op":"remove","path":"/3"}]`},
		{"emptied", `{"l":[1,2,3,4]}`, `{"l":[]}`, `[{"op":"replace","path":"/l","value":[]}]`},
		{"a document with nothing in common", `{"a":1}`, `{"b":2}`, `[{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":2}]`},
		{"nothing in common", `{"l":{"a":1,"b":2}}`, `{"l":{"c":3,"d":4}}`, `[{"op":"replace","path":"/l","value":{"c":3,"d":4}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := MustParse(c.from), MustParse(c.to)
			p := Diff(from, to)
			if p.String() != c.want {
				t.Errorf("got  %s\nwant %s", p, c.want)
			}
			if got, err := p.Apply(from); err != nil || !Equal(got, to) {
				t.Errorf("applied it gives %s, %v", got, err)
			}
		})
	}
}

func TestDiffAt(t *testing.T) {
	p := DiffAt("/state/list", MustParse(`[0,1]`), MustParse(`[0,2]`))
	if got, want := p.String(), `[{"op":"replace","path":"/state/list/1","value":2}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// bigList returns records that share their shape.
func bigList(n int) Value {
	items := make([]Value, n)
	for i := range items {
		items[i] = Object(Member{"id", Int(int64(i))}, Member{"name", String(fmt.Sprintf("record number %d", i))}, Member{"tags", Array(String("x"), Int(int64(i%7)))})
	}
	return Array(items...)
}

func TestPatchesOfListsAreSmall(t *testing.T) {
	list := bigList(1000)
	state := Object(Member{"list", list}, Member{"n", Int(1)})
	changed := list.WithAt(500, list.At(500).With("id", Int(-1)))
	for _, c := range []struct {
		name string
		list Value
		size int
	}{
		{"append", list.Append(Int(7)), 60},
		{"append to an equal list that shares nothing", apart(list).Append(Int(7)), 60},
		{"items in a new list and one more", Array(append(itemsOf(list), Int(7))...), 60},
		{"change one", changed, 60},
		{"change one and drop the first", changed.Slice(1, 1000), 100},
		{"a window that slides", list.Slice(10, 1000).Append(Int(7)), 450},
		{"every tenth dropped", Array(everyTenthDropped(list)...), 4000},
		{"reverse", Array(reversed(list)...), 70000},
	} {
		p := Diff(state, state.With("list", c.list))
		if p.Size() > c.size {
			t.Errorf("%s: the patch has %d bytes, more than %d: %.300s", c.name, p.Size(), c.size, p)
		}
		if got, err := p.Apply(state); err != nil || !Equal(got, state.With("list", c.list)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func everyTenthDropped(list Value) (kept []Value) {
	for i, x := range list.Items() {
		if i%10 != 3 {
			kept = append(kept, x)
		}
	}
	return kept
}

func reversed(list Value) (items []Value) {
	for i := range list.Len() {
		items = append(items, list.At(list.Len()-1-i))
	}
	return items
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyValue(4).Draw(t, "a")
		b := rapid.OneOf(mutant(a), mutant(a), anyValue(3)).Draw(t, "b")
		checkDiff(t, a, b)
	})
}

func checkDiff(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, a, b Value,
) {
	t.Helper()
	p := Diff(a, b)
	got, err := p.Apply(a)
	if err != nil || !Equal(got, b) {
		t.Fatalf("from %s\nto   %s\nby   %s\ngot  %s, %v", a, b, p, got, err)
	}
	wellFormed(t, got)
	plain := a.Any()
	for _, op := range p {
		if plain, err = plainApply(plain, op); err != nil {
			t.Fatalf("from %s\nto   %s\nby   %s\nplainly: %s", a, b, p, err)
		}
	}
	if v, err := From(plain); err != nil || !Equal(v, b) {
		t.Fatalf("from %s\nto   %s\nby   %s\nplainly %s, %v", a, b, p, v, err)
	}
	// What the documents share must not matter, nor that a patch is written and read.
	for _, other := range []Patch{Diff(apart(a), b), Diff(a, apart(b)), Diff(apart(a), apart(b))} {
		if other.String() != p.String() {
			t.Fatalf("from %s\nto   %s\nby   %s\nor   %s", a, b, p, other)
		}
	}
	if again, err := ParsePatch(p.AppendJSON(nil)); err != nil || again.String() != p.String() {
		t.Fatalf("%s is read as %s, %v", p, again, err)
	}
	if p.Size() != len(p.AppendJSON(nil)) {
		t.Fatalf("Size() = %d, the text has %d bytes: %s", p.Size(), len(p.AppendJSON(nil)), p)
	}
	objects := a.Kind() == KindObject && b.Kind() == KindObject
	if replace := (Patch{{Op: OpReplace, Value: b}}); p.Size() > replace.Size() && !objects {
		t.Fatalf("from %s\nto   %s\nby   %s, longer than replacing all", a, b, p)
	}
	if (len(p) == 0) != Equal(a, b) {
		t.Fatalf("from %s\nto   %s\nby   %s, Equal says %v", a, b, p, Equal(a, b))
	}
}

// Lists with many equal items are where positions go wrong.
func TestDiffOfListsWithRepeatedItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.Map(rapid.IntRange(0, 3), func(i int) Value {
			return String(strings.Repeat(string(rune('a'+i)), 40)) // long, so that replacing all is seldom shorter
		})
		list := rapid.Map(rapid.SliceOfN(item, 0, 12), func(items []Value) Value { return Array(items...) })
		checkDiff(t, list.Draw(t, "a"), list.Draw(t, "b"))
	})
}

func TestDiffOfDeepDocumentsIsNotQuadratic(t *testing.T) {
	// Without a memory every one of the levels would compare and hash all that lies below: a thousand times the work.
	nest := func(last int64) Value {
		v := bigList(20000).Append(Int(last))
		for i := range 900 {
			v = Array(v, Int(last+int64(i)), Int(-last), Int(1))
		}
		return v
	}
	a, b := nest(1), nest(2)
	p := Diff(a, b)
	if got, err := p.Apply(a); err != nil || !Equal(got, b) {
		t.Error(err)
	}
}
