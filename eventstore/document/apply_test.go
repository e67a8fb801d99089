package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The examples of RFC 6902, appendix A, and more. Those without a result must fail.
var applications = []struct{ name, doc, patch, want string }{
	{"A.1 adding an object member", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"baz":"qux","foo":"bar"}`},
	{"A.2 adding an array element", `{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`},
	{"A.3 removing an object member", `{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`},
	{"A.4 removing an array element", `{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`},
	{"A.5 replacing a value", `{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`},
	{
		"A.6 moving a value", `{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`,
		`[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`, `{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`,
	},
	{"A.7 moving an array element", `{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`},
	{
		"A.8 testing a value: success", `{"baz":"qux","foo":["a",2,"c"]}`,
		`[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2,"c"]}`,
	},
	{"A.9 testing a value: error", `{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, ``},
	{"A.10 adding a nested member object", `{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"child":{"grandchild":{}},"foo":"bar"}`},
	{"A.11 ignoring unrecognized elements", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","xyz":123}]`, `{"baz":"qux","foo":"bar"}`},
	{"A.12 adding to a nonexistent target", `{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, ``},
	{"A.13 invalid JSON Patch document", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","op":"remove"}]`, ``},
	{"A.14 ~ escape ordering", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`},
	{"A.15 comparing strings and numbers", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":"10"}]`, ``},
	{"A.16 adding an array value", `{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`},

	{"add replaces a member", `{"a":1}`, `[{"op":"add","path":"/a","value":2}]`, `{"a":2}`},
	{"add replaces the document", `{"a":1}`, `[{"op":"add","path":"","value":[2]}]`, `[2]`},
	{"replace the document", `5`, `[{"op":"replace","path":"","value":null}]`, `null`},
	{"add null", `{}`, `[{"op":"add","path":"/a","value":null}]`, `{"a":null}`},
	{"add at the end by number", `[1]`, `[{"op":"add","path":"/1","value":2}]`, `[1,2]`},
	{"add at the front", `[1]`, `[{"op":"add","path":"/0","value":2}]`, `[2,1]`},
	{"the empty key", `{"":1}`, `[{"op":"replace","path":"/","value":2}]`, `{"":2}`},
	{"a key that looks like a position", `{"0":2,"-":1}`, `[{"op":"remove","path":"/-"},{"op":"test","path":"/0","value":2}]`, `{"0":2}`},
	{"test compares numbers by worth", `[1.0]`, `[{"op":"test","path":"/0","value":10e-1}]`, `[1.0]`},
	{"test the document", `{"a":[1]}`, `[{"op":"test","path":"","value":{"a":[1]}}]`, `{"a":[1]}`},
	{"move to where it is", `{"a":1}`, `[{"op":"move","from":"/a","path":"/a"}]`, `{"a":1}`},
	{"move the document nowhere", `{"a":1}`, `[{"op":"move","from":"","path":""}]`, `{"a":1}`},
	{"move to the document", `{"a":[1]}`, `[{"op":"move","from":"/a","path":""}]`, `[1]`},
	{"copy the document into itself", `{"a":1}`, `[{"op":"copy","from":"","path":"/b"}]`, `{"a":1,"b":{"a":1}}`},
	{"a copy is a value of its own", `{"a":{"x":1}}`, `[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/x","value":2}]`, `{"a":{"x":1},"b":{"x":2}}`},
	{"a move past a sibling with its name as prefix", `{"a":1,"ab":{}}`, `[{"op":"move","from":"/a","path":"/ab/c"}]`, `{"ab":{"c":1}}`},

	{"a leading zero", `[1,2]`, `[{"op":"replace","path":"/01","value":0}]`, ``},
	{"a sign", `[1,2]`, `[{"op":"replace","path":"/+1","value":0}]`, ``},
	{"beyond the end", `[1]`, `[{"op":"add","path":"/2","value":0}]`, ``},
	{"far beyond the end", `[1]`, `[{"op":"add","path":"/99999999999999999999999999","value":0}]`, ``},
	{"replace at the end", `[1]`, `[{"op":"replace","path":"/-","value":0}]`, ``},
	{"remove at the end", `[1]`, `[{"op":"remove","path":"/1"}]`, ``},
	{"through the end", `[[1]]`, `[{"op":"add","path":"/-/0","value":0}]`, ``},
	{"a key in an array", `[1]`, `[{"op":"add","path":"/a","value":0}]`, ``},
	{"an empty position", `[1]`, `[{"op":"add","path":"/","value":0}]`, ``},
	{"into a string", `{"a":"x"}`, `[{"op":"add","path":"/a/0","value":0}]`, ``},
	{"into null", `{"a":null}`, `[{"op":"add","path":"/a/b","value":0}]`, ``},
	{"a bad escape", `{"~":1}`, `[{"op":"remove","path":"/~"}]`, ``},
	{"an unknown escape", `{"~2":1}`, `[{"op":"remove","path":"/~2"}]`, ``},
	{"no leading slash", `{"a":1}`, `[{"op":"remove","path":"a"}]`, ``},
	{"remove what is not there", `{"a":1}`, `[{"op":"remove","path":"/b"}]`, ``},
	{"replace what is not there", `{"a":1}`, `[{"op":"replace","path":"/b","value":1}]`, ``},
	{"remove the document", `{"a":1}`, `[{"op":"remove","path":""}]`, ``},
	{"move into itself", `{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`, ``},
	{"move what is not there", `{}`, `[{"op":"move","from":"/a","path":"/b"}]`, ``},
	{"copy what is not there", `{}`, `[{"op":"copy","from":"/a","path":"/b"}]`, ``},
	{"copy from the end", `[1]`, `[{"op":"copy","from":"/-","path":"/0"}]`, ``},
	{"no op", `{}`, `[{"path":"/a"}]`, ``},
	{"an unknown op", `{}`, `[{"op":"spam","path":"/a"}]`, ``},
	{"no path", `{}`, `[{"op":"add","value":1}]`, ``},
	{"no value", `{}`, `[{"op":"add","path":"/a"}]`, ``},
	{"no from", `{}`, `[{"op":"move","path":"/a"}]`, ``},
	{"a path that is no string", `{}`, `[{"op":"remove","path":1}]`, ``},
	{"an operation that is no object", `{}`, `[1]`, ``},
	{"a patch that is no array", `{}`, `{"op":"add","path":"/a","value":1}`, ``},
	{"the last of several fails", `{"a":[]}`, `[{"op":"add","path":"/a/-","value":1},{"op":"remove","path":"/b"}]`, ``},
}

func TestApply(t *testing.T) {
	for _, c := range applications {
		t.Run(c.name, func(t *testing.T) {
			doc := MustParse(c.doc)
			got, err := applyText(doc, c.patch)
			if doc.String() != c.doc {
				t.Errorf("the document has become %s", doc)
			}
			if c.want == "" {
				if err == nil {
					t.Errorf("the patch gives %s", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, got)
			if got.String() != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func applyText(doc Value, patch string) (Value, error) {
	p, err := ParsePatch([]byte(patch))
	if err != nil {
		return Null, err
	}
	return p.Apply(doc)
}

func TestPatchErrorsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ doc, patch, want string }{
		{`{"a":{}}`, `[{"op":"remove","path":"/a/b"}]`, `patch operation 0 (remove "/a/b"): the object at "/a" has no member "b"`},
		{`{"a":[7]}`, `[{"op":"test","path":"/a/0","value":7},{"op":"remove","path":"/a/1"}]`, `patch operation 1 (remove "/a/1"): the array at "/a" has no item "1", it has 1`},
		{`{"a":[7]}`, `[{"op":"add","path":"/a/3","value":7}]`, `patch operation 0 (add "/a/3"): the position is beyond the array's end ("3" in the array of 1 at "/a")`},
		{`{"a":"x"}`, `[{"op":"add","path":"/a/b","value":7}]`, `patch operation 0 (add "/a/b"): there is a string at "/a", which has nothing inside`},
		{`{"a":"x"}`, `[{"op":"test","path":"/a","value":7}]`, `patch operation 0 (test "/a"): there is "x", not 7`},
		{`{"a":"x"}`, `[{"op":"move","from":"/b","path":"/a"}]`, `patch operation 0 (move "/b" to "/a"): the object at "" has no member "b"`},
		{`{}`, `[{"path":"/a"}]`, `patch operation 0: it needs an "op", one of add, remove, replace, move, copy and test`},
		{`{}`, `[{"op":"set","path":"/a"}]`, `patch operation 0 (set "/a"): there is no such operation; RFC 6902 has add, remove, replace, move, copy and test`},
	} {
		_, err := applyText(MustParse(c.doc), c.patch)
		var wrong *PatchError
		if !errors.As(err, &wrong) || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if _, err := (Patch{{Op: "set", Path: "/a"}}).Apply(Object()); err == nil {
		t.Error("Apply takes an unknown operation")
	}
}

func TestApplyRefusesToNestTooDeep(t *testing.T) {
	deepest := MustParse(strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1))
	if _, err := (Patch{{Op: OpAdd, Path: "/a", Value: deepest}}).Apply(Object()); err != nil {
		t.Error(err)
	}
	var wrong *PatchError
	p := Patch{{Op: OpAdd, Path: "/a", Value: Null}, {Op: OpAdd, Path: "/a", Value: Array(deepest)}}
	if _, err := p.Apply(Object()); !errors.As(err, &wrong) || wrong.Index != 1 {
		t.Errorf("got %v", err)
	}
	// A patch can be read again although it stands around the values.
	if _, err := ParsePatch(Patch{{Op: OpAdd, Path: "", Value: Array(deepest)}}.AppendJSON(nil)); err != nil {
		t.Error(err)
	}
}

func anyPatch(doc Value) *rapid.Generator[Patch] {
	return rapid.Custom(func(t *rapid.T) Patch {
		p := Patch{}
		for range rapid.IntRange(0, 8).Draw(t, "ops") {
			p = append(p, Op{
				Op:    rapid.SampledFrom([]string{OpAdd, OpAdd, OpRemove, OpReplace, OpMove, OpCopy, OpTest}).Draw(t, "op"),
				Path:  anyPath(doc).Draw(t, "path"),
				From:  anyPath(doc).Draw(t, "from"),
				Value: anyValue(1).Draw(t, "value"),
			})
			if next, err := p.Apply(doc); err == nil && rapid.Bool().Draw(t, "follow") {
				doc, p = next, p[:0:0] // what comes next is about the changed document
			}
		}
		return p
	})
}

// anyPath generates paths that mostly lead somewhere in doc.
func anyPath(doc Value) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		path, v := "", doc
		for rapid.IntRange(0, 3).Draw(t, "deeper") > 0 {
			token := anyKey().Draw(t, "key")
			switch {
			case v.Kind() == KindArray:
				token = rapid.SampledFrom([]string{"-", fmt.Sprint(rapid.IntRange(0, v.Len()).Draw(t, "i"))}).Draw(t, "position")
			case v.Len() > 0 && rapid.IntRange(0, 3).Draw(t, "known") > 0:
				token = rapid.SampledFrom(v.Keys()).Draw(t, "member")
			}
			path += Pointer(token)
			v, _ = v.child(token)
		}
		return path
	})
}

// wide puts v beside so much that the editor remembers its copies.
func wide(v Value) Value {
	members, items := []Member{{"a", v}}, []Value{v}
	for i := range 2 * ownedFrom {
		members = append(members, Member{fmt.Sprintf("filler%d", i), Int(int64(i))})
		items = append(items, Int(int64(i)))
	}
	return Object(append(members, Member{"b", Array(items...)})...)
}

// A patch applied at once is the same as its operations applied one by one, and as the plain reading of the RFC.
func TestApplyAgreesWithThePlainReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := anyValue(3).Draw(t, "doc")
		if rapid.Bool().Draw(t, "wide") {
			doc = wide(doc)
		}
		before := doc.String()
		p := anyPatch(doc).Draw(t, "patch")
		got, err := p.Apply(doc)

		single, plain, failed := doc, doc.Any(), -1
		for i, op := range p {
			next, singleErr := Patch{op}.Apply(single)
			var plainErr error
			plain, plainErr = plainApply(plain, op)
			if (singleErr == nil) != (plainErr == nil) {
				t.Fatalf("operation %d %s: alone %v, plainly %v", i, Patch{op}, singleErr, plainErr)
			}
			if singleErr != nil {
				failed = i
				break
			}
			single = next
		}
		if doc.String() != before {
			t.Fatalf("the document has become %s", doc)
		}
		if err != nil {
			var wrong *PatchError
			if !errors.As(err, &wrong) || wrong.Index != failed {
				t.Fatalf("operation %d fails, the error is %v", failed, err)
			}
			return
		}
		wellFormed(t, got)
		fromPlain, plainErr := From(plain)
		if failed >= 0 || plainErr != nil || got.String() != single.String() || got.String() != fromPlain.String() {
			t.Fatalf("at once  %s\none by one %s (%d fails)\nplainly  %s", got, single, failed, fromPlain)
		}
	})
}

// A list or object that one patch changes twice is copied at the first change and changed in place at the second. What
// is around it must count what it has become.
func TestSizesOfWhatIsChangedTwice(t *testing.T) {
	doc := wide(wide(Int(1)))
	for _, first := range []Op{{Op: OpReplace, Path: "/b/3", Value: Int(1)}, {Op: OpReplace, Path: "/a/filler3", Value: Int(1)}, {Op: OpReplace, Path: "/b/0/b/1", Value: Int(9)}} {
		for _, second := range []Op{
			{Op: OpRemove, Path: "/b/0"},
			{Op: OpRemove, Path: "/a/filler4"},
			{Op: OpAdd, Path: "/b/2", Value: String("long")},
			{Op: OpAdd, Path: "/a/new", Value: MustParse(`[[[1]]]`)},
			{Op: OpReplace, Path: "/b/0/b/2", Value: MustParse(`{"k":[1]}`)},
			{Op: OpAdd, Path: "/a/filler5", Value: String("longer")},
			{Op: OpReplace, Path: "/b/0/b", Value: Null},
			{Op: OpRemove, Path: "/a"},
		} {
			got, err := Patch{first, second}.Apply(doc)
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, got)
		}
	}
}
