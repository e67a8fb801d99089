package scripts

import (
	"reflect"
	"regexp"
	"strings"

	"github.com/dop251/goja/ast"
)

// What goja lacks and cannot be mended is refused when it is compiled, where it would otherwise go wrong without a word: \p{L}
// matches the letter p, toLocaleString("de") ignores its argument.

// lacking are of what may be refused, so that other sources are not looked through.
var lacking = []string{`\p{`, `\P{`, "Intl", "toLocale", "localeCompare", "RegExp"}

// declaresIntl finds a source that brings an Intl of its own.
var declaresIntl = regexp.MustCompile(`\b(const|let|var|function|class|import)\s+Intl\b`)

const (
	noProperties = `SyntaxError: regular expressions here have no \p{…}: it would match the letter p; write the characters out, as in [A-Za-zÀ-ÿ]`
	noFlags      = "SyntaxError: regular expressions here have no flags d and v, only g, i, m, s, u and y"
	noIntl       = "there is no Intl here: scripts know no languages and countries; put texts together yourself, or call a tool"
)

// refusal finds what a program must not use. At is where it stands, from 1; 0 where there is none.
func refusal(tree *ast.Program, source string) (at int, message string) {
	if !containsAny(source, lacking) {
		return 0, ""
	}
	asked := map[*ast.Identifier]bool{} // only for its type
	visit(reflect.ValueOf(tree.Body), 0, func(node reflect.Value, _ int) bool {
		switch n := node.Interface().(type) {
		case *ast.RegExpLiteral:
			if hasProperty(n.Pattern) {
				at, message = int(n.Idx), noProperties
			}
		case *ast.UnaryExpression:
			if id, ok := n.Operand.(*ast.Identifier); ok {
				asked[id] = true
			}
		case *ast.Identifier:
			if n.Name == "Intl" && !asked[n] && !declaresIntl.MatchString(source) {
				at, message = int(n.Idx), noIntl
			}
		case *ast.NewExpression:
			at, message = refusedCall(n.Callee, n.ArgumentList)
		case *ast.CallExpression:
			at, message = refusedCall(n.Callee, n.ArgumentList)
		}
		return at == 0
	})
	return at, message
}

// localeArguments is how many arguments the methods take that know languages elsewhere. A second one of localeCompare is
// let be: the order here is that of most.
var localeArguments = map[string]int{
	"toLocaleString": 0, "toLocaleDateString": 0, "toLocaleTimeString": 0, "toLocaleUpperCase": 0, "toLocaleLowerCase": 0, "localeCompare": 2,
}

// refusedCall looks at what is called.
func refusedCall(callee ast.Expression, args []ast.Expression) (at int, message string) {
	switch f := callee.(type) {
	case *ast.Identifier:
		if f.Name != "RegExp" {
			break
		}
		for i, arg := range args {
			text, ok := arg.(*ast.StringLiteral)
			switch {
			case ok && i == 0 && hasProperty(text.Value.String()):
				return int(f.Idx), noProperties
			case ok && i == 1 && strings.ContainsAny(text.Value.String(), "dv"):
				return int(f.Idx), noFlags
			}
		}
	case *ast.DotExpression:
		name := f.Identifier.Name.String()
		most, ok := localeArguments[name]
		if ok && len(args) > most {
			return int(f.Identifier.Idx), name + " takes no locale or options here, and would ignore them: " + noIntl
		}
	}
	return 0, ""
}

// hasProperty reports whether a pattern has \p{…} or \P{…}.
func hasProperty(pattern string) bool {
	for i := 0; i+2 < len(pattern); i++ {
		if pattern[i] != '\\' {
			continue
		}
		if i++; (pattern[i] == 'p' || pattern[i] == 'P') && pattern[i+1] == '{' {
			return true
		}
	}
	return false
}
