package document

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// numberTexts are numbers of every form and size.
var numberTexts = []string{
	"0", "-0", "1", "1.0", "1e0", "10e-1", "0.1", "0.10", "-1.5", "100", "1e2", "1E+2", "9007199254740992", "9007199254740993",
	"-9007199254740993", "12345678901234567890", "1e21", "1e+21", "1e400", "-1e400", "1e-400", "5e-324", "0.1e999999999999999999999",
	"1e999999999999999999998", "3.141592653589793238462643383279", "1152921504606846976", "1152921504606847000",
}

// keys holds keys of every sort: array indexes, what looks like one, escapes, and prefixes of each other.
var keys = []string{
	"a", "b", "c", "ab", "0", "1", "2", "10", "01", "-1", "4294967294", "4294967295", "", "a/b", "m~n", "~1", "é", "\u2028", "\"", "__proto__", "-",
}

func anyKey() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(keys), rapid.StringN(0, 5, 20))
}

// anyLeaf generates values without an inside.
func anyLeaf() *rapid.Generator[Value] {
	return rapid.OneOf(
		rapid.SampledFrom([]Value{Null, Bool(true), Bool(false), String(""), String("x"), Int(1), Int(2)}),
		rapid.Map(rapid.Int64(), Int),
		rapid.Map(rapid.Float64(), func(f float64) Value { v, _ := Float(f); return v }),
		rapid.Map(rapid.SampledFrom(numberTexts), MustParse),
		rapid.Map(rapid.String(), String),
		rapid.Map(rapid.SampledFrom([]string{"\x00", "\n\t\"\\/", "\u2028\u2029", "😀", "<&>", "\u007f", "long " + strings.Repeat("y", 70)}), String),
	)
}

// anyValue generates values nested up to depth.
func anyValue(depth int) *rapid.Generator[Value] {
	if depth == 0 {
		return anyLeaf()
	}
	return rapid.OneOf(anyLeaf(), anyArray(depth), anyObject(depth))
}

func anyArray(depth int) *rapid.Generator[Value] {
	items := rapid.SliceOfN(anyValue(depth-1), 0, 6)
	return rapid.Map(items, func(items []Value) Value { return Array(items...) })
}

func anyObject(depth int) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		members := []Member{}
		for range rapid.IntRange(0, 6).Draw(t, "members") {
			members = append(members, Member{anyKey().Draw(t, "key"), anyValue(depth-1).Draw(t, "value")})
		}
		return Object(members...)
	})
}

// mutant generates values that share much with v: it makes a few changes anywhere in it.
func mutant(v Value) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		w := v
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			w = mutate(t, w)
		}
		return w
	})
}

func mutate(t *rapid.T, v Value) Value {
	inside := v.Len() > 0 && rapid.Bool().Draw(t, "inside")
	switch {
	case v.Kind() == KindArray && inside:
		i := rapid.IntRange(0, v.Len()-1).Draw(t, "i")
		return v.WithAt(i, mutate(t, v.At(i)))
	case v.Kind() == KindObject && inside:
		key := rapid.SampledFrom(v.Keys()).Draw(t, "key")
		x, _ := v.Get(key)
		return v.With(key, mutate(t, x))
	case v.Kind() == KindArray:
		i := rapid.IntRange(0, v.Len()).Draw(t, "i")
		j := rapid.IntRange(i, v.Len()).Draw(t, "j")
		switch rapid.SampledFrom([]string{"append", "slice", "remove", "repeat", "replace"}).Draw(t, "change") {
		case "append":
			return v.Append(rapid.SliceOfN(anyValue(1), 0, 3).Draw(t, "items")...)
		case "slice":
			return v.Slice(i, j)
		case "remove":
			return v.Slice(0, i).Append(itemsOf(v.Slice(j, v.Len()))...)
		case "repeat":
			return v.Slice(0, j).Append(itemsOf(v.Slice(i, v.Len()))...)
		}
	case v.Kind() == KindObject:
		if rapid.Bool().Draw(t, "remove") {
			return v.Without(anyKey().Draw(t, "key"))
		}
		return v.With(anyKey().Draw(t, "key"), anyValue(1).Draw(t, "value"))
	}
	return anyValue(2).Draw(t, "other")
}

func itemsOf(v Value) []Value {
	var items []Value
	for _, x := range v.Items() {
		items = append(items, x)
	}
	return items
}

// apart returns an equal value that shares nothing with v.
func apart(v Value) Value {
	switch v.Kind() {
	case KindString:
		s, _ := v.AsString()
		return String(strings.Clone(s))
	case KindArray:
		items := itemsOf(v)
		for i := range items {
			items[i] = apart(items[i])
		}
		return Array(items...)
	case KindObject:
		members := []Member{}
		for key, x := range v.Members() {
			members = append(members, Member{key, apart(x)})
		}
		return Object(members...)
	default:
		return v
	}
}

// wellFormed checks what must hold of every value, all the way down.
func wellFormed(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, v Value,
) {
	t.Helper()
	if got, want := v.Size(), len(v.AppendJSON(nil)); got != want {
		t.Fatalf("Size() = %d, its text has %d bytes: %.200s", got, want, v)
	}
	depth := 0
	switch x := v.v.(type) {
	case *array:
		depth = depthAround(x.items)
		if x.spare != nil && int(x.spare.Load()) > cap(x.items)-len(x.items) {
			t.Fatalf("%d slots unclaimed after %d of %d", x.spare.Load(), len(x.items), cap(x.items))
		}
		for _, item := range x.items {
			wellFormed(t, item)
		}
	case *object:
		depth = depthAround(x.values)
		if len(x.shape.keys) != len(x.values) {
			t.Fatalf("%d keys for %d values", len(x.shape.keys), len(x.values))
		}
		size := 0
		for i, key := range x.shape.keys {
			size += jsonSize(key) + 1
			if i > 0 && compareKeys(x.shape.keys[i-1], key) >= 0 {
				t.Fatalf("key %q after %q", key, x.shape.keys[i-1])
			}
			wellFormed(t, x.values[i])
		}
		if x.shape.size != size {
			t.Fatalf("the keys %q have the size %d, the shape says %d", x.shape.keys, size, x.shape.size)
		}
	case int64:
		if MustParse(strconv.FormatInt(x, 10)) != v {
			t.Fatalf("%d in another form than the parsed one", x)
		}
	case float64, literal:
		if MustParse(v.NumberText()) != v {
			t.Fatalf("%v in another form than the parsed one", x)
		}
	}
	if v.Depth() != depth {
		t.Fatalf("Depth() = %d, it is %d: %.200s", v.Depth(), depth, v)
	}
}

func TestGeneratedValuesAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "v")
		wellFormed(t, v)
		w := mutant(v).Draw(t, "w")
		wellFormed(t, w)
		wellFormed(t, v)
		if !Equal(v, apart(v)) {
			t.Fatalf("%s is not equal to itself", v)
		}
	})
}

func TestKeysStandInJavaScriptOrder(t *testing.T) {
	members := []Member{}
	for _, key := range keys {
		members = append(members, Member{key, Null})
	}
	got := Object(members...).Keys()
	want := []string{
		"0", "1", "2", "10", "4294967294", // array indexes, by number
		"", "\"", "-", "-1", "01", "4294967295", "__proto__", "a", "a/b", "ab", "b", "c", "m~n", "~1", "é", "\u2028",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
