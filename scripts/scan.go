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
	chainMax      = 5000 // words and signs in a row without a comma, a semicolon or a brace; see checkChains
)

// shapeProblem says what is wrong with the shape of a source and where, as an offset in bytes.
type shapeProblem struct {
	message string
	offset  int
}

// checkShape looks at what the parser could not stand.
func checkShape(source string) *shapeProblem {
	if problem := checkBrackets(source); problem != nil {
		return problem
	}
	return checkParameters(source)
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

// checkTranslated looks at what the translator could not stand.
func checkTranslated(source string) *shapeProblem {
	if problem := checkChains(source); problem != nil {
		return problem
	}
	return checkEnums(source)
}

// checkChains finds what nests without brackets, such as a => b => c or A<B<C>>, and is meant for the translator: it recurses
// as deep as that, in time that is more than proportional. The compiler would find the same code too deep.
func checkChains(source string) *shapeProblem {
	s := bracketScanner{source: source}
	for i, chain := 0, 0; i < len(source); {
		from := i
		if i = s.next(i); s.fault != nil {
			s.fault, i = nil, from+1
		}
		switch token := source[from:i]; {
		case strings.TrimLeft(token, " \t\r\n") == "":
		case strings.Contains(",;{}", token):
			chain = 0
		default:
			if chain++; chain > chainMax {
				return &shapeProblem{nestsTooDeep, from}
			}
		}
	}
	return nil
}

// tooDeep reports whether a syntax tree has more levels than the compiler should be given.
func tooDeep(tree *ast.Program) bool {
	return !visit(reflect.ValueOf(tree.Body), 0, func(_ reflect.Value, level int) bool { return level < treeMax })
}

// openClass returns where, from 1, a regular expression begins with a [ that its line does not close; 0 where there is
// none. The parser takes it for an expression without a pattern, which JavaScript has no way to write.
func openClass(tree *ast.Program) (at int) {
	visit(reflect.ValueOf(tree.Body), 0, func(node reflect.Value, _ int) bool {
		if node.Type() == regexpLiteral && node.Elem().FieldByName("Pattern").Len() == 0 {
			at = int(node.Elem().FieldByName("Idx").Int())
		}
		return at == 0
	})
	return at
}

var (
	sourceFile    = reflect.TypeFor[*file.File]()
	regexpLiteral = reflect.TypeFor[*ast.RegExpLiteral]()
	// A function lists the declarations in it a second time: following both would double the work at each level.
	declarations = reflect.TypeFor[[]*ast.VariableDeclaration]()
)

// visit calls f for every node of a part of a syntax tree, with its level, until f returns false.
func visit(v reflect.Value, level int, f func(node reflect.Value, level int) bool) bool {
	switch v.Kind() {
	case reflect.Interface:
		return visit(v.Elem(), level, f)
	case reflect.Pointer:
		if v.IsNil() || v.Type() == sourceFile {
			return true
		}
		return f(v, level) && visit(v.Elem(), level+1, f)
	case reflect.Slice:
		if v.Type() == declarations {
			return true
		}
		for i := range v.Len() {
			if !visit(v.Index(i), level, f) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !visit(v.Field(i), level, f) {
				return false
			}
		}
	}
	return true
}
