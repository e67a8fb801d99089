package tools

import (
	"go/ast"
	"go/token"
	"strings"
)

func findLongFunctions(r *review) {
	for _, f := range r.functions {
		if f.length() > r.limits.lines {
			r.report(f.decl.Pos(), "%s has %d lines; %d are enough", f.title(), f.length(), r.limits.lines)
		}
	}
}

func findComplexFunctions(r *review) {
	for _, f := range r.functions {
		if f.complexity > r.limits.complexity {
			r.report(f.decl.Pos(), "%s has a cyclomatic complexity of %d; %d are enough", f.title(), f.complexity, r.limits.complexity)
		}
	}
}

func findManyParameters(r *review) {
	for _, f := range r.functions {
		if f.parameters > r.limits.parameters {
			r.report(f.decl.Pos(), "%s has %d parameters; %d are enough", f.title(), f.parameters, r.limits.parameters)
		}
	}
}

// findDeepNesting reports a function once, at the first statement that lies too deep.
func findDeepNesting(r *review) {
	for _, f := range r.functions {
		if f.decl.Body == nil {
			continue
		}
		n := &nesting{limit: r.limits.nesting}
		n.block(f.decl.Body, 0)
		if n.first != nil {
			r.report(n.first.Pos(), "%s is nested %d deep here and up to %d; %d are enough", f.title(), r.limits.nesting+1, n.deepest, r.limits.nesting)
		}
	}
}

// nesting measures how deep statements lie in if, for, switch, select and function literals. An else
// lies no deeper than its if.
type nesting struct {
	limit   int
	deepest int
	first   ast.Node // the first node beyond the limit
}

// block goes through what lies at a depth.
func (n *nesting) block(root ast.Node, depth int) {
	ast.Inspect(root, func(node ast.Node) bool {
		if node == nil || node == root {
			return true
		}
		switch x := node.(type) {
		case *ast.IfStmt:
			n.ifElse(x, depth)
			return false
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.FuncLit:
			n.enter(x, depth+1)
			n.block(x, depth+1)
			return false
		}
		return true
	})
}

func (n *nesting) ifElse(x *ast.IfStmt, depth int) {
	n.enter(x, depth+1)
	n.block(x.Body, depth+1)
	switch other := x.Else.(type) {
	case *ast.IfStmt:
		n.ifElse(other, depth)
	case *ast.BlockStmt:
		n.block(other, depth+1)
	}
}

func (n *nesting) enter(node ast.Node, depth int) {
	if depth > n.limit && n.first == nil {
		n.first = node
	}
	n.deepest = max(n.deepest, depth)
}

func findNakedReturns(r *review) {
	for _, f := range r.functions {
		if f.length() <= nakedReturnLines || f.decl.Body == nil || !namesResults(f.decl.Type) {
			continue
		}
		ast.Inspect(f.decl.Body, func(node ast.Node) bool {
			switch x := node.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				if len(x.Results) == 0 {
					r.report(x.Pos(), "%s has %d lines, and this return does not say what it returns", f.title(), f.length())
				}
			}
			return true
		})
	}
}

func namesResults(t *ast.FuncType) bool {
	return t.Results != nil && len(t.Results.List) > 0 && len(t.Results.List[0].Names) > 0
}

func findContextNotFirst(r *review) {
	if r.isTest() {
		return
	}
	name := r.imports["context"]
	for _, f := range r.functions {
		at := 0
		for _, field := range f.decl.Type.Params.List {
			selector, ok := field.Type.(*ast.SelectorExpr)
			if ok && at > 0 && name != "" && isIdent(selector.X, name) && selector.Sel.Name == "Context" {
				r.report(field.Pos(), "the context is not the first parameter of %s", f.title())
			}
			at += max(1, len(field.Names))
		}
	}
}

func findMissingDocs(r *review) {
	if r.isMain() || r.isTest() {
		return
	}
	for _, d := range r.file.Decls {
		switch decl := d.(type) {
		case *ast.FuncDecl:
			receiver := receiverName(decl)
			if decl.Doc == nil && decl.Name.IsExported() && (receiver == "" || ast.IsExported(strings.TrimPrefix(receiver, "*"))) {
				r.report(decl.Name.Pos(), "exported %s has no comment", title(receiver, decl.Name.Name))
			}
		case *ast.GenDecl:
			// A comment on a group speaks for all of it.
			if decl.Doc == nil && decl.Tok != token.IMPORT {
				r.undocumented(decl)
			}
		}
	}
}

func (r *review) undocumented(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
				r.report(s.Name.Pos(), "exported %s has no comment", s.Name.Name)
			}
		case *ast.ValueSpec:
			if s.Doc != nil || s.Comment != nil {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					r.report(name.Pos(), "exported %s has no comment", name.Name)
				}
			}
		}
	}
}
