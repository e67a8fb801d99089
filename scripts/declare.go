package scripts

import (
	"github.com/dop251/goja/ast"
)

// declaring returns what notes the names that a node declares for all that is in it; nil where it declares none.
func declaring(node any) func(*scope) {
	switch n := node.(type) {
	case *ast.FunctionLiteral:
		return func(s *scope) {
			s.names["arguments"] = true
			if n.Name != nil {
				s.bind(n.Name)
			}
			s.parameters(n.ParameterList)
			s.variables(n.DeclarationList)
		}
	case *ast.ArrowFunctionLiteral:
		return func(s *scope) {
			s.parameters(n.ParameterList)
			s.variables(n.DeclarationList)
		}
	case *ast.ClassStaticBlock:
		return func(s *scope) { s.variables(n.DeclarationList) }
	case *ast.ClassLiteral:
		return func(s *scope) {
			if n.Name != nil {
				s.bind(n.Name)
			}
		}
	case *ast.BlockStatement:
		return func(s *scope) { s.statements(n.List) }
	case *ast.SwitchStatement:
		return func(s *scope) {
			for _, c := range n.Body {
				s.statements(c.Consequent)
			}
		}
	case *ast.CatchStatement:
		return func(s *scope) {
			if n.Parameter != nil {
				s.bind(n.Parameter)
			}
		}
	case *ast.ForStatement:
		if list, ok := n.Initializer.(*ast.ForLoopInitializerLexicalDecl); ok {
			return func(s *scope) { s.bindings(list.LexicalDeclaration.List) }
		}
	case *ast.ForInStatement:
		return declaringLoop(n.Into)
	case *ast.ForOfStatement:
		return declaringLoop(n.Into)
	}
	return nil
}

func declaringLoop(into ast.ForInto) func(*scope) {
	if d, ok := into.(*ast.ForDeclaration); ok {
		return func(s *scope) { s.bind(d.Target) }
	}
	return nil
}

// parameters declares those of a function.
func (s *scope) parameters(list *ast.ParameterList) {
	s.bindings(list.List)
	if list.Rest != nil {
		s.bind(list.Rest)
	}
}

// variables declares what var declares, wherever in the function.
func (s *scope) variables(list []*ast.VariableDeclaration) {
	for _, d := range list {
		s.bindings(d.List)
	}
}

// statements declares what the statements of a block declare for it alone.
func (s *scope) statements(list []ast.Statement) {
	for _, statement := range list {
		switch d := statement.(type) {
		case *ast.LexicalDeclaration:
			s.bindings(d.List)
		case *ast.FunctionDeclaration:
			s.bind(d.Function.Name)
		case *ast.ClassDeclaration:
			s.bind(d.Class.Name)
		}
	}
}

func (s *scope) bindings(list []*ast.Binding) {
	for _, b := range list {
		s.bind(b.Target)
	}
}

// bind declares the names of a target, which may be a pattern.
func (s *scope) bind(target ast.Expression) {
	switch t := target.(type) {
	case *ast.Identifier:
		s.names[t.Name.String()] = true
	case *ast.AssignExpression: // with a default
		s.bind(t.Left)
	case *ast.Binding:
		s.bind(t.Target)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			s.bind(e)
		}
		s.bind(t.Rest)
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				s.names[p.Name.Name.String()] = true
			case *ast.PropertyKeyed:
				s.bind(p.Value)
			}
		}
		s.bind(t.Rest)
	}
}
