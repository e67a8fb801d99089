package tools

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// shape writes a source's syntax tree without what does not matter to the program: positions, comments,
// parentheses, empty statements, the order of imports and how numbers are spelled; and without the
// statements in skip. Sources of one shape are one program.
func shape(p *parsed, skip map[ast.Node]bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %q\n", p.file.Name.Name, importSet(p.file))
	for _, decl := range p.file.Decls {
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		writeShape(&b, decl, skip)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// importSet lists the imports; gofmt sorts them and drops repeated ones.
func importSet(file *ast.File) []string {
	var list []string
	for _, spec := range file.Imports {
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name + " "
		}
		list = append(list, name+spec.Path.Value)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func writeShape(b *bytes.Buffer, root ast.Node, skip map[ast.Node]bool) {
	var open []bool // for each node being visited: whether it was written
	ast.Inspect(root, func(node ast.Node) bool {
		if node == nil {
			if open[len(open)-1] {
				b.WriteByte(')')
			}
			open = open[:len(open)-1]
			return true
		}
		switch node.(type) {
		case *ast.CommentGroup, *ast.EmptyStmt:
			return false
		case *ast.ParenExpr:
			open = append(open, false)
			return true
		}
		if skip[node] {
			return false
		}
		open = append(open, true)
		fmt.Fprintf(b, "(%s%s", strings.TrimPrefix(fmt.Sprintf("%T", node), "*ast."), detail(node))
		return true
	})
}

// detail is what a node says beyond its type and its children.
func detail(node ast.Node) string {
	switch x := node.(type) {
	case *ast.Ident:
		return " " + x.Name
	case *ast.BasicLit:
		if x.Kind == token.STRING || x.Kind == token.CHAR {
			return " " + x.Value
		}
		return " " + strings.ToLower(x.Value)
	case *ast.BinaryExpr:
		return " " + x.Op.String()
	case *ast.UnaryExpr:
		return " " + x.Op.String()
	case *ast.AssignStmt:
		return " " + x.Tok.String() + " " + fmt.Sprint(len(x.Lhs))
	case *ast.IncDecStmt:
		return " " + x.Tok.String()
	case *ast.BranchStmt:
		return " " + x.Tok.String()
	case *ast.GenDecl:
		return " " + x.Tok.String()
	case *ast.RangeStmt:
		return fmt.Sprintf(" %s %t %t", x.Tok, x.Key != nil, x.Value != nil)
	case *ast.ForStmt:
		return fmt.Sprintf(" %t %t %t", x.Init != nil, x.Cond != nil, x.Post != nil)
	case *ast.IfStmt:
		return fmt.Sprintf(" %t %t", x.Init != nil, x.Else != nil)
	case *ast.SwitchStmt:
		return fmt.Sprintf(" %t %t", x.Init != nil, x.Tag != nil)
	case *ast.TypeSwitchStmt:
		return fmt.Sprintf(" %t", x.Init != nil)
	case *ast.CaseClause:
		return fmt.Sprintf(" %d", len(x.List))
	case *ast.CommClause:
		return fmt.Sprintf(" %t", x.Comm != nil)
	case *ast.SliceExpr:
		return fmt.Sprintf(" %t %t %t", x.Low != nil, x.High != nil, x.Max != nil)
	case *ast.CallExpr:
		return fmt.Sprintf(" %t", x.Ellipsis.IsValid())
	case *ast.ChanType:
		return fmt.Sprintf(" %d", x.Dir)
	case *ast.ArrayType:
		return fmt.Sprintf(" %t", x.Len != nil)
	case *ast.TypeSpec:
		return fmt.Sprintf(" %t", x.Assign.IsValid())
	case *ast.ValueSpec:
		return fmt.Sprintf(" %t %d", x.Type != nil, len(x.Names))
	case *ast.CompositeLit:
		return fmt.Sprintf(" %t", x.Type != nil)
	case *ast.Field:
		return fmt.Sprintf(" %d", len(x.Names))
	case *ast.FuncType:
		return fmt.Sprintf(" %t", x.Results != nil)
	}
	return ""
}
