package scripts

import (
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// Bounds on the shape of a source. The parser and the compiler of goja recurse without a limit of their own, and a
// goroutine whose stack overflows takes the process with it; the compiler takes time in the square of the depth of a
// tree (16,000 levels: seven seconds), the parser time exponential in the nesting of parameter lists. Code that
// people write stays far below.
const (
	bracketsMax   = 1000 // nested brackets, counted in strings and comments too
	parametersMax = 6    // arrow functions in the parameter list of an arrow function in the parameter list …
	treeMax       = 1000 // levels of the syntax tree
	treeChecked   = 4096 // length in bytes from which a source can be deep enough to be worth measuring
)

// shapeProblem says what is wrong with the shape of a source and where, as an offset in bytes.
type shapeProblem struct {
	message string
	offset  int
}

// checkBrackets counts what it sees, whether or not it is code: to be wrong about which is which would be a way around.
func checkBrackets(source string) *shapeProblem {
	depth := 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			if depth++; depth > bracketsMax {
				return &shapeProblem{"brackets nest more than 1000 deep", i}
			}
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return nil
}

// checkParameters finds arrow functions nested in parameter lists of arrow functions. It reads strings as code, which
// makes it strict in cases that do not occur.
func checkParameters(source string) *shapeProblem {
	var open []int // for each open bracket, how deep parameter lists nest inside
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			open = append(open, 0)
		case ')', ']', '}':
			if len(open) == 0 {
				continue
			}
			nested := open[len(open)-1]
			open = open[:len(open)-1]
			if source[i] == ')' && strings.HasPrefix(strings.TrimLeft(source[i+1:], " \t\r\n"), "=>") {
				if nested++; nested > parametersMax {
					return &shapeProblem{"arrow functions nest too deep in parameter lists", i}
				}
			}
			if n := len(open); n > 0 {
				open[n-1] = max(open[n-1], nested)
			}
		}
	}
	return nil
}

// tooDeep reports whether a syntax tree has more levels than the compiler should be given.
func tooDeep(tree *ast.Program) bool { return deeper(reflect.ValueOf(tree.Body), treeMax) }

var (
	sourceFile = reflect.TypeFor[*file.File]()
	// A function lists the declarations in it a second time: following both would double the work at each level.
	declarations = reflect.TypeFor[[]*ast.VariableDeclaration]()
)

// deeper reports whether a part of a syntax tree has more than that many levels of nodes.
func deeper(v reflect.Value, levels int) bool {
	switch v.Kind() {
	case reflect.Interface:
		return deeper(v.Elem(), levels)
	case reflect.Pointer:
		if v.IsNil() || v.Type() == sourceFile {
			return false
		}
		return levels == 0 || deeper(v.Elem(), levels-1)
	case reflect.Slice:
		if v.Type() == declarations {
			return false
		}
		for i := range v.Len() {
			if deeper(v.Index(i), levels) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if deeper(v.Field(i), levels) {
				return true
			}
		}
	}
	return false
}
