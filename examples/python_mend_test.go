package examples_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
)

// repair is a piece of Python and what mending makes of it. Of the two, rough and mended, only what stands in « and » differs:
// «rough|mended».
var repairs = []string{
	// Mutable defaults, and those that are left to a person.
	"def f(a, items=«[]|None»):\n«|    if items is None:\n        items = []\n»    items.append(a)\n    return items\n",
	"def f(a=«{}|None», *b, c=«list()|None»):\n    \"\"\"Says\n    what.\"\"\"  # why\n«|    if a is None:\n        a = {}\n    if c is None:\n        c = list()\n»    return a, b, c\n",
	"@decorated(1)\nasync def f(a=«{1, 2}|None»):\n    # first\n«|    if a is None:\n        a = {1, 2}\n»    async with a as b: return b\n",
	"class C:\n    def f(self, a=«{'k': [1]}|None»):\n«|        if a is None:\n            a = {'k': [1]}\n»        match a:\n            case {'k': x} if x: return x\n            case _: pass\n",
	"def f(a=«[]|None»):\n    'only a description'«|\n    if a is None:\n        a = []»\n",
	"def f(a: list = []):\n    return a\n",
	"def f(a, cache={}, _made=[]):\n    return cache, _made\n",
	"def f(a=[]): return a\n",
	"def f(a=[x]):\n    return a\n",
	"def f(a=[]):\n    return a if a is not None else 1\n",
	"def f(a=[]):\n    'described'; return a\n",
	"f = lambda a=[]: a\n",
	// Bare excepts.
	"try:\n    f()\nexcept« Exception»:\n    pass\n",
	"try: f()\nexcept ValueError: pass\nexcept« Exception»: pass\nelse: pass\nfinally: pass\n",
	"try:\n    f()\nexcept:\n    undo()\n    raise\n",
	"try:\n    f()\nexcept (OSError, Exception):\n    pass\nexcept:\n    pass\n",
	// Comparisons with None.
	"if a «==|is» None and not (b «!=|is not» None):\n    pass\nelif None «==|is» c: pass\n",
	"while (x := f(a)) «!=|is not» None:\n    y = [z for z in a if z«==| is »None if z]\n",
	"a = b if b.c «!=|is not» None else 1\nassert a «==|is» None, b == None\n",
	"query(a == None, b != None)\nx = a == None\nif a == None == b: pass\nif f(a == None): pass\n",
	// Debug prints.
	"def f(a):\n«    print('here', a)\n|»    b = a\n«    print(f'{a!r:>{b}} {b=}')\n|»    return b\n",
	"if a:\n    «print(a)|pass»\n«    print(\n        a,\n    )\n|»else:\n    «breakpoint()|pass»\n",
	"for a in b: print(a)\n",
	"def f(a):\n    \"\"\"Described.\"\"\"\n«    print(a)\n|»",
	"def f(a):\n    print(a.b, f(a))\n    print(a)  # noqa\n    b = 1; print(b)\n    print(a, file=b)\n    c = print(a)\n    return b, c\n",
	"def show(a):\n    print(a)\n",
	// Space at the ends of lines.
	"a = 1« \t|»\n# comment«  |»\n«    |»\nb = f'''x  \n  {a}  \n'''«  |»\nc = \"\"\"  \n\t\n\"\"\"\nd = 1 + \\\n    2« |»\n",
}

// versions returns a piece before and after mending.
func versions(piece string) (rough, mended string) {
	rest := piece
	for {
		same, after, found := strings.Cut(rest, "«")
		rough, mended = rough+same, mended+same
		if !found {
			return rough, mended
		}
		change, tail, _ := strings.Cut(after, "»")
		before, then, both := strings.Cut(change, "|")
		if !both {
			before, then = "", change
		}
		rough, mended, rest = rough+before, mended+then, tail
	}
}

// indented puts a piece into blocks. A string of several lines moves with it.
func indented(piece string, depth int, step string) string {
	piece = strings.ReplaceAll(piece, "    ", step)
	for range depth {
		lines := strings.SplitAfter(piece, "\n")
		for i, line := range lines {
			if strings.TrimRight(line, "\n") != "" {
				lines[i] = step + line
			}
		}
		piece = "if True:\n" + strings.Join(lines, "")
	}
	return piece
}

// program is a random program of all pieces, and what mending makes of it.
func program(random *rand.Rand) (rough, mended string) {
	step := []string{"    ", "  ", "\t"}[random.IntN(3)]
	for _, i := range random.Perm(len(repairs)) {
		a, b := versions(repairs[i])
		depth := random.IntN(3)
		rough, mended = rough+indented(a, depth, step), mended+indented(b, depth, step)
	}
	if random.IntN(2) == 0 {
		rough = strings.TrimSuffix(rough, "\n")
	}
	if random.IntN(2) == 0 {
		rough, mended = strings.ReplaceAll(rough, "\n", "\r\n"), strings.ReplaceAll(mended, "\n", "\r\n")
	}
	return rough, mended
}

// mended runs the review until no fix is left and returns what has become of the files, and how many fixes it took.
func mended(t *testing.T, system *actors.System, codes []string) (after []string, fixes int64) {
	t.Helper()
	files := make([]document.Value, len(codes))
	for i, code := range codes {
		files[i] = pythonFile(fmt.Sprintf("%d.py", i), code)
	}
	state := run(t, system, "code-review-python", pythonInput(10_000, files...))
	want(t, state, map[string]string{"/fixable_count": "0"})
	for _, file := range at(t, state, "/files").Items() {
		after = append(after, str(at(t, file, "/code")))
	}
	fixes, _ = at(t, state, "/fix_count").AsInt()
	return after, fixes
}

// firstDifference tells where two texts differ first, with the lines before it.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	part := func(lines []string) []string { return lines[min(max(0, i-3), len(lines)):min(i+3, len(lines))] }
	return fmt.Sprintf("from line %d on the code is\n%q\nwant\n%q", i+1, part(a), part(b))
}

// Each piece is mended as it says, and nothing else is touched; what was mended is not mended again.
func TestPythonMending(t *testing.T) {
	system := openPython(t)
	var rough, tidy []string
	for seed := range uint64(pythonPrograms) {
		a, b := program(rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // a test's programs
		rough, tidy = append(rough, a), append(tidy, b)
	}
	after, fixes := mended(t, system, rough)
	if fixes < pythonPrograms*25 {
		t.Errorf("%d fixes were made", fixes)
	}
	for i := range after {
		if after[i] != tidy[i] {
			t.Error(firstDifference(after[i], tidy[i]))
		}
	}
	if again, fixes := mended(t, system, after); fixes != 0 || !slices.Equal(again, after) {
		t.Errorf("mending what was mended makes %d fixes", fixes)
	}
}

// Real source that is made worse becomes what it was.
func TestPythonMendingOfRealSource(t *testing.T) {
	system := openPython(t)
	var rough, tidy []string
	for seed, name := range worsenedFiles {
		code := testdata(t, name)
		rough, tidy = append(rough, worsened(code, rand.New(rand.NewPCG(uint64(seed), 2)))), append(tidy, code) //nolint:gosec // a test's changes
	}
	after, fixes := mended(t, system, rough)
	if fixes < 40 {
		t.Errorf("%d fixes were made", fixes)
	}
	for i := range after {
		if after[i] != tidy[i] {
			t.Error(firstDifference(after[i], tidy[i]))
		}
	}
}

// worsened puts debug prints, space at the ends of lines and comparisons with None into a source, outside its long strings.
func worsened(code string, random *rand.Rand) string {
	var out strings.Builder
	inString := false
	for line := range strings.Lines(code) {
		quotes := strings.Count(line, `"""`) + strings.Count(line, `'''`)
		if text := strings.TrimLeft(line, " "); !inString && quotes == 0 {
			indent := line[:len(line)-len(text)]
			if random.IntN(2) == 0 && (strings.HasPrefix(text, "return ") || strings.HasPrefix(text, "self.")) && indent != "" {
				fmt.Fprintf(&out, "%sprint(\"debug\", 1)\n", indent)
			}
			if strings.HasPrefix(text, "if ") && strings.HasSuffix(text, " is None:\n") {
				line = strings.Replace(line, " is None:", " == None:", 1)
			}
			if random.IntN(4) == 0 && !strings.HasSuffix(line, "\\\n") {
				line = strings.TrimSuffix(line, "\n") + []string{" ", "\t", "   "}[random.IntN(3)] + "\n"
			}
		}
		inString = inString != (quotes%2 == 1)
		out.WriteString(line)
	}
	return out.String()
}
