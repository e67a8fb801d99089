package document

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKindsAndAccessors(t *testing.T) {
	for text, kind := range map[string]Kind{
		"null": KindNull, "true": KindBool, "1": KindNumber, "1.5": KindNumber, "1.0": KindNumber, `"x"`: KindString, "[1]": KindArray, `{"a":1}`: KindObject,
	} {
		v := MustParse(text)
		if v.Kind() != kind {
			t.Errorf("%s is %s, want %s", text, v.Kind(), kind)
		}
		if v.IsNull() != (kind == KindNull) {
			t.Errorf("%s.IsNull() = %v", text, v.IsNull())
		}
		if _, ok := v.AsBool(); ok != (kind == KindBool) {
			t.Errorf("%s.AsBool() is %v", text, ok)
		}
		if _, ok := v.AsString(); ok != (kind == KindString) {
			t.Errorf("%s.AsString() is %v", text, ok)
		}
		if _, _, ok := v.AsFloat(); ok != (kind == KindNumber) {
			t.Errorf("%s.AsFloat() is %v", text, ok)
		}
		if (v.NumberText() != "") != (kind == KindNumber) {
			t.Errorf("%s.NumberText() = %q", text, v.NumberText())
		}
		if _, ok := v.Get("a"); ok != (kind == KindObject) {
			t.Errorf("%s.Get() is %v", text, ok)
		}
		if (v.Len() == 1) != (kind == KindArray || kind == KindObject) {
			t.Errorf("%s.Len() = %d", text, v.Len())
		}
	}
	var zero Value
	if zero != Null || zero.String() != "null" || zero.Size() != 4 {
		t.Error("the zero Value is not null")
	}
}

func TestObjects(t *testing.T) {
	v := Object(Member{"b", Int(1)}, Member{"a", Int(2)}, Member{"b", Int(3)}, Member{"bad\xff", Null})
	if got, want := v.String(), `{"a":2,"b":3,"bad`+"\uFFFD"+`":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	with := v.With("b", String("x")).With("10", Null).With("9", Null).With("\"", Bool(true)).Without("a").Without("none")
	if got, want := with.String(), `{"9":null,"10":null,"\"":true,"b":"x","bad`+"\uFFFD"+`":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	wellFormed(t, with)
	if w := with.With("\xff", Int(1)).With("\xff", Int(2)); w.Len() != with.Len()+1 {
		t.Errorf("got %s", w)
	} else {
		wellFormed(t, w)
	}
	if got := v.String(); !strings.HasPrefix(got, `{"a":2,"b":3,`) {
		t.Errorf("the first object has become %s", got)
	}
	if !Same(v.With("a", Int(2)), v) || !Same(v.Without("none"), v) {
		t.Error("a change that changes nothing makes another object")
	}
	if got := v.Without("a").Without("b").Without("bad\uFFFD"); !Same(got, Object()) {
		t.Errorf("without its members it is %s", got)
	}
	if got := Null.With("a", Null).String() + Null.Without("a").String() + Null.Append(Null).String() + Null.Append().String(); got != `{"a":null}{}[null][]` {
		t.Errorf("from null grows %s", got)
	}
	keys := []string{}
	for key := range with.Members() {
		if keys = append(keys, key); len(keys) == 2 {
			break
		}
	}
	if diff := cmp.Diff([]string{"9", "10"}, keys); diff != "" {
		t.Error(diff)
	}
	for key := range Int(1).Members() {
		t.Errorf("a number has the member %q", key)
	}
}

func TestWrongKindPanics(t *testing.T) {
	list := MustParse(`[1,2]`)
	for name, call := range map[string]func(){
		"With of a number":   func() { Int(1).With("a", Null) },
		"With of an array":   func() { list.With("a", Null) },
		"Append to a string": func() { String("x").Append(Null) },
		"At of an object":    func() { Object().At(0) },
		"At beyond":          func() { list.At(2) },
		"WithAt beyond":      func() { list.WithAt(2, Null) },
		"Slice beyond":       func() { list.Slice(1, 3) },
		"Slice backwards":    func() { list.Slice(2, 1) },
		"MustParse":          func() { MustParse("[") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestFrom(t *testing.T) {
	type record struct {
		Name string `json:"name"`
		N    uint8  `json:"n,omitempty"`
	}
	deep := any(1)
	for range MaxDepth {
		deep = []any{deep}
	}
	for _, c := range []struct {
		from any
		want string
	}{
		{nil, `null`},
		{true, `true`},
		{"x\xff", "\"x\uFFFD\""},
		{5, `5`},
		{int8(-5), `-5`},
		{int32(5), `5`},
		{uint32(5), `5`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{0.1, `0.1`},
		{float32(0.1), `0.1`},
		{json.Number("1.00"), `1.00`},
		{json.RawMessage(`{"b": 1.00, "a": [2]}`), `{"a":[2],"b":1.00}`},
		{MustParse(`{"a":1.0}`), `{"a":1.0}`},
		{map[string]any{"b": []any{1, "x", nil, MustParse(`2.0`)}, "a": map[string]any{}}, `{"a":{},"b":[1,"x",null,2.0]}`},
		{map[string]string{"a": "b"}, `{"a":"b"}`},
		{map[string]Value{"a": Int(1)}, `{"a":1}`},
		{[]string{"a"}, `["a"]`},
		{[]Value{Int(1)}, `[1]`},
		{[]map[string]any{{"a": 1}}, `[{"a":1}]`},
		{[]any(nil), `null`},
		{map[string]any(nil), `null`},
		{record{"<x>", 0}, `{"name":"<x>"}`},
		{[]record{{"a", 1}}, `[{"n":1,"name":"a"}]`},
		{[]any{record{"a", 1}}, `[{"n":1,"name":"a"}]`},
		{deep, strings.Repeat("[", MaxDepth) + "1" + strings.Repeat("]", MaxDepth)},
	} {
		v, err := From(c.from)
		if err != nil || v.String() != c.want {
			t.Errorf("From(%v) = %s, %v, want %s", c.from, v, err, c.want)
		}
		wellFormed(t, v)
	}
	empty := any([]any{})
	for range MaxDepth {
		empty = []any{empty}
	}
	deepest, _ := From(deep)
	for _, x := range []any{
		math.NaN(), math.Inf(1), json.Number("x"), json.RawMessage(`{`), json.RawMessage(`{"a":1,"a":2}`), func() {},
		[]any{make(chan int)},
		map[string]any{"a": math.NaN()},
		[]any{deep},
		empty,
		[]any{deepest},
		map[string]any{"a": struct{ X any }{deep}},
	} {
		if v, err := From(x); err == nil {
			t.Errorf("From(%.50v) = %.50s", x, v)
		}
	}
}

func TestAnyAndDecode(t *testing.T) {
	v := MustParse(`{"a":[1,2.50,"x",null,true,{}],"big":12345678901234567890}`)
	want := map[string]any{
		"a": []any{json.Number("1"), json.Number("2.50"), "x", nil, true, map[string]any{}}, "big": json.Number("12345678901234567890"),
	}
	if diff := cmp.Diff(want, v.Any()); diff != "" {
		t.Error(diff)
	}
	var decoded any
	if err := v.Decode(&decoded); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(any(want), decoded); diff != "" {
		t.Error(diff)
	}
	var record struct {
		A   []Value
		Big uint64
	}
	if err := v.Decode(&record); err != nil || record.Big != 12345678901234567890 || record.A[1].String() != "2.50" {
		t.Errorf("%+v, %v", record, err)
	}
	if err := v.Decode(&[]int{}); err == nil {
		t.Error("an object is decoded into a slice")
	}
}

func TestValuesInEncodingJSON(t *testing.T) {
	in := struct {
		V Value
		P Patch
		O Op
	}{MustParse(`[1.0,"<>"]`), Patch{{Op: OpAdd, Path: "/a", Value: Null}}, Op{Op: OpRemove, Path: ""}}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"V":[1.0,"\u003c\u003e"],"P":[{"op":"add","path":"/a","value":null}],"O":{"op":"remove","path":""}}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	out := in
	out.V, out.P = Null, nil
	if err := json.Unmarshal([]byte(want), &struct {
		V *Value
		P *Patch
	}{&out.V, &out.P}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, out); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"V":{"a":1,"a":2}}`), &out); err == nil {
		t.Error("a key twice passes")
	}
	if err := json.Unmarshal([]byte(`{"P":[{}]}`), &out); err == nil {
		t.Error("an operation without op passes")
	}
}

func TestDigest(t *testing.T) {
	want := "sha256:1c8f8816506a8ccbc55140d8a7bb70214a8942c7030fc0fc2914cec675cd1c15" // of {"a":[],"b":1}
	if got := MustParse(`{ "b": 1, "a": [] }`).Digest(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if MustParse(`1.0`).Digest() == MustParse(`1`).Digest() {
		t.Error("other texts have the same digest")
	}
}

func TestPointersAndLookup(t *testing.T) {
	// The examples of RFC 6901, section 5.
	doc := MustParse(`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`)
	for pointer, want := range map[string]string{
		"": doc.String(), "/foo": `["bar","baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2",
		"/e^f": "3", "/g|h": "4", "/i\\j": "5", "/k\"l": "6", "/ ": "7", "/m~0n": "8",
	} {
		if v, ok := doc.Lookup(pointer); !ok || v.String() != want {
			t.Errorf("%q leads to %s, %v, want %s", pointer, v, ok, want)
		}
	}
	for _, pointer := range []string{"foo", "/none", "/foo/2", "/foo/-", "/foo/00", "/foo/0/x", "/foo/+1", "/foo/", "/m~n", "/m~2n", "//", "/foo/18446744073709551616"} {
		if v, ok := doc.Lookup(pointer); ok {
			t.Errorf("%q leads to %s", pointer, v)
		}
	}
	if got, want := Pointer("a/b", "m~n", "", "0"), "/a~1b/m~0n//0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Pointer(); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestSizesDoNotWrapAround(t *testing.T) {
	v := String("x")
	for range 70 { // a text of 2^70 bytes
		v = Array(v, v)
	}
	if v.Size() != math.MaxInt {
		t.Errorf("Size() = %d", v.Size())
	}
	for _, w := range []Value{v.Append(Int(1)), v.WithAt(0, v.At(0)), Object(Member{"a", v}).With("b", v), Null.Append(v)} {
		if w.Size() != math.MaxInt {
			t.Errorf("Size() = %d", w.Size())
		}
	}
	wellFormed(t, v.WithAt(0, Null).WithAt(1, Null))
	wellFormed(t, Object(Member{"a", v}, Member{"b", Null}).With("a", Null))
	wellFormed(t, Object(Member{"a", v}, Member{"b", Null}).Without("a"))
	p := Patch{{Op: OpAdd, Path: "/0", Value: Null}, {Op: OpRemove, Path: "/1"}, {Op: OpRemove, Path: "/1"}}
	if got, err := p.Apply(v); err != nil || got.String() != "[null]" || got.Size() != 6 {
		t.Errorf("got size %d, %v", got.Size(), err)
	}
	if size := (Patch{{Op: OpAdd, Path: "", Value: v}}).Size(); size != math.MaxInt {
		t.Errorf("the patch's size is %d", size)
	}
}
