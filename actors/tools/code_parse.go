package tools

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"iter"
	"maps"
	"path"
	"strconv"
	"strings"
)

// parsed is a source with its syntax tree.
type parsed struct {
	source
	fset     *token.FileSet
	file     *ast.File
	imports  map[string]string // import path to the name it is used by; blank and dot imports left out
	shadowed map[string]bool   // predeclared names that the package may give another meaning
}

// parse reads a source. Its error is a scanner.ErrorList in order of position.
func parse(s source) (*parsed, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, s.path, s.code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if err := checkNesting(fset, file); err != nil {
		return nil, err
	}
	p := &parsed{source: s, fset: fset, file: file, imports: map[string]string{}, shadowed: map[string]bool{}}
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if spec.Name == nil {
			p.imports[importPath] = path.Base(importPath)
		} else if spec.Name.Name != "_" && spec.Name.Name != "." {
			p.imports[importPath] = spec.Name.Name
		}
	}
	for name := range declaredNames(file) {
		if types.Universe.Lookup(name) != nil {
			p.shadowed[name] = true
		}
	}
	return p, nil
}

// nestingCostMax bounds the sum, over all nodes of a syntax tree, of their depth squared. The time that
// formatting takes grows with it, whatever it is that is nested (measured: 0.1 to 0.25 ns each): this
// much takes about a second and cannot be interrupted. Ordinary source of 1 MiB costs a hundredth.
const nestingCostMax = 4_000_000_000

func checkNesting(fset *token.FileSet, file *ast.File) error {
	depth, deepest, cost := 0, 0, 0
	var at ast.Node
	ast.Inspect(file, func(node ast.Node) bool {
		if node == nil {
			depth--
			return true
		}
		depth++
		cost += depth * depth
		if depth > deepest {
			deepest, at = depth, node
		}
		return true
	})
	if cost <= nestingCostMax {
		return nil
	}
	return scanner.ErrorList{{
		Pos: fset.PositionFor(at.Pos(), false),
		Msg: fmt.Sprintf("too much is nested too deeply; the deepest, with %d levels, is here", deepest),
	}}
}

// declaredNames lists every name that a file declares, at whatever depth.
func declaredNames(file *ast.File) iter.Seq[string] {
	return func(yield func(string) bool) {
		more := true
		declare := func(xs ...ast.Expr) {
			for _, x := range xs {
				if id, ok := x.(*ast.Ident); ok && more {
					more = yield(id.Name)
				}
			}
		}
		declareAll := func(ids []*ast.Ident) {
			for _, id := range ids {
				declare(id)
			}
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch x := node.(type) {
			case *ast.FuncDecl:
				if x.Recv == nil {
					declare(x.Name)
				}
			case *ast.TypeSpec:
				declare(x.Name)
			case *ast.ValueSpec:
				declareAll(x.Names)
			case *ast.Field:
				declareAll(x.Names)
			case *ast.ImportSpec:
				if x.Name != nil {
					declare(x.Name)
				}
			case *ast.AssignStmt:
				if x.Tok == token.DEFINE {
					declare(x.Lhs...)
				}
			case *ast.RangeStmt:
				if x.Tok == token.DEFINE {
					declare(x.Key, x.Value)
				}
			}
			return more
		})
	}
}

// parseAll reads every source; the error names the first place that cannot be read.
func parseAll(all sources) ([]*parsed, error) {
	files := make([]*parsed, 0, len(all.list))
	for _, s := range all.list {
		p, err := parse(s)
		if err != nil {
			return nil, unreadable(s, err)
		}
		files = append(files, p)
	}
	shareShadows(files)
	return files, nil
}

// shareShadows lets files of one package know what the others declare: a builtin that one of them
// redefines has another meaning in all.
func shareShadows(files []*parsed) {
	type pkg struct{ dir, name string }
	shared := map[pkg]map[string]bool{}
	for _, p := range files {
		key := pkg{path.Dir(p.path), p.file.Name.Name}
		if shared[key] == nil {
			shared[key] = p.shadowed
		}
		maps.Copy(shared[key], p.shadowed)
		p.shadowed = shared[key]
	}
}

// unreadable is the error of source that does not parse: path:line:column: what the parser says.
func unreadable(s source, err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return fmt.Errorf("%s: this is not Go that can be read: %w", s.name(), err)
	}
	first := list[0]
	message := fmt.Sprintf("%s:%d:%d: this is not Go that can be read: %s", s.name(), first.Pos.Line, first.Pos.Column, first.Msg)
	if more := len(list) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return &Error{Kind: KindTool, Message: message, cause: err}
}

// position is where pos really is: //line directives are not followed.
func (p *parsed) position(pos token.Pos) token.Position { return p.fset.PositionFor(pos, false) }

func (p *parsed) line(pos token.Pos) int { return p.position(pos).Line }

func (p *parsed) offset(pos token.Pos) int { return p.position(pos).Offset }

// isMain reports whether the source is of a program rather than a library.
func (p *parsed) isMain() bool { return p.file.Name.Name == "main" }

// isTest reports whether the source holds tests.
func (p *parsed) isTest() bool { return strings.HasSuffix(p.path, "_test.go") }

// calls returns the function's name where call is one of a package's functions, as in fmt.Println.
func (p *parsed) calls(call *ast.CallExpr, importPath string) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	name, imported := p.imports[importPath]
	if x, ok := selector.X.(*ast.Ident); ok && imported && x.Name == name {
		return selector.Sel.Name
	}
	return ""
}

// countLines counts the lines of a text; a last line without its end counts too.
func countLines(code string) int {
	n := strings.Count(code, "\n")
	if code != "" && !strings.HasSuffix(code, "\n") {
		n++
	}
	return n
}
