package scripts

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// program is a compiled source. It belongs to no runtime and may be run by many at once.
type program struct {
	code     *goja.Program // evaluates to a function of the names in sees, in order
	place    placement
	limits   *Limits
	sees     names
	item     string // the name that the item has, which comes after those in sees; "" for none
	guards   guards
	promises bool // may reject a promise that nobody handles
	direct   *path
}

// Script is a compiled function body. It is safe for concurrent use.
type Script struct{ *program }

// Expression is a compiled expression. It is safe for concurrent use.
type Expression struct{ *program }

// CompileBody compiles the body of a function that sees state, input, ctx and console. What is wrong with it is an
// *Error of kind script_error, or script_limit where it is too long or too deep.
func (e *Engine) CompileBody(source string, o Origin) (*Script, error) {
	return e.CompileItemBody(source, o, "")
}

// CompileItemBody is CompileBody for a script that is run for each item of a list or object, which it sees under a name:
// an identifier that is no word of JavaScript and none of the names that every script sees. "" is for none.
func (e *Engine) CompileItemBody(source string, o Origin, item string) (*Script, error) {
	p, err := e.compile(programKey{source: source, origin: o, item: item})
	if err != nil {
		return nil, err
	}
	return &Script{p}, nil
}

// CompileExpression compiles one expression, which sees state, input and ctx. Statements are an error, and so is
// anything that only makes an expression together with what stands around it. Errors are those of CompileBody.
func (e *Engine) CompileExpression(source string, o Origin) (*Expression, error) {
	return e.CompileItemExpression(source, o, "")
}

// CompileItemExpression is CompileExpression for an expression about an item, as CompileItemBody is for a script.
func (e *Engine) CompileItemExpression(source string, o Origin, item string) (*Expression, error) {
	p, err := e.compile(programKey{source: source, origin: o, item: item, expression: true})
	if err != nil {
		return nil, err
	}
	return &Expression{p}, nil
}

func (e *Engine) compile(key programKey) (*program, error) {
	if p := e.cache.get(key); p != nil {
		return p, nil
	}
	p, err := e.compileNew(key)
	if err != nil {
		return nil, err
	}
	e.cache.put(key, p)
	return p, nil
}

func (e *Engine) compileNew(key programKey) (p *program, err error) {
	c := compilation{source: key.source, place: newPlacement(key.source, key.origin), item: key.item, expression: key.expression}
	if n := len(key.source); n > e.limits.SourceBytes {
		return nil, c.failure(KindLimit, 0,
			fmt.Sprintf("the script has %d bytes; the limit is %d: move parts of it into a tool", n, e.limits.SourceBytes))
	}
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, c.failure(KindScript, 0, fmt.Sprintf("SyntaxError: the JavaScript compiler cannot digest this: %v", r))
		}
	}()
	if err := c.check(); err != nil {
		return nil, err
	}
	code, err := c.compile()
	if err != nil {
		return nil, err
	}
	return &program{
		code:     code,
		place:    c.place,
		limits:   &e.limits,
		sees:     c.sees,
		item:     c.item,
		guards:   guardsFor(key.source),
		promises: strings.Contains(key.source, "Promise") || strings.Contains(key.source, "async"),
		direct:   c.direct,
	}, nil
}

// compilation is one source on its way to a program.
type compilation struct {
	source     string
	place      placement
	item       string
	expression bool

	sees   names
	direct *path
}

// programName marks our frames in stacks. It is no file name: positions come from the placement.
const programName = "weir"

// check refuses what the parser should not be given.
func (c *compilation) check() error {
	if !utf8.ValidString(c.source) {
		return c.failure(KindScript, 0, "SyntaxError: the script is not valid UTF-8")
	}
	if c.expression && strings.TrimSpace(c.source) == "" {
		return c.failure(KindScript, 0, noExpression)
	}
	problem := checkBrackets(c.source)
	if problem == nil {
		problem = checkParameters(c.source)
	}
	if problem != nil {
		return c.failure(KindLimit, problem.offset, problem.message)
	}
	return nil
}

func (c *compilation) compile() (*goja.Program, error) {
	allowed := seesState | seesInput | seesCtx
	if !c.expression {
		allowed |= seesConsole
	}
	c.sees, c.item = namesIn(c.source, allowed), itemIn(c.source, c.item)
	open, end := "{", "\n}})"
	if c.expression {
		open, end = "return (", "\n);})"
	}
	head := header(c.sees, c.item) + open + "\n"
	tree, err := parse(head + c.source + end)
	if err != nil {
		return nil, c.syntaxError(err)
	}
	if !c.fits(tree, len(head)) {
		return nil, c.syntaxError(nil)
	}
	if len(c.source) > treeChecked && tooDeep(tree) {
		return nil, c.failure(KindLimit, 0, "the code nests more than 1000 deep: use an array with a loop, or several statements")
	}
	if at := openClass(tree); at > 0 {
		return nil, c.failure(KindScript, at-1-len(head), "SyntaxError: the [ in the regular expression that begins here is not closed on its line")
	}
	code, err := goja.CompileAST(tree, true)
	if err != nil {
		return nil, c.syntaxError(err)
	}
	if c.expression {
		c.direct = pathOf(tree, c.item)
	}
	return code, nil
}

func parse(text string) (*ast.Program, error) {
	// Without the option the parser would follow a sourceMappingURL in the source and read the host's files.
	return parser.ParseFile(nil, programName, text, 0, parser.WithDisableSourceMaps)
}

// fits reports whether the source stayed inside of what it was wrapped in.
func (c *compilation) fits(tree *ast.Program, head int) bool {
	body := wrapped(tree)
	if body == nil {
		return false
	}
	want := 2 // the directive and the source
	if c.sees != 0 || c.item != "" {
		want++
	}
	if len(body.List) != want {
		return false
	}
	if !c.expression {
		block, ok := body.List[want-1].(*ast.BlockStatement)
		return ok && int(block.RightBrace)-1 == head+len(c.source)+len("\n")
	}
	if _, ok := body.List[want-1].(*ast.ReturnStatement); !ok {
		return false
	}
	// `a) + (b` is an expression in parentheses, yet not one by itself. No source closes both kinds of brackets.
	_, err := parse("[\n" + c.source + "\n]")
	return err == nil
}

// wrapped returns the body of the function that the program consists of, nil when it is something else.
func wrapped(tree *ast.Program) *ast.BlockStatement {
	if len(tree.Body) != 1 {
		return nil
	}
	statement, ok := tree.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return nil
	}
	function, ok := statement.Expression.(*ast.FunctionLiteral)
	if !ok {
		return nil
	}
	return function.Body
}

// failure returns an error at an offset in bytes of the source.
func (c *compilation) failure(kind string, offset int, message string) *Error {
	line, column, note := c.place.offset(offset)
	return &Error{Kind: kind, Message: message + note, File: c.place.origin.File, Line: line, Column: column}
}

// messageMax bounds the text of one message: a regular expression or a thrown string may be as long as it likes.
const messageMax = 1000

func shorten(message string) string {
	if len(message) <= messageMax {
		return message
	}
	return strings.ToValidUTF8(message[:messageMax], "") + "…"
}
