package workflow

import "github.com/weirflow/weir/eventstore/document"

// part is one value of a template.
type part interface {
	eval(ev Evaluator, sc Scope) (document.Value, error)
}

// Eval evaluates the template's expressions over the scope. Where an expression fails, so does the
// template, with the evaluator's *Failure.
func (t *Template) Eval(ev Evaluator, sc Scope) (document.Value, error) {
	return t.root.eval(ev, sc)
}

// Constant returns the template's value if it holds no expression.
func (t *Template) Constant() (document.Value, bool) {
	c, ok := t.root.(constant)
	return document.Value(c), ok
}

type constant document.Value

func (c constant) eval(Evaluator, Scope) (document.Value, error) { return document.Value(c), nil }
