package examples_test

import (
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

func TestMap(t *testing.T) {
	system := open(t)
	state := run(t, system, "rank-files", document.MustParse(`{"files": [
		{"path": "a.go", "code": "package a\n"},
		{"path": "b.go", "code": "package b\n\nfunc f() {\n\tprintln(1)\n}\n"},
		{"path": "c.go"},
		{"path": "d.go", "code": "nonsense"}
	]}`))
	want(t, state, map[string]string{
		"/ranking/0/path": `"d.go"`, "/ranking/1/path": `"b.go"`, "/ranking/2": `{"path": "a.go", "points": 0, "issues": 0}`,
		"/refused/0/path": `"c.go"`, "/reviews/2/error/kind": `"tool_input"`, "/reviews/2/error/index": "2",
	})
	if refused, _ := state.Get("refused"); refused.Len() != 1 {
		t.Errorf("refused: %s", refused)
	}
	want(t, run(t, system, "rank-files", document.MustParse(`{"files": []}`)), map[string]string{"/ranking": "[]", "/refused": "[]"})
}
