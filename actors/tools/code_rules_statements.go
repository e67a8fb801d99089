package tools

import (
	"go/ast"
	"go/token"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func findEmptyErrorBranches(r *review) {
	each(r, func(x *ast.IfStmt) {
		condition, ok := ast.Unparen(x.Cond).(*ast.BinaryExpr)
		if !ok || condition.Op != token.NEQ || !isErrorName(condition.X) || !isIdent(condition.Y, "nil") {
			return
		}
		if len(x.Body.List) == 0 && x.Else == nil && !r.commented(x.Body.Pos(), x.Body.End()) {
			r.report(x.Pos(), "the error is looked at and dropped")
		}
	})
}

// commented reports whether a comment lies between two places.
func (p *parsed) commented(from, to token.Pos) bool {
	comments := p.file.Comments
	i := sort.Search(len(comments), func(i int) bool { return comments[i].Pos() >= from })
	return i < len(comments) && comments[i].End() <= to
}

func findIgnoredResults(r *review) {
	explained := map[int]bool{}
	for _, group := range r.file.Comments {
		explained[r.line(group.Pos())] = true     // on the same line
		explained[r.line(group.End()-1)+1] = true // on the line above
	}
	each(r, func(x *ast.AssignStmt) {
		if len(x.Rhs) != 1 || x.Tok != token.ASSIGN || explained[r.line(x.Pos())] {
			return
		}
		call, ok := ast.Unparen(x.Rhs[0]).(*ast.CallExpr)
		if !ok {
			return
		}
		for _, left := range x.Lhs {
			if !isIdent(left, "_") {
				return
			}
		}
		r.report(x.Pos(), "the result of %s is ignored, and no comment says why", called(call))
	})
}

// called names what a call calls, as far as it has a name.
func called(call *ast.CallExpr) string {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return "a call"
}

// literal is the text of a string literal.
func literal(x ast.Expr) (string, bool) {
	lit, ok := ast.Unparen(x).(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func findUnwrappedErrors(r *review) {
	each(r, func(call *ast.CallExpr) {
		if r.calls(call, "fmt") != "Errorf" || len(call.Args) < 2 {
			return
		}
		format, ok := literal(call.Args[0])
		if !ok || strings.Contains(format, "%w") {
			return
		}
		for _, argument := range call.Args[1:] {
			if isErrorName(argument) {
				r.report(argument.Pos(), "the error is printed into another one; %%w would keep it")
				return
			}
		}
	})
}

func findErrorTexts(r *review) {
	each(r, func(call *ast.CallExpr) {
		if r.calls(call, "errors") != "New" && r.calls(call, "fmt") != "Errorf" || len(call.Args) == 0 {
			return
		}
		text, ok := literal(call.Args[0])
		if !ok {
			return
		}
		first, size := utf8.DecodeRuneInString(text)
		second, _ := utf8.DecodeRuneInString(text[size:])
		switch {
		// HTTP and the like keep their capitals.
		case unicode.IsUpper(first) && unicode.IsLower(second):
			r.report(call.Args[0].Pos(), "an error text begins with a small letter: it is read after a colon")
		case strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "..") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "\n"):
			r.report(call.Args[0].Pos(), "an error text ends without a full stop: more may follow it")
		}
	})
}

func findPanics(r *review) {
	if r.isMain() || r.isTest() || r.shadowed["panic"] {
		return
	}
	for _, f := range r.functions {
		if f.decl.Body == nil || f.name == "init" || strings.HasPrefix(strings.ToLower(f.name), "must") {
			continue
		}
		ast.Inspect(f.decl.Body, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok && isIdent(call.Fun, "panic") {
				r.report(call.Pos(), "%s panics; a library returns an error", f.title())
			}
			return true
		})
	}
}

func findDefersInLoops(r *review) {
	var walk func(root ast.Node, inLoop bool)
	walk = func(root ast.Node, inLoop bool) {
		ast.Inspect(root, func(node ast.Node) bool {
			if node == root {
				return true
			}
			switch x := node.(type) {
			case *ast.FuncLit:
				walk(x, false)
				return false
			case *ast.ForStmt, *ast.RangeStmt:
				walk(x, true)
				return false
			case *ast.DeferStmt:
				if inLoop {
					r.report(x.Pos(), "defer in a loop runs when the function ends")
				}
			}
			return true
		})
	}
	walk(r.file, false)
}
