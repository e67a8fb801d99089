package scripts

import (
	"cmp"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// The codes of Warning.
const (
	WarnUnknownName = "unknown_name"            // a name that nothing declares
	WarnUnreachable = "unreachable_code"        // statements that control cannot come to
	WarnAssignment  = "assignment_in_condition" // = where == is most likely meant
	WarnNoReturn    = "missing_return"          // a function that gives no value where one is needed
	WarnUncalled    = "uncalled_function"       // a function as the value of an expression
)

// Warning is what compiles and is most likely not what its author meant. It is no error: what a script never comes to, or
// asks for with care, may stay as it is.
type Warning struct {
	Code    string
	Message string
	Hint    string     // what to write instead, "" where that is not known
	Name    string     // the unknown name
	Known   [][]string // those that could stand in its place: first what the script declares and sees, then what JavaScript has

	File         string
	Line, Column int // as in Error
}

// Warnings looks through a script for what compiles and is most likely wrong, in the order of its places. The folder is what it
// was compiled with.
func (s *Script) Warnings(folder fs.FS) []Warning { return s.program.warnings(folder, false) }

// Warnings is Script.Warnings for an expression.
func (e *Expression) Warnings() []Warning { return e.program.warnings(nil, true) }

func (p *program) warnings(folder fs.FS, expression bool) []Warning {
	i := inspection{program: p, folder: folderOf(folder)}
	if err := i.read(expression); err != nil {
		return nil // it was compiled, and runs
	}
	if expression {
		i.expression()
	}
	i.names(expression)
	i.statements()
	slices.SortStableFunc(i.found, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return i.found
}

// Bounds of what is looked for in one program: a person reads no more, and each find costs time in proportion to the source.
const (
	warningsMax    = 50
	assignmentsMax = 100
)

// inspection looks through one program.
type inspection struct {
	program *program
	folder  *folder
	tree    *ast.Program
	files   map[string]string // of a bundle, by the names that goja has for them
	found   []Warning

	assignments int // that were looked at
}

// read parses the program's text anew, within a function and from its second line on, as the mappings of a bundle want it.
func (i *inspection) read(expression bool) (err error) {
	p := i.program
	switch {
	case expression:
		i.tree, err = parse("(function(){return (\n" + p.place.source + "\n);})")
	case p.bundle == nil:
		i.tree, err = parse("(function(){\n" + p.place.source + "\n})")
	default:
		consumer, files, failed := p.bundle.consumer(&p.place)
		if failed != nil {
			return failed
		}
		i.files = files
		if i.tree, err = parseAs(bundleName, "(function(){let "+mainName+";\n"+p.bundle.Code+"\n})"); err == nil {
			i.tree.File.SetSourceMap(consumer)
		}
	}
	return err
}

// spot is where a place of the tree was written; false where the translator has put in what stands there.
func (i *inspection) spot(at file.Idx) (spot, bool) {
	place, position := &i.program.place, i.tree.File.Position(int(at)-1)
	if i.program.bundle != nil {
		return place.within(i.files, position)
	}
	line, column, note := place.find(position.Line-1, position.Column)
	return spot{place.origin.File, line, column, note}, true
}

func (i *inspection) warn(at file.Idx, w Warning) {
	if len(i.found) == warningsMax {
		return
	}
	s, ok := i.spot(at)
	if !ok {
		return
	}
	w.File, w.Line, w.Column = s.file, s.line, s.column
	w.Message += s.note
	i.found = append(i.found, w)
}

// expression looks at the value of an expression as a whole.
func (i *inspection) expression() {
	body := wrapped(i.tree)
	if body == nil || len(body.List) != 1 {
		return
	}
	result, ok := body.List[0].(*ast.ReturnStatement)
	if !ok {
		return
	}
	i.condition(result.Argument, false)
	switch f := result.Argument.(type) {
	case *ast.ArrowFunctionLiteral, *ast.FunctionLiteral:
		i.warn(f.Idx0(), Warning{
			Code: WarnUncalled, Message: "the expression is a function, which nobody calls",
			Hint: "write what it returns, as in state.n > 1",
		})
	}
	if call, ok := result.Argument.(*ast.CallExpression); ok {
		if f := functionOf(call.Callee); f != nil && f.lacksValue(true) {
			i.warn(f.at, Warning{
				Code: WarnNoReturn, Message: "the function that gives the expression its value does not return one on every way through it",
				Hint: "end it with return and the value",
			})
		}
	}
}

// statements looks at each statement and call for itself.
func (i *inspection) statements() {
	unused := map[*ast.CallExpression]bool{}
	visit(reflect.ValueOf(i.tree.Body), 0, func(node reflect.Value, _ int) bool {
		switch n := node.Interface().(type) {
		case *ast.BlockStatement:
			i.reach(n.List)
		case *ast.CaseStatement:
			i.reach(n.Consequent)
		case *ast.IfStatement:
			i.condition(n.Test, false)
		case *ast.WhileStatement:
			i.condition(n.Test, true)
		case *ast.DoWhileStatement:
			i.condition(n.Test, true)
		case *ast.ForStatement:
			i.condition(n.Test, true)
		case *ast.ExpressionStatement:
			if call, ok := n.Expression.(*ast.CallExpression); ok {
				unused[call] = true
			}
		case *ast.CallExpression:
			i.callback(n, !unused[n])
		}
		return true
	})
}

// condition warns of an assignment that is a whole condition; that of ?: cannot be without parentheses. Parentheses of its own say that it is meant, and so does what
// a loop assigns anew from a call: while (m = next()).
func (i *inspection) condition(test ast.Expression, loop bool) {
	assign, ok := test.(*ast.AssignExpression)
	if !ok || assign.Operator != token.ASSIGN {
		return
	}
	if loop {
		switch assign.Right.(type) {
		case *ast.BooleanLiteral, *ast.NullLiteral, *ast.NumberLiteral, *ast.StringLiteral:
		default:
			return
		}
	}
	if i.assignments++; i.assignments > assignmentsMax || i.parenthesised(assign.Idx0()) {
		return
	}
	i.warn(assign.Idx0(), Warning{
		Code: WarnAssignment, Message: "= assigns here, and the condition is what was assigned",
		Hint: "write === to compare; if it is meant, give it parentheses of its own",
	})
}

// parenthesised reports whether two parentheses open before a place, as it was written: the translator leaves out what
// means nothing to it.
func (i *inspection) parenthesised(at file.Idx) bool {
	before, ok := i.before(at)
	if !ok {
		return true // nothing is known of it
	}
	before = strings.TrimRight(before, " \t\r\n")
	inner, ok := strings.CutSuffix(before, "(")
	return ok && strings.HasSuffix(strings.TrimRight(inner, " \t\r\n"), "(")
}

// before returns what was written before a place in its file, or in the script.
func (i *inspection) before(at file.Idx) (string, bool) {
	if i.program.bundle == nil {
		return i.tree.File.Source()[:int(at)-1], true
	}
	s, ok := i.spot(at)
	if !ok || s.note != "" {
		return "", false
	}
	place := &i.program.place
	text := place.source
	if s.file != place.origin.File {
		read, err := i.folder.read(s.file, len(i.program.bundle.Code)*bundleMax)
		if err != nil {
			return "", false
		}
		text = read
	} else {
		s.line -= place.origin.Line - 1
		if s.line == 1 || place.origin.Block {
			s.column -= place.origin.Column - 1
		}
	}
	lines := splitLines(text)
	if s.line < 1 || s.line > len(lines) {
		return "", false
	}
	line := []rune(lines[s.line-1])
	return strings.Join(lines[:s.line-1], "\n") + "\n" + string(line[:max(0, min(s.column-1, len(line)))]), true
}

// callbacks are what calls a function for its value, and whether it needs one on every way: some stops at a truthy one,
// and goes on where there is none, but reduce goes on with undefined.
var callbacks = map[string]bool{
	"filter": false, "some": false, "every": false, "find": false, "findIndex": false, "findLast": false, "findLastIndex": false,
	"map": false, "flatMap": false, "reduce": true, "reduceRight": true, "sort": true, "toSorted": true,
}

// callback warns of a function that is called for its value and gives none. Where nobody uses what comes of it all, as in
// list.map(f), it may stand for forEach; but sort changes its list.
func (i *inspection) callback(call *ast.CallExpression, used bool) {
	callee, ok := call.Callee.(*ast.DotExpression)
	if !ok || len(call.ArgumentList) == 0 {
		return
	}
	name := callee.Identifier.Name.String()
	always, known := callbacks[name]
	if !used && name != "sort" {
		return
	}
	f := functionOf(call.ArgumentList[0])
	if !known || f == nil || len(f.body.List) == 0 || !f.lacksValue(always) {
		return
	}
	message := "the function that %s calls for its value returns none"
	if always && returnsValue(f.body) {
		message = "the function that %s calls for its value does not return one on every way through it"
	}
	i.warn(f.at, Warning{
		Code: WarnNoReturn, Message: fmt.Sprintf(message, name),
		Hint: "write x => value, or end it with return and the value; an object needs parentheses: x => ({…})",
	})
}
