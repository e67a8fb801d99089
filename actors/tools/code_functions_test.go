package tools_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// invoke calls a built-in tool with an input of Go values.
func invoke(t *testing.T, name string, input map[string]any) (document.Value, error) {
	t.Helper()
	v, err := document.From(input)
	if err != nil {
		t.Fatal(err)
	}
	return builtin(t, name).Invoke(t.Context(), tools.Call{Input: v})
}

func mustInvoke(t *testing.T, name string, input map[string]any) document.Value {
	t.Helper()
	result, err := invoke(t, name, input)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

const sample = `package p

// Plain has a doc comment, which is not part of it.
func Plain() {}

func (s *Stack[T]) Push(a, b int, rest ...T) (n int) {
	for i := range a {
		if i > b && b > 0 || a == 1 {
			n++
		} else if i < 0 {
			n--
		}
	}
	switch {
	case a > 1, a < 0:
	case b > 1:
	default:
	}
	return
}

func (Value) pick(chan int, <-chan bool) {
	select {
	case <-x:
	case y <- 1:
	default:
	}
	func() {
		for {
		}
	}()
}

func (m Map[K, V]) get(_ K) V
`

func TestFunctions(t *testing.T) {
	got := mustInvoke(t, "code.functions", map[string]any{"path": "a/b.go", "code": sample})
	want := document.MustParse(`{
		"functions": [
			{"path": "a/b.go", "name": "Plain", "receiver": "", "line": 4, "end_line": 4, "length": 1, "parameters": 0, "complexity": 1},
			{"path": "a/b.go", "name": "Push", "receiver": "*Stack", "line": 6, "end_line": 20, "length": 15, "parameters": 3, "complexity": 8},
			{"path": "a/b.go", "name": "pick", "receiver": "Value", "line": 22, "end_line": 32, "length": 11, "parameters": 2, "complexity": 4},
			{"path": "a/b.go", "name": "get", "receiver": "Map", "line": 34, "end_line": 34, "length": 1, "parameters": 1, "complexity": 1}
		],
		"function_count": 4,
		"line_count": 34
	}`)
	if !document.Equal(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestComplexity(t *testing.T) {
	got := mustInvoke(t, "code.complexity", map[string]any{"code": sample, "language": "Go"})
	want := document.MustParse(`{"complexity": {"total": 14, "max": 8, "average": 3.5, "functions": [
		{"name": "Plain", "line": 4, "complexity": 1},
		{"name": "(*Stack).Push", "line": 6, "complexity": 8},
		{"name": "Value.pick", "line": 22, "complexity": 4},
		{"name": "Map.get", "line": 34, "complexity": 1}
	]}}`)
	if !document.Equal(got, want) {
		t.Errorf("got %s", got)
	}
	empty := mustInvoke(t, "code.complexity", map[string]any{"code": "package p", "language": "go"})
	if get(t, empty, "/complexity") != `{"average":0,"functions":[],"max":0,"total":0}` {
		t.Errorf("got %s", empty)
	}
}

func TestSeveralFiles(t *testing.T) {
	got := mustInvoke(t, "code.functions", map[string]any{
		"code": nil, "path": nil,
		"files": []any{
			map[string]any{"path": "a.go", "code": "package p\nfunc a() {}"},
			map[string]any{"path": "b.txt", "language": "go", "code": "package p\nfunc b() {}\n"},
		},
	})
	if get(t, got, "/functions/0/path")+get(t, got, "/functions/1/path")+get(t, got, "/line_count") != `"a.go""b.txt"4` {
		t.Errorf("got %s", got)
	}
}

// Line directives must not move what is reported.
func TestPositionsAreReal(t *testing.T) {
	got := mustInvoke(t, "code.functions", map[string]any{"path": "a.go", "code": "package p\n\n//line other.go:100\nfunc a() {}\n"})
	if get(t, got, "/functions/0/line") != "4" {
		t.Errorf("got %s", got)
	}
}

func TestSourcesAreRefused(t *testing.T) {
	big := "package p\n" + strings.Repeat("\n", 1<<20)
	megabyte := map[string]any{"path": "a.go", "code": "package p\n" + strings.Repeat("\n", 1<<20-10)}
	tests := []struct {
		input      map[string]any
		kind, want string
	}{
		{map[string]any{}, tools.KindInput, "give the source as code with its path, or several as files"},
		{map[string]any{"code": "x"}, tools.KindInput, "/language: nothing says what language the code is; give language: go"},
		{map[string]any{"code": "x", "path": "a.py"}, tools.KindInput, `/path: "a.py" is not understood; only go is`},
		{map[string]any{"code": "x", "path": "a.go", "language": "python"}, tools.KindInput, `/language: "python" is not understood; only go is`},
		{map[string]any{"code": 1, "path": "a.go"}, tools.KindInput, "/code: must be null or a text, not a number"},
		{map[string]any{"files": []any{map[string]any{"path": "a.go"}}}, tools.KindInput, "/files/0: `code` is missing"},
		{map[string]any{"files": []any{map[string]any{"path": "a.c", "code": ""}}}, tools.KindInput, `/files/0/path: "a.c" is not understood`},
		{map[string]any{"code": big, "path": "a.go"}, tools.KindInput, "/code: a.go has 1048586 bytes; a source may have 1048576"},
		{map[string]any{"files": []any{megabyte, megabyte, megabyte, megabyte, megabyte}}, tools.KindInput, "/files: the sources hold more than 4194304 bytes together"},
		{map[string]any{"code": "package p\n\nfunc a( {\n", "path": "a.go"}, tools.KindTool, "a.go:3:9: this is not Go that can be read: expected ')', found '{'"},
		{map[string]any{"code": "", "language": "go"}, tools.KindTool, "code:1:1: this is not Go that can be read: expected 'package', found 'EOF'"},
	}
	for _, test := range tests {
		for _, tool := range []string{"code.functions", "code.complexity", "code.fix"} {
			_, err := invoke(t, tool, test.input)
			if message := failed(t, err, test.kind); !strings.Contains(message, test.want) {
				t.Errorf("%s: message %q lacks %q", tool, message, test.want)
			}
		}
	}
}

// Formatting deeply nested source takes time that grows with the cube of the depth and cannot be
// interrupted, so such source is refused before.
func TestDeepSourceIsRefused(t *testing.T) {
	for name, code := range map[string]string{
		"sum":       "var x = " + strings.Repeat("1+", 20_000) + "1",
		"parens":    "var x = " + strings.Repeat("(", 20_000) + "1" + strings.Repeat(")", 20_000),
		"selectors": "var x = a" + strings.Repeat(".a", 20_000),
		"blocks":    "func f() " + strings.Repeat("{", 20_000) + strings.Repeat("}", 20_000),
		"literals":  "func f() {" + strings.Repeat("func(){", 4_000) + strings.Repeat("}()", 4_000) + "}",
		"many":      strings.Repeat("var x = "+strings.Repeat("1+", 1_000)+"1\n", 100),
	} {
		code = "package p\n" + code + "\n"
		_, err := invoke(t, "code.fix", map[string]any{"code": code, "language": "go"})
		if message := failed(t, err, tools.KindTool); !strings.Contains(message, "nested too deeply") {
			t.Errorf("%s: got %s", name, message)
		}
		found := mustInvoke(t, "code.issues", map[string]any{"code": code, "language": "go"})
		if get(t, found, "/issues/0/rule") != `"syntax"` {
			t.Errorf("%s: got %s", name, found)
		}
	}
	long := "package p\nvar x = " + strings.Repeat("\"a\" +\n\t", 2_000) + "\"b\"\n"
	mustInvoke(t, "code.issues", map[string]any{"code": long, "language": "go"})
}

func TestCodeToolsStopWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	input := document.MustParse(`{"path": "a.go", "code": "package p", "before": "a", "after": "b"}`)
	for _, name := range []string{"code.issues", "code.fix", "code.diff"} {
		_, err := builtin(t, name).Invoke(ctx, tools.Call{Input: input})
		failed(t, err, tools.KindCancelled)
	}
}
