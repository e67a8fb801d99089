package tools

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

func findFormat(r *review) {
	if line := r.fixes.formatLine; line > 0 {
		r.reportAt(line, 1, true, "not formatted as gofmt would from this line on")
	}
}

func findTrailingSpace(r *review) {
	for _, e := range r.fixes.spaces {
		place := r.position(r.fset.File(r.file.FileStart).Pos(e.start))
		r.reportAt(place.Line, place.Column, true, "space at the end of the line")
	}
}

// findDebugPrints reports the builtins everywhere: nothing that ships writes with them. fmt's functions
// are how programs and examples talk, so only a library is told about those.
func findDebugPrints(r *review) {
	removable := map[token.Pos]bool{}
	for _, p := range r.fixes.prints {
		removable[p.statement.Pos()] = true
	}
	each(r, func(call *ast.CallExpr) {
		if id, ok := call.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") && !r.shadowed[id.Name] {
			place := r.position(call.Pos())
			r.reportAt(place.Line, place.Column, removable[call.Pos()], "the builtin %s is for debugging", id.Name)
			return
		}
		if r.isMain() || r.isTest() {
			return
		}
		switch name := r.calls(call, "fmt"); name {
		case "Print", "Printf", "Println":
			r.report(call.Pos(), "fmt.%s writes to the program's output from a library", name)
		}
	})
}

var todoPattern = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b[:(]?.*`)

func findTodos(r *review) {
	for _, group := range r.file.Comments {
		for _, comment := range group.List {
			place := r.position(comment.Pos())
			for i, line := range strings.Split(comment.Text, "\n") {
				found := todoPattern.FindStringIndex(line)
				if found == nil {
					continue
				}
				column := found[0] + 1
				if i == 0 {
					column += place.Column - 1
				}
				mark := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line[found[0]:found[1]]), "*/"))
				r.reportAt(place.Line+i, column, false, "%s", shorten(mark, 120))
			}
		}
	}
}
