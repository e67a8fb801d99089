package document_test

import (
	"fmt"

	"github.com/weirflow/weir/eventstore/document"
)

func Example() {
	state := document.MustParse(`{"name": "weir", "list": [1.50, 12345678901234567890]}`)
	list, _ := state.Get("list")
	next := state.With("list", list.Append(document.Int(3))).With("done", document.Bool(true))
	fmt.Println(next)
	fmt.Println(state)

	patch := document.Diff(state, next)
	again, err := patch.Apply(state)
	fmt.Println(patch)
	fmt.Println(document.Equal(again, next), err)
	// Output:
	// {"done":true,"list":[1.50,12345678901234567890,3],"name":"weir"}
	// {"list":[1.50,12345678901234567890],"name":"weir"}
	// [{"op":"add","path":"/done","value":true},{"op":"add","path":"/list/-","value":3}]
	// true <nil>
}

func ExamplePatch_Apply() {
	patch, err := document.ParsePatch([]byte(`[
		{"op": "test", "path": "/status", "value": "open"},
		{"op": "replace", "path": "/status", "value": "closed"},
		{"op": "remove", "path": "/reason"}
	]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = patch.Apply(document.MustParse(`{"status": "open"}`))
	fmt.Println(err)
	// Output:
	// patch operation 2 (remove "/reason"): the object at "" has no member "reason"
}

func ExampleParse() {
	_, err := document.Parse([]byte("{\n  \"id\": 1,\n  \"id\": 2\n}"))
	fmt.Println(err)
	// Output:
	// line 3, column 3: the object has the key "id" twice
}
