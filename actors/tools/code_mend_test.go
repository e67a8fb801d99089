package tools

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checker is what *testing.T and *rapid.T share.
type checker interface {
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

func everyRule(string) bool { return true }

// complaints lists what the compiler would say about a source that imports nothing.
func complaints(t checker, code string) map[string]int {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", code, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err, "\n"+code)
	}
	list := map[string]int{}
	config := types.Config{Importer: noImporter{}, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			list[e.Msg]++
		}
	}}
	_, _ = config.Check("p", fset, []*ast.File{file}, nil)
	return list
}

// checkMended asserts what code.fix promises of one source: the result is formatted, compiles where the
// source did, and leaves nothing to mend.
func checkMended(t checker, code string) {
	if _, err := parse(source{code: code}); err != nil {
		return
	}
	before := complaints(t, code)
	current := code
	for round := 0; ; round++ {
		p, err := parse(source{code: current})
		if err != nil {
			t.Fatal("the result does not parse:", err, "\n"+current)
		}
		after, done := mend(p, math.MaxInt, everyRule)
		for message, n := range complaints(t, after) {
			// What was broken may break otherwise, as positions and spellings in messages change.
			if n > before[message] && (len(before) == 0 || strings.Contains(message, "and not used")) {
				t.Errorf("after the fixes the compiler says %q\nbefore:\n%s\nafter:\n%s", message, code, after)
			}
		}
		if len(done) == 0 {
			break
		}
		if after == current {
			t.Fatal(fmt.Sprintf("%d fixes change nothing\n%q", len(done), current))
		}
		current = after
		if round == 5 {
			t.Fatal("the fixes do not end:\n" + code)
		}
	}
}

// programs draws functions full of prints, uses and bad format.
func programs() *rapid.Generator[string] {
	expression := rapid.SampledFrom([]string{
		"1", "a", "b", "c", "s.n", "q.n", "xs[0]", "len(xs)", "f()", "a + b", "a / b", "i == j", "a == 1", "-c", "string(rune(a))", "\"x \"", "`x \n y`", "d", "(a)",
	})
	space := rapid.SampledFrom([]string{"", "", "", " ", "\t", "  "})
	var statement func(depth int) *rapid.Generator[string]
	statement = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			x, y := expression.Draw(t, "x"), expression.Draw(t, "y")
			forms := []string{
				"println(" + x + ")", "print(" + x + ", " + y + ")", "println(" + x + ") // why", "println(\n" + x + ",\n)",
				"a = " + x, "use(" + x + ")", "d := " + x + "\n_ = d", "e := " + x + "\nprintln(e)", "e := " + x + "\ne = 2\nprintln(e)\nuse(e)",
				"use(); println(" + x + "); use()", "c++", "var d = 1\nprintln(d)\nfunc() { d = 2 }()", "L: println()", "// comment", "/* a \n b */",
				"switch z := i.(type) {\ncase int:\nprintln(z)\ndefault:\nuse(z)\n}",
			}
			if depth < 3 {
				inner := statement(depth + 1)
				forms = append(
					forms,
					"if "+y+" == 1 { "+inner.Draw(t, "inner")+" \n}",
					"for k := range xs {\n"+inner.Draw(t, "inner")+space.Draw(t, "space")+"\nprintln(k)\n}",
					"for k, v := range xs {\nuse(k)\n"+inner.Draw(t, "inner")+"\nprintln(v, k)\n}",
					"switch {\ncase a > 1: "+inner.Draw(t, "inner")+"\ndefault:\nprintln()\n}",
					"func() {\n\n\n"+inner.Draw(t, "inner")+"\n}()",
					"{\nb := 2\n"+inner.Draw(t, "inner")+"\nprintln(b)\n}",
				)
			}
			return space.Draw(t, "before") + rapid.SampledFrom(forms).Draw(t, "statement") + space.Draw(t, "after")
		})
	}
	return rapid.Custom(func(t *rapid.T) string {
		body := strings.Join(rapid.SliceOfN(statement(0), 1, 8).Draw(t, "body"), "\n")
		return "package p\n\ntype S struct { n int }\nvar d int\nfunc f() int { return 1 }\nfunc use(...any) {}\n" +
			"func g(a, b int, s S, q *S, xs []int, i, j any) {\nvar c int\n" + body + "\n}\n"
	})
}

func TestMendKeepsPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkMended(t, programs().Draw(t, "program")) })
}

func FuzzMend(f *testing.F) {
	for i := range 20 {
		f.Add(programs().Example(i))
	}
	f.Add("package p\r\n\r\nvar a = `\r\n ` \r\n")
	f.Add("package p\n\nimport . \"fmt\"\n\nfunc a() { Println(); println(0x1P-2, 01i) }\n")
	f.Fuzz(func(t *testing.T, code string) {
		if len(code) < 4096 {
			checkMended(t, code)
		}
	})
}

// Real source, its indentation spoilt, becomes exactly what gofmt writes.
func TestMendRealSource(t *testing.T) {
	files := 0
	for _, dir := range []string{"go/printer", "strconv"} {
		paths, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(dir), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoilt := strings.ReplaceAll(strings.ReplaceAll(string(data), "\n\t", "\n  "), ") {\n", ") { \n")
			p, err := parse(source{path: path, code: spoilt})
			if err != nil {
				t.Fatal(err)
			}
			if ast.IsGenerated(p.file) {
				continue
			}
			files++
			got, _ := mend(p, math.MaxInt, func(rule string) bool { return rule != ruleDebugPrint })
			want, err := format.Source([]byte(spoilt))
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what gofmt writes, from line %d on", path, firstDifference(got, string(want)))
			}
		}
	}
	if files < 15 {
		t.Errorf("only %d files were read", files)
	}
}

// The comparison is what keeps a wrong fix from being made, so it must see every change that matters.
func TestShapeTellsProgramsApart(t *testing.T) {
	one := func(line string) string {
		t.Helper()
		p, err := parse(source{code: "package p\n\nfunc a() {\n" + line + "\n}\n"})
		if err != nil {
			t.Fatal(line, err)
		}
		return string(shape(p, nil))
	}
	different := [][]string{
		{"a = b", "a := b", "a += b", "a, b = c", "a = c", "a = b()", "a = b(c)", "a = b(c...)"},
		{"a++", "a--"},
		{"a = b + c", "a = b - c", "a = (b + c) * d", "a = b + c*d"},
		{"a = !b", "a = -b", "a = &b", "a = *b", "a = <-b"},
		{"break", "continue", "return", "return a", "fallthrough", "goto L"},
		{"for a {}", "for a; b; {}", "for ; a; b {}", "for ; a; {b()}", "for a = range b {}", "for a := range b {}", "for range b {}", "for a, _ := range b {}"},
		{"if a {}", "if a {} else {}", "if a; b {}", "if a {b()}", "if a {} else if b {}"},
		{"switch a {}", "switch a; {}", "switch {}", "switch a {case b:}", "switch a {case b, c:}", "switch a {default:}", "switch a {case b: c()}"},
		{"select {case <-a:}", "select {default:}", "select {case b := <-a:}"},
		{"var a int", "var a = int", "var a, b int", "const a = 1", "type a int", "type a = int"},
		{"var a chan int", "var a <-chan int", "var a chan<- int", "var a []int", "var a [2]int", "var a map[int]int"},
		{"a = b[1:2]", "a = b[1:]", "a = b[:1]", "a = b[:1:2]", "a = b[1:2:3]", "a = b[1]"},
		{"a = `x `", "a = `x`", `a = "x "`, "a = 'x'", "a = 1", "a = 1.0"},
		{"a = T{b}", "a = T{b: c}", "a = T{}", "a = []T{{}}", "a = []T{T{}}", "a = struct{a int}{}", "a = struct{a int `b`}{}"},
		{"defer a()", "go a()", "a()", "a <- b", "func() { a() }()", "{ a() }", "L: a()"},
		{"var f func(a, b int)", "var f func(int, int)", "var f func(a int)", "var f func(int) int", "var f func(...int)"},
	}
	for _, group := range different {
		for i := range group {
			for j := range i {
				if one(group[i]) == one(group[j]) {
					t.Errorf("%q and %q have one shape", group[i], group[j])
				}
			}
		}
	}
	for _, same := range [][2]string{{"a = (b)", "a = b"}, {"a = 0XFF", "a = 0xff"}, {"a();;b()", "a()\nb()"}, {"a() // x", "a()"}, {"if (a) {}", "if a {}"}} {
		if one(same[0]) != one(same[1]) {
			t.Errorf("%q and %q have two shapes", same[0], same[1])
		}
	}
}

func BenchmarkReview(b *testing.B) {
	data, err := os.ReadFile("code_edits.go")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		p, err := parse(source{path: "code_edits.go", code: string(data)})
		if err != nil {
			b.Fatal(err)
		}
		reviewSource(p, defaultLimits)
	}
}
