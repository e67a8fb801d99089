package scripts

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/go-sourcemap/sourcemap"
)

// A node's script is the body of a function in JavaScript, and most are: they run as they stand. Others are translated
// first: modules, whose default export is the script, and TypeScript. Which of them a source is, its file's ending
// says; one without is JavaScript if it can be, else a module if it exports or imports, else TypeScript.

// mainName is what the code of a bundle assigns the script to.
const mainName = "weir$main"

// Compile compiles a node's script: the body of a function that sees state, input, ctx and console, or a module whose default
// export is called with state, ctx and input. What is wrong with it is an *Error of kind script_error, or script_limit
// where it is too long or too deep.
func (e *Engine) Compile(c Code) (*Script, error) {
	if p := e.compiled(&c); p != nil {
		return &Script{p}, nil
	}
	return e.compileCode(&c)
}

// compiled returns the program of a script that was compiled before, nil where it was not.
func (e *Engine) compiled(c *Code) *program {
	if c.Bundle != nil {
		return e.bundles.get(bundleKey{c.Bundle, c.Origin, c.Item})
	}
	return e.cache.get(programKey{source: c.Source, origin: c.Origin, item: c.Item})
}

func (e *Engine) compileCode(c *Code) (*Script, error) {
	if c.Bundle != nil {
		return e.compileBundle(c, c.Bundle)
	}
	key := programKey{source: c.Source, origin: c.Origin, item: c.Item}
	ending := path.Ext(c.Origin.File)
	if slices.Contains(typeScriptEndings, ending) || ending == ".mjs" {
		return e.translate(key, c)
	}
	p, err := e.compileNew(key)
	if err == nil {
		e.cache.put(key, p)
		return &Script{p}, nil
	}
	var plain *Error
	if !errors.As(err, &plain) || !plain.unread {
		return nil, err
	}
	module := isModule(c.Source)
	if !module && ending == ".js" {
		return nil, err
	}
	s, err := e.translate(key, c)
	if err != nil && !module {
		return nil, e.likelier(key, plain, err)
	}
	return s, err
}

// Bundle returns what the script was translated to, nil where it runs as it was written.
func (s *Script) Bundle() *Bundle { return s.bundle }

// Imports returns the files of the folder that a script imports, and those that they import, in order. Those that are
// missing are left out; compiling says which.
func Imports(c Code) []string {
	e := New(Limits{})
	t := e.translation(programKey{source: c.Source, origin: c.Origin}, &c)
	if !isModule(c.Source) || t.check() != nil || checkTranslated(c.Source) != nil {
		return nil
	}
	_, _ = t.translateModule() // compiling says what is wrong
	return slices.DeleteFunc(t.loaded(), func(name string) bool { return name == t.path })
}

func (e *Engine) translation(key programKey, c *Code) *translation {
	t := &translation{compilation: e.compilation(key), folder: folderOf(c.Folder)}
	if IsFile(c.Origin.File) {
		t.path = c.Origin.File
	}
	return t
}

// translate compiles what is no plain JavaScript.
func (e *Engine) translate(key programKey, c *Code) (*Script, error) {
	t := e.translation(key, c)
	if err := t.check(); err != nil {
		return nil, err
	}
	if problem := checkTranslated(c.Source); problem != nil {
		return nil, t.failure(KindLimit, problem.offset, problem.message)
	}
	translate := t.translateBody
	if isModule(c.Source) || path.Ext(t.path) == ".mjs" {
		translate = t.translateModule
	}
	bundle, err := translate()
	if err != nil {
		return nil, err
	}
	return e.compileBundle(c, bundle)
}

// likelier returns one of the errors of a source that is neither JavaScript nor TypeScript: that of TypeScript where
// JavaScript ends at what looks like a type and TypeScript makes sense for longer. A bracket that does not match is told where it is.
func (e *Engine) likelier(key programKey, plain *Error, err error) error {
	var typed *Error
	if !errors.As(err, &typed) || !looksTyped(key.source, plain.offset) {
		return plain
	}
	if typed.Line < plain.Line || typed.Line == plain.Line && typed.Column <= plain.Column {
		return plain
	}
	if fault, _ := faultOf(key.source, "script"); fault != nil {
		return e.compilation(key).failure(KindScript, fault.offset, "SyntaxError: "+fault.message)
	}
	return typed
}

// typeWords begin or go on with what only TypeScript has.
var typeWords = map[string]bool{
	"type": true, "interface": true, "enum": true, "declare": true, "abstract": true, "namespace": true, "private": true, "public": true,
	"protected": true, "readonly": true, "override": true, "as": true, "satisfies": true, "implements": true,
}

// looksTyped reports whether there may be a type at an offset of a source.
func looksTyped(source string, offset int) bool {
	after := source[min(offset, len(source)):]
	if after != "" && strings.IndexByte(":<>?!", after[0]) >= 0 {
		return true
	}
	before := strings.TrimRight(source[:len(source)-len(after)], " \t\r\n")
	return typeWords[leadingWord(after)] || typeWords[trailingWord(before)]
}

// isModule reports whether a source imports or exports, outside of all brackets. What could be either, import(…) and
// import.meta, does not count.
func isModule(source string) bool {
	if !strings.Contains(source, "import") && !strings.Contains(source, "export") {
		return false
	}
	s := bracketScanner{source: source}
	for i := 0; i < len(source); {
		if s.fault != nil {
			return moduleLine.MatchString(source[i:]) // a slash or quote was misunderstood, or the source is wrong
		}
		before, from := s.before, i
		i = s.next(i)
		if len(s.open) > 0 || before == "." {
			continue
		}
		switch source[from:i] {
		case "export":
			return true
		case "import":
			rest := strings.TrimLeft(source[i:], " \t\r\n")
			return !strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, ".")
		}
	}
	return false
}

// moduleLine is how a module's lines mostly begin.
var moduleLine = regexp.MustCompile(`(?m)^\s*(export\s|import\s*["'{*\w])`)

// assignsFunction reports whether a program does no more than to assign one function, and to declare what the translator
// needs for it: that the body of the function did not break out of it.
func assignsFunction(tree *ast.Program) bool {
	functions := 0
	for _, statement := range tree.Body {
		switch s := statement.(type) {
		case *ast.ExpressionStatement:
			assign, ok := s.Expression.(*ast.AssignExpression)
			if !ok {
				return false
			}
			if _, ok := assign.Right.(*ast.FunctionLiteral); !ok {
				return false
			}
			functions++
		case *ast.VariableStatement:
			for _, declared := range s.List {
				if name, ok := declared.Target.(*ast.Identifier); !ok || !strings.HasPrefix(name.Name.String(), "__") {
					return false
				}
			}
		default:
			return false
		}
	}
	return functions == 1
}

// compileBundle compiles what a script was translated to.
func (e *Engine) compileBundle(translated *Code, b *Bundle) (_ *Script, err error) {
	c := e.compilation(programKey{source: translated.Source, origin: translated.Origin, item: translated.Item})
	defer func() {
		if r := recover(); r != nil {
			err = c.indigestible(r)
		}
	}()
	consumer, files, err := b.consumer(&c.place)
	if err != nil {
		return nil, c.failure(KindScript, 0, "the mappings of the translated script cannot be read: "+err.Error())
	}
	// The names that a module does not mention are its function's arguments.
	c.sees, c.item = namesIn(b.Code, seesConsole)|seesState|seesInput|seesCtx, itemIn(b.Code, c.item)
	tree, err := parseAs(bundleName, header(c.sees, c.item)+"{let "+mainName+";\n"+b.Code+mainCall)
	if err != nil {
		return nil, c.bundleError(err, consumer, files)
	}
	if tooDeep(tree) {
		return nil, c.failure(KindLimit, 0, nestsTooDeep)
	}
	if hugeConstant(b.Code, tree) > 0 {
		return nil, c.failure(KindLimit, 0, hugeResult)
	}
	tree.File.SetSourceMap(consumer)
	if at, message := refusal(tree, b.Code); at > 0 {
		f := c.failure(KindScript, 0, message)
		if at, ok := c.place.within(files, tree.File.Position(at-1)); ok {
			f.at(at)
		}
		return nil, f
	}
	code, err := goja.CompileAST(tree, true)
	if err != nil {
		return nil, c.bundleError(err, consumer, files)
	}
	p := c.program(code, b.Code, e)
	p.bundle, p.files = b, files
	e.bundles.put(bundleKey{b, translated.Origin, translated.Item}, p)
	return &Script{p}, nil
}

// mainCall calls the function that the code of a bundle has assigned.
const mainCall = `
if(typeof weir$main!=="function")throw new TypeError("the default export of the module is no function: write export default function (state, ctx) { … }");
return weir$main(weir$state,weir$ctx,weir$input)}})`

// bundleError places an error of the parser or compiler, in which the translator has seen nothing wrong.
func (c *compilation) bundleError(err error, consumer *sourcemap.Consumer, files map[string]string) *Error {
	line, column, message := foundAt(err)
	f := c.failure(KindScript, 0, "SyntaxError: "+shorten(message))
	if name, _, fromLine, fromColumn, ok := consumer.Source(line, column); ok {
		if at, ok := c.place.within(files, file.Position{Filename: name, Line: fromLine, Column: fromColumn}); ok {
			f.at(at)
		}
	}
	return f
}
