package workflow

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// tableEvaluator gives each expression's value from a table, and remembers what it was asked.
type tableEvaluator struct {
	values map[string]string
	asked  []string
}

var errThrown = errors.New("thrown")

func (e *tableEvaluator) Condition(*Expression, Scope) (bool, error) { return false, errThrown }

func (e *tableEvaluator) Elapsed() time.Duration { return 0 }

func (e *tableEvaluator) Value(x *Expression, _ Scope) (document.Value, error) {
	source := strings.TrimSpace(x.Source)
	e.asked = append(e.asked, source)
	v, ok := e.values[source]
	if !ok {
		return document.Null, errThrown
	}
	return document.MustParse(v), nil
}

func templateOf(t *testing.T, source string) *Template {
	t.Helper()
	d, problems := Parse([]byte("name: x\nnodes:\n  a:\n    set:\n      v: "+source+"\n"), Options{File: "f.yaml"})
	if d == nil {
		t.Fatal(problems)
	}
	return d.Nodes[0].Set
}

func TestTemplateEval(t *testing.T) {
	ev := &tableEvaluator{values: map[string]string{
		"n": "12345678901234567890", "s": `"a \"b\""`, "null": "null", "list": `[1,"x"]`, "t": "true", "o": `{"b":1,"a":2}`,
	}}
	for source, want := range map[string]string{
		`"${n}"`: "12345678901234567890", `"${ list }"`: `[1,"x"]`, `"${null}"`: "null", `"${s}"`: `"a \"b\""`,
		`"<${n}|${s}|${null}|${list}|${t}|${o}>"`: `"<12345678901234567890|a \"b\"||[1,\"x\"]|true|{\"a\":2,\"b\":1}>"`,
		`" ${n}"`:                                `" 12345678901234567890"`,
		`"$${n} $$${n} $n {n} ${t}"`:             `"${n} $${n} $n {n} true"`,
		`"$${"`:                                  `"${"`,
		`[1, "${t}", {x: "${n}", y: [~, 2.50]}]`: `[1,true,{"x":12345678901234567890,"y":[null,2.50]}]`,
		`{b: "${t}", a: text}`:                   `{"a":"text","b":true}`,
	} {
		v, err := templateOf(t, source).Eval(ev, Scope{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, _ := v.Get("v"); got.String() != want {
			t.Errorf("%s is %s, want %s", source, got, want)
		}
	}
}

func TestTemplateFailsWithItsExpression(t *testing.T) {
	for _, source := range []string{`"${x}"`, `"a ${x}"`, `["${x}"]`, `{a: {b: "${x}"}}`} {
		if _, err := templateOf(t, source).Eval(&tableEvaluator{}, Scope{}); !errors.Is(err, errThrown) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestTemplateEvaluatesInSourceOrder(t *testing.T) {
	ev := &tableEvaluator{values: map[string]string{"1": "1", "2": "2", "3": "3", "4": "4"}}
	if _, err := templateOf(t, `{z: "${1}", a: ["${2}", "${3}"], b: "x${4}"}`).Eval(ev, Scope{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ev.asked, ""); got != "1234" {
		t.Errorf("the order was %s", got)
	}
}

func TestTemplateConstantsAreShared(t *testing.T) {
	if v, ok := templateOf(t, `{a: [1, "x", "$${y}"]}`).Constant(); !ok || v.String() != `{"v":{"a":[1,"x","${y}"]}}` {
		t.Errorf("it is constant: %v %s", ok, v)
	}
	if _, ok := templateOf(t, `"${n}"`).Constant(); ok {
		t.Error("an expression is not constant")
	}
	mixed := templateOf(t, `{fixed: {a: [1, 2]}, n: "${n}"}`)
	ev := &tableEvaluator{values: map[string]string{"n": "1"}}
	var fixed []document.Value
	for range 2 {
		v, err := mixed.Eval(ev, Scope{})
		if err != nil {
			t.Fatal(err)
		}
		f, _ := v.Lookup("/v/fixed")
		fixed = append(fixed, f)
	}
	if !document.Same(fixed[0], fixed[1]) {
		t.Error("the constant part was built twice")
	}
	if v, ok := ConstantTemplate(document.Int(3)).Constant(); !ok || v.String() != "3" {
		t.Error("ConstantTemplate lost its value")
	}
}

// TestClosingBrace gives each expression with a | before the brace that ends it.
func TestClosingBrace(t *testing.T) {
	for _, marked := range []string{
		"a|}b}", "{a: {b: 1}}|} }", "'}' + \"}\" + `}`|}", `'\'}' + "\"}"|}`, "`a${ {b: `}${'}'}`} }c}`|}",
		"/* } */ a // }\n|}", "/}/.test(a)|}", "/[/}]\\/}/.test(a)|}", "a / 2 |} / 3", "f(/}/) |}", "(a) / b|} /",
		"x => { return /}/ }|}", "a ? /}/ : b|}", "'a\n|}", "ä + 'ö' |}", "a++ / 2|} /",
	} {
		want := strings.Index(marked, "|")
		if got := closingBrace(strings.Replace(marked, "|", "", 1), 0); got != want {
			t.Errorf("%q: %d, want %d", marked, got, want)
		}
	}
	for _, open := range []string{"", "a", "{}", "'}'", "`}", "`${}`", "/* }", "// }", "/}/", "\\"} {
		if got := closingBrace(open, 0); got >= 0 {
			t.Errorf("%q is closed at %d", open, got)
		}
	}
}

func TestExpressionOrigins(t *testing.T) {
	d, problems := Parse([]byte("name: x\nnodes:\n  a:\n    tool: t\n    with:\n      u: \"ä\\t${state.x}\"\n      v: |\n        ${1} ${\n          2}\n      w: \"${ 3 }\"\n"), Options{File: "f.yaml"})
	if d == nil {
		t.Fatal(problems)
	}
	var got []string
	ev := evaluatorFunc(func(x *Expression) {
		got = append(got, fmt.Sprintf("%q %d:%d", x.Source, x.Origin.Line, x.Origin.Column))
	})
	if _, err := d.Nodes[0].With.Eval(ev, Scope{}); err != nil {
		t.Fatal(err)
	}
	want := `"state.x" 6:16, "1" 8:11, "\n  2" 8:16, " 3 " 10:13`
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

type evaluatorFunc func(x *Expression)

func (f evaluatorFunc) Condition(*Expression, Scope) (bool, error) { return false, nil }

func (f evaluatorFunc) Elapsed() time.Duration { return 0 }

func (f evaluatorFunc) Value(x *Expression, _ Scope) (document.Value, error) {
	f(x)
	return document.Null, nil
}
