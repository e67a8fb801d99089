package scripts

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// program is a compiled source. It belongs to no runtime and may be run by many at once.
type program struct {
	pool     *Pool         // where it is run; nil: in this process
	code     *goja.Program // evaluates to a function of the names in sees, in order
	place    placement
	files    map[string]string // the files that it is mapped to, by the names that goja has for them; nil where it is not
	bundle   *Bundle           // what the source was translated to; nil where it runs as it stands
	limits   *Limits
	sees     names
	item     string // the name that the item has, which comes after those in sees; "" for none
	guards   guards
	mends    []*goja.Program
	promises bool // may reject a promise that nobody handles
	direct   *memberPath
}

// Script is a compiled function body. It is safe for concurrent use.
type Script struct{ *program }

// Expression is a compiled expression. It is safe for concurrent use.
type Expression struct{ *program }

// Code is a node's script as its author wrote it.
type Code struct {
	Source string
	Origin Origin
	Item   string  // the name under which it sees an item of a list or object, as a script that is run for each; "" for none
	Folder fs.FS   // what it may import from; nil for nothing
	Bundle *Bundle // what it was translated to before; nil to translate it now, where it needs that
}

// CompileBody compiles a script that imports nothing and is run for no item; see Compile.
func (e *Engine) CompileBody(source string, o Origin) (*Script, error) {
	if p := e.cache.get(programKey{source: source, origin: o}); p != nil { // most are, and a Code takes longer to make than to look up
		return &Script{p}, nil
	}
	return e.compileCode(&Code{Source: source, Origin: o})
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
	c := e.compilation(key)
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, c.indigestible(r)
		}
	}()
	if err := c.check(); err != nil {
		return nil, err
	}
	code, err := c.compile()
	if err != nil {
		return nil, err
	}
	return c.program(code, key.source, e), nil
}

func (e *Engine) compilation(key programKey) *compilation {
	return &compilation{
		source: key.source, place: newPlacement(key.source, key.origin), item: key.item, expression: key.expression,
		sourceMax: e.limits.SourceBytes,
	}
}

// program is what the code that text was compiled to can be run as.
func (c *compilation) program(code *goja.Program, text string, e *Engine) *program {
	return &program{
		pool:     e.pool,
		code:     code,
		place:    c.place,
		limits:   &e.limits,
		sees:     c.sees,
		item:     c.item,
		files:    c.files,
		guards:   guardsFor(text),
		mends:    mendsFor(text),
		promises: containsAny(text, promiseWords),
		direct:   c.direct,
	}
}

// asyncGenerator finds what may be one.
var asyncGenerator = regexp.MustCompile(`\basync\s*(function\s*)?\*`)

// promiseWords are of what makes promises.
var promiseWords = []string{"Promise", "async", "Async", "queueMicrotask"}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// compilation is one source on its way to a program.
type compilation struct {
	source     string
	place      placement
	item       string
	expression bool
	path       string // of the script in the folder that it imports from; "" where it is in no file of its own
	sourceMax  int

	sees   names
	files  map[string]string
	direct *memberPath
}

// programName marks our frames in stacks. It is no file name: positions come from the placement.
const programName = "weir"

// check refuses what the parser should not be given.
func (c *compilation) check() error {
	if n := len(c.source); n > c.sourceMax {
		return c.failure(KindLimit, 0, fmt.Sprintf("the script has %d bytes; the limit is %d: move parts of it into a tool, or %s", n, c.sourceMax, raise("source")))
	}
	if !utf8.ValidString(c.source) {
		return c.failure(KindScript, 0, "SyntaxError: the script is not valid UTF-8")
	}
	if c.expression && strings.TrimSpace(c.source) == "" {
		return c.failure(KindScript, 0, noExpression)
	}
	if problem := checkShape(c.source); problem != nil {
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
		unread := c.syntaxError(err)
		unread.unread = true
		unread.offset, _, _ = c.stumble(err)
		return nil, unread
	}
	if !c.fits(tree, len(head)) {
		return nil, c.syntaxError(nil)
	}
	if len(c.source) > treeChecked && tooDeep(tree) {
		return nil, c.failure(KindLimit, 0, nestsTooDeep)
	}
	if at := openClass(tree); at > 0 {
		return nil, c.failure(KindScript, at-1-len(head), "SyntaxError: the [ in the regular expression that begins here is not closed on its line")
	}
	if at := hugeConstant(c.source, tree); at > 0 {
		return nil, c.failure(KindLimit, at-1-len(head), hugeResult)
	}
	if at, message := refusal(tree, c.source); at > 0 {
		return nil, c.failure(KindScript, at-1-len(head), message)
	}
	code, err := goja.CompileAST(tree, true)
	if err != nil {
		failed := c.syntaxError(err)
		failed.unread = asyncGenerator.MatchString(c.source) // which it does not know, and the translator does
		return nil, failed
	}
	if c.expression {
		c.direct = pathOf(tree, c.item)
	} else {
		c.mapStacks(tree)
	}
	return code, nil
}

const nestsTooDeep = "the code nests more than 1000 deep: use an array with a loop, or several statements"

// mapStacks lets the stacks that a plain script reads name the places that its author wrote. Everything else is placed
// without such a map, which takes longer to make than the program.
func (c *compilation) mapStacks(tree *ast.Program) {
	if !strings.Contains(c.source, "stack") || !c.place.exact() {
		return
	}
	if consumer, files, err := newConsumer([]string{c.place.origin.File}, c.place.tokens()); err == nil {
		c.files = files
		tree.File.SetSourceMap(consumer)
	}
}

func parse(text string) (*ast.Program, error) { return parseAs(programName, text) }

func parseAs(name, text string) (*ast.Program, error) {
	// Without the option the parser would follow a sourceMappingURL in the source and read the host's files.
	return parser.ParseFile(nil, name, text, 0, parser.WithDisableSourceMaps)
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

// indigestible is the error for a panic of the parser or compiler.
func (c *compilation) indigestible(r any) *Error {
	return c.failure(KindScript, 0, fmt.Sprintf("SyntaxError: the JavaScript compiler cannot digest this: %v", r))
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
