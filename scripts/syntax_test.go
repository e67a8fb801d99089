package scripts_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// compileBoth compiles a source as a body or as an expression, in the middle of a file.
func compileBoth(source string, expression bool) error {
	origin := scripts.Origin{File: "f.yaml", Line: 10, Column: 5, Block: true}
	var err error
	if expression {
		_, err = scripts0.CompileExpression(source, origin)
	} else {
		_, err = scripts0.CompileBody(source, origin)
	}
	return err
}

// TestUnbalanced shows what is said of brackets and quotes that do not match. The marker ¶ is taken out of the source;
// it shows the place that is meant.
func TestUnbalanced(t *testing.T) {
	const body, expression = false, true
	for _, c := range []struct {
		kind            bool
		source, message string
	}{
		{body, "return ¶{", "the script ends before this `{` is closed"},
		{body, "return ¶{a: '}', /* } */ b: /}/, c: `}` // }", "the script ends before this `{` is closed"},
		{body, "return {a: ¶[1, 2", "the script ends before this `[` is closed"},
		{body, "return ¶(", "the script ends before this `(` is closed"},
		{body, "if (a) ¶{\n  f({})\n", "the script ends before this `{` is closed"},
		{body, "const ¶{a, b", "the script ends before this `{` is closed"},
		{body, "switch (a) ¶{ case 1:", "the script ends before this `{` is closed"},
		{body, "return {get x() ¶{", "the script ends before this `{` is closed"},
		{body, "return `a ¶${x", "the script ends before this `${` is closed"},
		{body, "return ¶`a ${x}\n", "the template text that begins here is not closed: end it with `"},
		{body, "f(`${`${a}`}`, ¶`", "the template text that begins here is not closed: end it with `"},
		{body, "return ¶'it", "the string that begins here is not closed"},
		{body, "f('it\\'s', 'a\\\r\nb', ¶\"x\n\")", "the string that begins here is not closed on its line"},
		{body, "return 1 ¶/* 2", "the comment that begins here is not closed: end it with */"},
		{body, "return ¶/a", "the regular expression that begins here is not closed on its line"},
		{body, "let a = 1 / 2\nreturn ¶/[/]\n", "the regular expression that begins here is not closed on its line"},
		{body, "return ¶/[abc", "the [ in the regular expression that begins here is not closed on its line"},
		{body, "return {a: 1}¶}", "this `}` closes nothing: it is one too many"},
		{body, "return 1 ¶}}); evil(); (function(){{", "this `}` closes nothing: it is one too many"},
		{body, "¶}); (function() {", "this `}` closes nothing: it is one too many"},
		{body, "f(1¶]", "this `]` comes before the `(` is closed"},
		{body, "let a = 1\nreturn {\n  b: a,\n  c: [1, 2\n¶}", "this `}` comes before the `[` of the line \"c: [1, 2\" is closed"},
		{body, "x\u2028y = [\u2028¶}", "this `}` comes before the `[` of the line \"y = [\" is closed"},
		{body, "return 1 +¶  \n\n", "Unexpected end of input: the script ends where more must follow"},
		{body, "throw¶", "Unexpected end of input: the script ends where more must follow"},
		{body, "let a = ¶@b", "`@` means nothing here"},
		{body, "return ¶0x", "this is not a number"},
		{body, "return ¶'\\u{zz}'", "the string that begins here holds an escape that JavaScript does not have"},
		{expression, "¶{a: 1", "the expression ends before this `{` is closed"},
		{expression, "() => ¶{ return 1", "the expression ends before this `{` is closed"},
		{expression, "function() ¶{", "the expression ends before this `{` is closed"},
		{expression, "a¶) + (b", "this `)` closes nothing: it is one too many"},
		{expression, "a¶}}", "this `}` closes nothing: it is one too many"},
		{expression, "state.x ===¶ ", "Unexpected end of input: the expression ends where more must follow"},
		{expression, "¶// only", "an expression is needed here, and there is none"},
		{body, "let x = ¶await f()", "await is not possible outside of an async function: make the function around it async, or write a module: export default async function (state, ctx) { … }"},
		{expression, "¶await f()", "await is not possible outside of an async function"},
		{expression, "x ¶await", "await is not possible outside of an async function"},
		{expression, "a ¶form", "Unexpected identifier"},
	} {
		before, after, _ := strings.Cut(c.source, "¶")
		lines := regexp.MustCompile("\r\n|[\n\r\u2028\u2029]").Split(before, -1)
		e := failure(t, compileBoth(before+after, c.kind), scripts.KindScript)
		line, column := 9+len(lines), 5+len([]rune(lines[len(lines)-1]))
		if e.File != "f.yaml" || e.Line != line || e.Column != column || e.Message != "SyntaxError: "+c.message {
			t.Errorf("%q: %s, want %d:%d: %s", c.source, e, line, column, c.message)
		}
	}
}

// TestCodeMadeAtRunTime shows that an error of eval says once what it is.
func TestCodeMadeAtRunTime(t *testing.T) {
	_, err := run(t, "eval('{')", "{}")
	if e := failure(t, err, scripts.KindScript); !strings.HasPrefix(e.Message, "SyntaxError: <eval>: Line 1") {
		t.Error(e.Message)
	}
}

// TestTruncated cuts scripts off at every place: whatever is wrong then, the error names nothing that the source does
// not hold, and no place outside of it.
func TestTruncated(t *testing.T) {
	named := regexp.MustCompile("token (\\S+?)(?:: | |$)|`(.+?)`")
	for _, source := range []string{
		"const f = (a, b = [1, 2]) => {\n  if (a.x?.[b] / 2 > 1) { return {...a, c: `x${a.y}z`} }\n  for (const i of b) { try { f(i) } catch (e) { throw e } }\n}\nreturn {a: f({}, [])}",
		"class A { #p = 1; static get x() { return /[/}]+/g.test('}') } }\nswitch (state.k) { case 'a': return {k: 1}; default: /* none } */ }\nlabel: do { break label } while (true) // }",
		"state.items.filter(x => x.price > 10 && !x.gone).map(({id, ...rest}) => ({id, n: rest.n ?? 0, s: `${id}`}))[0]",
		"async function f() { for await (const x of g()) { yield } } new (class { async *m() {} })",
	} {
		for end := range len(source) {
			for _, expression := range []bool{false, true} {
				err := compileBoth(source[:end], expression)
				if err == nil {
					continue
				}
				e := failure(t, err, scripts.KindScript)
				for _, m := range named.FindAllStringSubmatch(e.Message, -1) {
					if token := m[1] + m[2]; !strings.Contains(source[:end], token) && token != "return" {
						t.Errorf("%q: %s", source[:end], e.Message)
					}
				}
				if last := 10 + strings.Count(source[:end], "\n"); e.Line < 10 || e.Line > last || strings.Contains(e.Message, "weir$") {
					t.Errorf("%q: %v", source[:end], e)
				}
			}
		}
	}
}
