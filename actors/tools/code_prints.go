package tools

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// removablePrints finds the statements that call the builtins print and println and whose removal
// changes nothing but what they print. Their arguments must neither do anything nor be able to panic,
// and must not hold the last use of a variable, without which the program would no longer compile.
func removablePrints(p *parsed) []edit {
	statements := printStatements(p)
	if len(statements) == 0 {
		return nil
	}
	u := readUses(p, statements)
	var edits []edit
	for _, s := range statements {
		if !u.builtin(s) || !u.removable(s) {
			continue
		}
		e := edit{rule: ruleDebugPrint, line: p.line(s.Pos()), statement: s}
		e.start, e.end = statementRange(p.code, p.offset(s.Pos()), p.offset(s.End()))
		edits = append(edits, e)
	}
	return edits
}

// printStatements lists the statements of blocks that look like calls of the builtins.
func printStatements(p *parsed) []*ast.ExprStmt {
	var found []*ast.ExprStmt
	look := func(list []ast.Stmt) {
		for _, s := range list {
			x, ok := s.(*ast.ExprStmt)
			if !ok {
				continue
			}
			if call, ok := x.X.(*ast.CallExpr); ok && (isIdent(call.Fun, "print") || isIdent(call.Fun, "println")) {
				found = append(found, x)
			}
		}
	}
	ast.Inspect(p.file, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.BlockStmt:
			look(x.List)
		case *ast.CaseClause:
			look(x.Body)
		case *ast.CommClause:
			look(x.Body)
		}
		return true
	})
	return found
}

// statementRange widens a statement's range to what disappears with it: the line, where nothing but a
// comment is left on it, or the semicolon after it.
func statementRange(code string, start, end int) (from, to int) {
	lineStart := strings.LastIndexByte(code[:start], '\n') + 1
	lineEnd := len(code)
	if i := strings.IndexByte(code[end:], '\n'); i >= 0 {
		lineEnd = end + i + 1
	}
	rest := strings.TrimSpace(code[end:lineEnd])
	alone := strings.TrimSpace(code[lineStart:start]) == ""
	switch {
	case alone && (rest == "" || rest == ";" || strings.HasPrefix(rest, "//")):
		return lineStart, lineEnd
	case strings.HasPrefix(rest, ";"):
		after := end + strings.IndexByte(code[end:], ';') + 1
		for after < lineEnd && code[after] == ' ' {
			after++
		}
		return start, after
	}
	return start, end
}

// uses is what the type checker knows of a source on its own. Packages that it imports stay unknown, and
// so does whatever depends on them: that is taken for harmful.
type uses struct {
	info     *types.Info
	shadowed map[string]bool
	reads    map[types.Object]int // how often a variable is read outside the print statements
}

// noImporter knows no package.
type noImporter struct{}

var errNoPackage = errors.New("packages are not loaded")

func (noImporter) Import(string) (*types.Package, error) { return nil, errNoPackage }

func readUses(p *parsed, statements []*ast.ExprStmt) *uses {
	u := &uses{
		info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
		shadowed: p.shadowed,
		reads:    map[types.Object]int{},
	}
	config := types.Config{Importer: noImporter{}, Error: func(error) {}, FakeImportC: true}
	// A source on its own seldom checks without an error; what is known is recorded all the same.
	_, _ = config.Check("p", p.fset, []*ast.File{p.file}, u.info)

	skip := map[ast.Node]bool{}
	for _, s := range statements {
		skip[s] = true
	}
	// A variable that is only assigned to is not used, as the compiler sees it.
	ast.Inspect(p.file, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.AssignStmt:
			for _, left := range x.Lhs {
				if id, ok := ast.Unparen(left).(*ast.Ident); ok {
					skip[id] = true
				}
			}
		case *ast.IncDecStmt:
			if id, ok := ast.Unparen(x.X).(*ast.Ident); ok {
				skip[id] = true
			}
		}
		return true
	})
	ast.Inspect(p.file, func(node ast.Node) bool {
		if node == nil || skip[node] {
			return false
		}
		if id, ok := node.(*ast.Ident); ok {
			if object := u.info.Uses[id]; object != nil {
				u.reads[object]++
			}
		}
		return true
	})
	return u
}

// builtin reports whether the statement really calls the builtin.
func (u *uses) builtin(s *ast.ExprStmt) bool {
	id, ok := ast.Unparen(s.X.(*ast.CallExpr).Fun).(*ast.Ident)
	if !ok || u.shadowed[id.Name] {
		return false
	}
	_, ok = u.info.Uses[id].(*types.Builtin)
	return ok
}

func (u *uses) removable(s *ast.ExprStmt) bool {
	call := s.X.(*ast.CallExpr)
	for _, argument := range call.Args {
		if !u.harmless(argument) {
			return false
		}
	}
	unused := false
	ast.Inspect(call, func(node ast.Node) bool {
		id, ok := node.(*ast.Ident)
		if !ok {
			return true
		}
		switch object := u.info.Uses[id].(type) {
		case *types.PkgName:
			unused = true
		case *types.Var:
			if object.Kind() == types.LocalVar && u.reads[object] == 0 {
				unused = true
			}
		}
		return true
	})
	return !unused
}

// harmless reports whether evaluating an expression does nothing and cannot panic.
func (u *uses) harmless(x ast.Expr) bool {
	if u.info.Types[x].Value != nil {
		return true
	}
	switch x := x.(type) {
	case *ast.Ident:
		switch u.info.Uses[x].(type) {
		case *types.Var, *types.Nil:
			return true
		}
	case *ast.ParenExpr:
		return u.harmless(x.X)
	case *ast.UnaryExpr:
		return (x.Op == token.SUB || x.Op == token.ADD || x.Op == token.NOT || x.Op == token.XOR) && u.harmless(x.X)
	case *ast.BinaryExpr:
		return u.harmlessOperator(x) && u.harmless(x.X) && u.harmless(x.Y)
	case *ast.SelectorExpr:
		field, ok := u.info.Selections[x]
		return ok && field.Kind() == types.FieldVal && !field.Indirect() && u.harmless(x.X)
	case *ast.CallExpr:
		return len(x.Args) == 1 && u.harmlessCall(x.Fun) && u.harmless(x.Args[0])
	}
	return false
}

// harmlessOperator leaves out what can panic: division, shifts by a negative count, and comparing
// interfaces that hold values without an order or equality.
func (u *uses) harmlessOperator(x *ast.BinaryExpr) bool {
	switch x.Op {
	case token.ADD, token.SUB, token.MUL, token.AND, token.OR, token.XOR, token.AND_NOT,
		token.LAND, token.LOR, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return true
	case token.EQL, token.NEQ:
		return u.basic(x.X) && u.basic(x.Y)
	}
	return false
}

// harmlessCall lets len, cap and conversions to basic types pass.
func (u *uses) harmlessCall(callee ast.Expr) bool {
	if id, ok := ast.Unparen(callee).(*ast.Ident); ok {
		if u.shadowed[id.Name] {
			return false
		}
		if b, ok := u.info.Uses[id].(*types.Builtin); ok {
			return b.Name() == "len" || b.Name() == "cap"
		}
	}
	return u.info.Types[callee].IsType() && u.basic(callee)
}

// basic reports whether an expression's type is known to be a number, a string or a bool.
func (u *uses) basic(x ast.Expr) bool {
	t := u.info.Types[x].Type
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() != types.Invalid && b.Info()&(types.IsNumeric|types.IsString|types.IsBoolean) != 0
}
