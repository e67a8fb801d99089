package workflow

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostile holds sources that are cheap to write and would be expensive to read.
func hostile() map[string]string {
	repeat := func(s string) string { return strings.Repeat(s, (hostileBytes-64)/len(s)) }
	count := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < hostileBytes-64; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	merges := "m0: &m0 {a: 1, b: 2, c: 3, d: 4}\n"
	for i := 1; i < 40; i++ {
		merges += fmt.Sprintf("m%d: &m%d {<<: *m%d, k: [*m%d, *m%d]}\n", i, i, i-1, i-1, i-1)
	}
	deep := func(open string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + open + "\n")
		}
		return b.String()
	}
	return map[string]string{
		"alias bomb": aliasBomb(), "merge bomb": merges,
		"text bomb":   "a: &a " + strings.Repeat("x", hostileBytes/2) + "\nb: [" + strings.Repeat("*a, ", hostileBytes/10) + "]\n",
		"script bomb": "name: x\na: &a {script: " + strings.Repeat("x ", hostileBytes/5) + "}\nnodes: {" + count("n%d: *a, ")[:hostileBytes/2] + "}\n",
		"keys":        count("k%d:\n"),
		"nodes":       "name: x\nnodes:\n" + count("  k%d: code.issues\n"),
		"flow keys":   "{" + count("k%d: 1, ") + "}",
		"flow nodes":  "nodes: {" + count("k%d: code.issues, ") + "}",
		"problems":    "name: x\nnodes: {a: {tool: t, " + count("toolx%d: 1, ") + "}}",
		"deep block":  deep("k:", 1_400), "deep list": repeat("- "), "deep list lines": deep("- ", 1_400),
		"brackets": repeat("["), "braces": repeat("{"), "brace keys": repeat("{a: "), "question marks": repeat("? "),
		"json keys": "{" + count(`"k%d": 1, `) + `"z": 1}`, "json braces": repeat(`{"a":`), "json brackets": repeat("["),
		"json long key":    `{"` + strings.Repeat("k", hostileBytes/2) + `": [` + strings.Repeat("[1],", hostileBytes/9) + "1]}",
		"json escapes":     `{"name": "x", "nodes": {"a": {"script": "` + repeat(`\n`) + `"}}}`,
		"json expressions": `{"name": "x", "nodes": {"a": {"set": {"x": "` + repeat("${1}") + `"}}}}`,
		"json lines":       `{"name": "x", "nodes": {"a": {"set": {"x": [` + repeat(`"${a}",`) + `1]}}}}`,
		"tabs":             repeat("\t"), "quoted tabs": `a: "` + repeat("\t") + `"`, "tab lines": repeat("\"\t\t\t\t\"\n"),
		"at": repeat("@\n"), "anchors": repeat("&a "), "aliases": repeat("*a "), "tags": repeat("!a "), "bangs": repeat("! "),
		"anchor lines": repeat("&a\n"), "tag lines": repeat("!!map\n"), "map tags": repeat("!!map "), "seq tags": repeat("!!seq "), "anchored keys": repeat("&a a: "),
		"questions": repeat("?\n"), "question keys": repeat("? a\n"), "question lists": deep("? -", 1_400), "tagged maps": repeat("!!map {a: "), "tagged lines": deep("k: !!map", 1_400),
		"colons": repeat("a: "), "percent": repeat("%"), "documents": repeat("---\na\n"), "pipes": repeat("|"), "quotes": repeat("'"),
		"blocks": repeat("- |\n  x\n"), "one block": "a: |\n" + repeat("  x\n"), "long line": "a: " + repeat("x y "), "spaces": repeat(" "), "lines": repeat("\n"),
		"folded lines": "name: x\nnodes: {a: {script: >\n" + repeat("   x\n") + "}}",
		"double lines": "name: x\nnodes:\n a:\n  script: \"" + repeat("x\n\n") + "\"\n",
		"long keys":    deep(strings.Repeat("k", 1000)+":", 60) + count(strings.Repeat(" ", 61) + "k%d: 1\n")[:hostileBytes*8/10],
		"unclosed":     "name: x\nnodes: {a: {set: {x: '" + repeat("${") + "'}}}",
		"slashes":      "name: x\nnodes: {a: {set: {x: '${" + repeat("(/[") + "}'}}}",
		"edges":        "name: x\nnodes: {a: code.issues}\nedges:\n a: [" + repeat("{to: a},") + "]",
		"same edges":   "name: x\nnodes: {a: code.issues}\nedges:\n a:\n" + repeat("  - {when: x, to: a, max: 3}\n"),
		"zeros":        "a: " + repeat("0"), "number": "a: 1" + repeat("0"), "exponent": "a: 1e" + repeat("9"), "hexadecimal": "a: 0x" + repeat("f"),
		"bytes": repeat("\xff"), "nul": repeat("\x00"), "too long": strings.Repeat(" ", sourceBytesMax+1),
	}
}

// aliasBomb expands to 10^30 values.
func aliasBomb() string {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return bomb
}

// TestHostileSources reads what is meant to exhaust memory or time. Each must be over soon (the test's own
// time limit sees to that), and without allocating more than a bounded multiple of the source's size.
func TestHostileSources(t *testing.T) {
	const allocatedMax = 600 << 20
	fine := map[string]bool{ // these are only large, and nothing checks their scripts
		"long line": true, "one block": true, "slashes": true, "double lines": true, "folded lines": true,
	}
	for name, source := range hostile() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, problems := Parse([]byte(source), Options{Format: formatOf(name), Name: "x"})
			runtime.ReadMemStats(&after)
			if d != nil && !fine[name] {
				t.Error("it was accepted")
			}
			if len(problems) > problemsMax+1 {
				t.Errorf("%d problems are listed", len(problems))
			}
			for _, p := range problems {
				if len(p.Message)+len(p.Hint)+len(p.Path) > 2000 {
					t.Errorf("a problem of %d bytes: %.100s", len(p.Message), p.Message)
				}
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > allocatedMax {
				t.Errorf("%d MiB were allocated", allocated>>20)
			}
		})
	}
}

// TestHostileArguments has as many misfits in a tool's arguments as a source can hold.
func TestHostileArguments(t *testing.T) {
	checker := newTestChecker()
	const many = hostileBytes / 12
	repeat := func(s string) string { return strings.Repeat(s, many) }
	var keys strings.Builder
	for i := range many {
		fmt.Fprintf(&keys, "k%d: 1, ", i)
	}
	for name, with := range map[string]string{
		"keys":            "{" + keys.String() + "}",
		"items":           "{allow_status: [" + repeat("1,") + "]}",
		"unknown items":   "{allow_status: [" + strings.Repeat("'${1}',", 4_000) + strings.Repeat("1,", many-4_000) + "]}",
		"missing":         "{lines: [" + repeat("{},") + "]}",
		"missing members": "{lines: [" + strings.Repeat("{a: '${1}'},", 4_000) + "]}",
	} {
		t.Run(name, func(t *testing.T) {
			tool := "http.request"
			if strings.Contains(with, "lines") {
				tool = "order.place"
			}
			source := "name: x\nnodes: {a: {tool: " + tool + ", with: " + with + "}}"
			d, problems := Parse([]byte(source), Options{Checker: checker})
			if d != nil || len(problems) > problemsMax+1 || len(problems) < problemsMax {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

// TestAliasBomb names the alias that is too much.
func TestAliasBomb(t *testing.T) {
	_, problems := Parse([]byte(aliasBomb()), Options{File: "bomb.yaml", Format: FormatYAML})
	want := "bomb.yaml:5:45: the alias *a3 expands to more than 100000 values"
	if len(problems) != 1 || problems[0].String() != want || problems[0].Code != CodeTooLarge {
		t.Errorf("got %v, want %s", problems, want)
	}
}
