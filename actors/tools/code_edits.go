package tools

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"
)

// edit removes the bytes from start up to end.
type edit struct {
	rule       string
	line       int
	start, end int
	statement  *ast.ExprStmt // what is removed from the program, if anything
}

// fixPlan is everything that can be mended in a source without changing what the program does.
type fixPlan struct {
	prints     []edit
	spaces     []edit
	formatLine int // the first line that gofmt would write otherwise; 0 where it would not
}

func planFixes(p *parsed) fixPlan {
	if ast.IsGenerated(p.file) {
		return fixPlan{}
	}
	plan := fixPlan{prints: removablePrints(p), spaces: trailingSpaces(p)}
	// Space at line ends is a finding of its own; the rest of the format is judged without it.
	trimmed := cut(p.code, plan.spaces)
	if formatted, err := format.Source([]byte(trimmed)); err == nil {
		plan.formatLine = firstDifference(trimmed, string(formatted))
	}
	return plan
}

// firstDifference is the first line in which two texts differ, 0 where they are equal.
func firstDifference(a, b string) int {
	if a == b {
		return 0
	}
	line := 1
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '\n' {
			line++
		}
	}
	return line
}

// trailingSpaces finds space at the ends of lines, except within raw strings, where it is data.
func trailingSpaces(p *parsed) []edit {
	raw := rawStrings(p)
	var edits []edit
	start := 0
	for line := 1; start < len(p.code); line++ {
		end, next := len(p.code), len(p.code)
		if i := strings.IndexByte(p.code[start:], '\n'); i >= 0 {
			end, next = start+i, start+i+1
		}
		for len(raw) > 0 && raw[0].end <= end {
			raw = raw[1:]
		}
		content := strings.TrimSuffix(p.code[start:end], "\r")
		kept := strings.TrimRight(content, " \t")
		if inRaw := len(raw) > 0 && raw[0].start < end; len(kept) < len(content) && !inRaw {
			edits = append(edits, edit{rule: ruleTrailingSpace, line: line, start: start + len(kept), end: start + len(content)})
		}
		start = next
	}
	return edits
}

// rawStrings lists where raw string literals are, in order.
func rawStrings(p *parsed) []edit {
	var list []edit
	ast.Inspect(p.file, func(node ast.Node) bool {
		if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.HasPrefix(lit.Value, "`") {
			// The literal's own length counts no carriage returns, so its end is looked for in the text.
			start := p.offset(lit.Pos())
			if i := strings.IndexByte(p.code[start+1:], '`'); i >= 0 {
				list = append(list, edit{start: start, end: start + 1 + i + 1})
			}
		}
		return true
	})
	slices.SortFunc(list, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	return list
}

// cut applies edits that are in order; one that overlaps an earlier one only removes what is left of it.
func cut(code string, edits []edit) string {
	var b strings.Builder
	b.Grow(len(code))
	from := 0
	for _, e := range edits {
		if e.start > from {
			b.WriteString(code[from:e.start])
		}
		from = max(from, e.end)
	}
	b.WriteString(code[from:])
	return b.String()
}

// fix is one change that was made.
type fix struct {
	path string
	rule string
	line int // in the source as it was given
}

// mend makes up to limit of the fixes that wanted lets through. Where the result would not be the same
// program, apart from the debug prints that were removed, nothing is changed.
func mend(p *parsed, limit int, wanted func(rule string) bool) (string, []fix) {
	plan := planFixes(p)
	edits := slices.Concat(plan.prints, plan.spaces)
	edits = slices.DeleteFunc(edits, func(e edit) bool { return !wanted(e.rule) })
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	edits = edits[:min(limit, len(edits))]

	done := make([]fix, 0, len(edits)+1)
	removed := map[ast.Node]bool{}
	spacesLeft := len(plan.spaces)
	for _, e := range edits {
		done = append(done, fix{p.path, e.rule, e.line})
		if e.statement != nil {
			removed[e.statement] = true
		} else {
			spacesLeft--
		}
	}
	code := cut(p.code, edits)
	switch {
	case plan.formatLine > 0 && wanted(ruleFormat) && len(done) < limit:
		done = append(done, fix{p.path, ruleFormat, plan.formatLine})
		code = formatted(code)
	case plan.formatLine == 0 && spacesLeft == 0 && len(removed) > 0:
		// What was formatted stays so: a removed line can leave two blank ones.
		code = formatted(code)
	}
	if len(done) == 0 {
		return p.code, nil
	}
	after, err := parse(source{path: p.path, code: code})
	if err != nil || !bytes.Equal(shape(p, removed), shape(after, nil)) {
		return p.code, nil
	}
	return code, done
}

// formatted is the code as gofmt writes it, or as it is where gofmt cannot.
func formatted(code string) string {
	if text, err := format.Source([]byte(code)); err == nil {
		return string(text)
	}
	return code
}
