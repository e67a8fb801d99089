package scripts

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// Where control can come to. What is said is true of every way through a program, whatever its conditions are; those that
// are written as true are taken at their word.

// reach warns of the first statement of a list that control cannot come to.
func (i *inspection) reach(list []ast.Statement) {
	at := slices.IndexFunc(list, ends)
	if at < 0 {
		return
	}
	for _, s := range list[at+1:] {
		if !needsControl(s) {
			continue
		}
		i.warn(s.Idx0(), Warning{
			Code: WarnUnreachable, Message: "this is never reached: " + ending(list[at]),
			Hint: "take it out, or put it before",
		})
		return
	}
}

// ending says what a statement that ends does.
func ending(s ast.Statement) string {
	switch s := s.(type) {
	case *ast.ReturnStatement:
		return "the script, or its function, has returned before"
	case *ast.ThrowStatement:
		return "an error has been thrown before"
	case *ast.BranchStatement:
		return "`" + s.Token.String() + "` has gone elsewhere before"
	}
	return "the statement before never lets it be"
}

// needsControl reports whether a statement does something when control comes to it, and would be missed: not a
// declaration that is hoisted, nor the break that some write behind a return.
func needsControl(s ast.Statement) bool {
	switch s := s.(type) {
	case *ast.FunctionDeclaration, *ast.EmptyStatement, *ast.BranchStatement:
		return false
	case *ast.VariableStatement:
		return slices.ContainsFunc(s.List, func(b *ast.Binding) bool { return b.Initializer != nil })
	}
	return true
}

// ends reports whether control never comes to what follows a statement.
func ends(s ast.Statement) bool {
	switch s := s.(type) {
	case *ast.ReturnStatement, *ast.ThrowStatement, *ast.BranchStatement:
		return true
	case *ast.BlockStatement:
		return s != nil && slices.ContainsFunc(s.List, ends)
	case *ast.IfStatement:
		return s.Alternate != nil && ends(s.Consequent) && ends(s.Alternate)
	case *ast.LabelledStatement:
		return ends(s.Statement) && !breaks(s.Statement, s.Label.Name.String(), false)
	case *ast.WhileStatement:
		return always(s.Test) && !breaks(s.Body, "", true)
	case *ast.DoWhileStatement:
		return always(s.Test) && !breaks(s.Body, "", true)
	case *ast.ForStatement:
		return (s.Test == nil || always(s.Test)) && !breaks(s.Body, "", true)
	case *ast.TryStatement:
		return ends(s.Finally) || ends(s.Body) && (s.Catch == nil || ends(s.Catch.Body))
	case *ast.SwitchStatement:
		return endsSwitch(s)
	}
	return false
}

// endsSwitch is ends for a switch: one of its cases is taken, the last is not left, and none is broken out of.
func endsSwitch(s *ast.SwitchStatement) bool {
	if s.Default < 0 || len(s.Body) == 0 || !slices.ContainsFunc(s.Body[len(s.Body)-1].Consequent, ends) {
		return false
	}
	for _, c := range s.Body {
		for _, inner := range c.Consequent {
			if breaks(inner, "", true) {
				return false
			}
		}
	}
	return true
}

// always reports whether a condition is written as one that holds.
func always(test ast.Expression) bool {
	switch t := test.(type) {
	case *ast.BooleanLiteral:
		return t.Value
	case *ast.NumberLiteral:
		return t.Literal == "1"
	}
	return false
}

// breaks reports whether a statement breaks out of what it stands in: by name, and where bare, by a break without a name,
// too. That a loop with a name may be broken out of by its name, ends of the label sees to.
func breaks(s ast.Statement, label string, bare bool) bool {
	switch s := s.(type) {
	case *ast.BranchStatement:
		if s.Token != token.BREAK {
			return false
		}
		return s.Label == nil && bare || s.Label != nil && s.Label.Name.String() == label
	case *ast.WhileStatement, *ast.DoWhileStatement, *ast.ForStatement, *ast.ForInStatement, *ast.ForOfStatement, *ast.SwitchStatement:
		bare = false
	}
	return slices.ContainsFunc(inner(s), func(s ast.Statement) bool { return breaks(s, label, bare) })
}

// inner returns the statements directly within a statement, those of nested functions left out.
func inner(s ast.Statement) (list []ast.Statement) {
	switch s := s.(type) {
	case *ast.BlockStatement:
		if s != nil {
			list = s.List
		}
	case *ast.IfStatement:
		list = []ast.Statement{s.Consequent}
		if s.Alternate != nil {
			list = append(list, s.Alternate)
		}
	case *ast.LabelledStatement:
		list = []ast.Statement{s.Statement}
	case *ast.WhileStatement:
		list = []ast.Statement{s.Body}
	case *ast.DoWhileStatement:
		list = []ast.Statement{s.Body}
	case *ast.ForStatement:
		list = []ast.Statement{s.Body}
	case *ast.ForInStatement:
		list = []ast.Statement{s.Body}
	case *ast.ForOfStatement:
		list = []ast.Statement{s.Body}
	case *ast.TryStatement:
		list = []ast.Statement{s.Body, s.Finally}
		if s.Catch != nil {
			list = append(list, s.Catch.Body)
		}
	case *ast.SwitchStatement:
		for _, c := range s.Body {
			list = append(list, c.Consequent...)
		}
	}
	return list
}

// function is a function with a body of statements that is called for its value.
type function struct {
	at   file.Idx
	body *ast.BlockStatement
}

// functionOf returns the function that an expression is; nil for others, for async functions and generators, which always
// give a value, and for x => value.
func functionOf(e ast.Expression) *function {
	switch f := e.(type) {
	case *ast.FunctionLiteral:
		if !f.Async && !f.Generator {
			return &function{f.Idx0(), f.Body}
		}
	case *ast.ArrowFunctionLiteral:
		if body, ok := f.Body.(*ast.BlockStatement); ok && !f.Async {
			return &function{f.Idx0(), body}
		}
	}
	return nil
}

// lacksValue reports whether the function never returns a value although it can end; where always, also whether it can end
// without one.
func (f *function) lacksValue(always bool) bool {
	switch {
	case always && returnsBare(f.body):
		return true
	case ends(f.body):
		return !returnsValue(f.body) && returnsBare(f.body)
	}
	return always || !returnsValue(f.body)
}

// returnsValue reports whether a return with a value stands within a statement.
func returnsValue(s ast.Statement) bool {
	if r, ok := s.(*ast.ReturnStatement); ok {
		return r.Argument != nil
	}
	return slices.ContainsFunc(inner(s), returnsValue)
}

// returnsBare reports whether a return without a value stands within a statement.
func returnsBare(s ast.Statement) bool {
	if r, ok := s.(*ast.ReturnStatement); ok {
		return r.Argument == nil
	}
	return slices.ContainsFunc(inner(s), returnsBare)
}
