package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestRefused shows what is refused when it is compiled, and where. ¶ marks the place.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ source, message string }{
		{`return ¶/^\p{L}+$/u.test(state.a)`, `have no \p{…}`},
		{`return ¶/\\\P{L}/.test(state.a)`, `have no \p{…}`},
		{`return new ¶RegExp("\\p{L}", "u")`, `have no \p{…}`},
		{`return ¶/x/v.test("x")`, "have no flags d and v"},
		{`return ¶/x/d.exec("x")`, "have no flags d and v"},
		{`return ¶RegExp("x", "dg")`, "have no flags d and v"},
		{"const f = 1\nreturn new ¶Intl.NumberFormat('de')", "there is no Intl here"},
		{"return (1).¶toLocaleString('de')", "toLocaleString takes no locale or options here"},
		{"return new Date().¶toLocaleDateString(undefined, {year: 'numeric'})", "toLocaleDateString takes no locale"},
		{"return 'a'.¶localeCompare('b', 'de', {numeric: true})", "localeCompare takes no locale or options"},
		{"return 'i'.¶toLocaleUpperCase('tr')", "toLocaleUpperCase takes no locale"},
		{"return 'I'.¶toLocaleLowerCase('tr')", "toLocaleLowerCase takes no locale"},
		{"const n: number = 1\nreturn n.¶toLocaleString('de')", "toLocaleString takes no locale"},
		{"export default (s: any) => s.a.¶toLocaleString('de')", "toLocaleString takes no locale"},
	} {
		before, after, _ := strings.Cut(c.source, "¶")
		_, err := scripts0.Compile(inline(before + after))
		e := failure(t, err, scripts.KindScript)
		line, column := 10+strings.Count(before, "\n"), 7+len(before)-(strings.LastIndex(before, "\n")+1)
		if !strings.Contains(e.Message, c.message) || e.Line != line || e.Column != column {
			t.Errorf("%s: %v, want %d:%d", c.source, e, line, column)
		}
	}
	for _, fine := range []string{
		`return /\\p{L}/.test("a")`, `return /p{2}\p/.test("a")`, `return "\\p{L} Intl"`, "return typeof Intl", "const Intl = 1; return Intl",
		"return {Intl: 1}.Intl", "return (1).toLocaleString()", "return 'a'.localeCompare('b', 'de')", `return RegExp("a", "gi").flags`,
	} {
		if _, err := runCode(t, inline(fine)); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

// TestMadeRegularExpressions shows that RegExp works as before, and refuses what goja would get wrong.
func TestMadeRegularExpressions(t *testing.T) {
	r, err := runCode(t, inline(`
		const r = new RegExp("(?<x>" + "a)", "g")
		class Mine extends RegExp {}
		return [r instanceof RegExp, /a/ instanceof RegExp, r.constructor === RegExp, "bab".replace(r, "[$<x>]"), [..."aa".matchAll(r)].length,
			RegExp(/a/g).flags, "a1b".split(new RegExp("\\d")), new Mine("a").test("a"), RegExp.prototype === Object.getPrototypeOf(/a/)]`))
	if want := `[true,true,true,"b[a]b",2,"g",["a","b"],true,true]`; err != nil || r.Returned.String() != want {
		t.Errorf("%s, %v", r.Returned, err)
	}
	_, err = runCode(t, inline(`const p = "\\p{" + "L}"; return new RegExp(p, "u")`))
	if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, `SyntaxError: regular expressions here have no \p{…}`) {
		t.Error(e)
	}
}

// TestMissingNames shows that names which people expect are told with what there is in their place.
func TestMissingNames(t *testing.T) {
	for source, want := range map[string]string{
		"fetch('x')": "call a tool such as http.request", "return process.env.X": "nothing of the host", "setTimeout(() => 0)": "a `sleep` node does",
	} {
		_, err := runCode(t, inline(source))
		if e := failure(t, err, scripts.KindScript); !strings.HasPrefix(e.Message, "ReferenceError: ") || !strings.HasSuffix(e.Message, want) {
			t.Error(e)
		}
	}
}
