package workflow

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/weirflow/weir/eventstore/document"
)

// Scalars without quotes mean what YAML 1.2 (core schema, section 10.3) says, and numbers keep every digit.
// The library's own reading is older: it takes 017 for 15, and long integers for texts.
var (
	yamlInteger  = regexp.MustCompile(`^[-+]?[0-9]+$`)
	yamlBased    = regexp.MustCompile(`^0o[0-7]+$|^0x[0-9a-fA-F]+$`)
	yamlFloat    = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	yamlInfinity = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$`)
)

// scalar reads a value that is written without a block's | or >.
func (r *yamlReader) scalar(tk *token.Token) *node {
	n := &node{kind: document.KindString, text: tk.Value, at: r.placeOf(tk)}
	n.content = n.at
	switch tk.Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		n.style = styleSingle
		if tk.Type == token.DoubleQuoteType {
			n.style = styleDouble
		}
		n.content.column++
		n.content.offset++
		if i := badEscape(r.src.text[n.content.offset:]); n.style == styleDouble && i >= 0 {
			n.bad = true
			r.report(&syntaxError{
				at: r.cursor.offset(n.content.offset + i), code: CodeSyntax,
				message: "this escape is not complete, or stands for no character", hint: `write \\ for a backslash`,
			})
		}
	case token.ImplicitNullType:
		n.kind, n.text = document.KindNull, ""
	default:
		r.plain(n)
	}
	n.weigh()
	return n
}

// badEscape returns the offset of a backslash in a double-quoted text that stands for no character, -1 if
// there is none. The library takes any characters for hexadecimal digits.
func badEscape(raw string) int {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}
	for i := 0; i < len(raw) && raw[i] != '"'; i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			continue
		}
		i++
		count := digits[raw[i]]
		if count == 0 {
			continue
		}
		if len(raw) < i+1+count {
			return i - 1
		}
		code, err := strconv.ParseUint(raw[i+1:i+1+count], 16, 32)
		low, _ := hex4(raw[i+1+count:])
		switch {
		case err != nil || code > utf8.MaxRune || count > 4 && utf16.IsSurrogate(rune(code)):
			return i - 1
		case !utf16.IsSurrogate(rune(code)):
			i += count
		case utf16.DecodeRune(rune(code), low) == utf8.RuneError:
			return i - 1
		default:
			i += count + 6
		}
	}
	return -1
}

// plain decides what a scalar without quotes is.
func (r *yamlReader) plain(n *node) {
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		n.kind, n.text = document.KindNull, ""
		return
	case "true", "True", "TRUE", "false", "False", "FALSE":
		n.kind, n.truth, n.text = document.KindBool, n.text[0]|0x20 == 't', ""
		return
	}
	if c := n.text[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return
	}
	text := n.text
	switch {
	case yamlInfinity.MatchString(text):
		r.number(n, "is not a number that JSON has", "put it in quotes if it is a text")
		return
	case yamlBased.MatchString(text):
		if len(text) > 100 {
			r.number(n, "has too many digits", "")
			return
		}
		i, _ := new(big.Int).SetString(text, 0)
		n.text = i.String()
	case yamlInteger.MatchString(text), yamlFloat.MatchString(text):
		sign := ""
		if text[0] == '-' {
			sign = "-"
		}
		text = strings.TrimLeft(text, "+-")
		if len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' {
			r.number(n, "begins with 0, which readers of YAML understand differently",
				"write it without the 0, or in quotes if it is a text")
			return
		}
		n.text = sign + jsonFloat(text)
	default:
		return
	}
	n.kind = document.KindNumber
	if _, err := document.Number(n.text); err != nil {
		r.number(n, "cannot be kept", "put it in quotes if it is a text")
	}
}

func (r *yamlReader) number(n *node, is, hint string) {
	n.bad = true
	r.report(&syntaxError{
		at: n.at, code: CodeInvalidValue,
		message: fmt.Sprintf("the number %s %s", clip(n.text), is), hint: hint,
	})
}

// jsonFloat writes .5 and 1. as JSON has them.
func jsonFloat(text string) string {
	if text[0] == '.' {
		text = "0" + text
	}
	if i := strings.IndexByte(text, '.'); i >= 0 && (i+1 == len(text) || text[i+1] < '0' || text[i+1] > '9') {
		text = text[:i] + text[i+1:]
	}
	return text
}

// tag reads the types that JSON knows; a tag of another type is refused rather than lost.
func (r *yamlReader) tag(n *ast.TagNode) *node {
	tag := n.Start.Value
	switch tag {
	case "!!str", "!":
		if _, ok := n.Value.(*ast.LiteralNode); ok {
			return r.node(n.Value)
		}
		if scalar, ok := n.Value.(ast.ScalarNode); ok {
			return r.text(scalar.GetToken())
		}
	case "!!map", "!!seq", "!!int", "!!float", "!!bool", "!!null":
		out := r.node(n.Value)
		if want := tagKinds[tag]; out.kind != want && !out.bad {
			return r.bad(n.Start, fmt.Sprintf("%s does not fit %s", tag, out.describe()), "remove the tag")
		}
		return out
	}
	return r.bad(n.Start, "the tag "+clip(tag)+" has no meaning here", "remove the tag")
}

var tagKinds = map[string]document.Kind{
	"!!map": document.KindObject, "!!seq": document.KindArray, "!!int": document.KindNumber,
	"!!float": document.KindNumber, "!!bool": document.KindBool, "!!null": document.KindNull,
}

// text reads a scalar as a text whatever it looks like.
func (r *yamlReader) text(tk *token.Token) *node {
	switch tk.Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		return r.scalar(tk)
	}
	n := &node{kind: document.KindString, at: r.placeOf(tk)}
	if tk.Type != token.ImplicitNullType && tk.Type != token.TagType {
		n.text = tk.Value
	}
	n.content = n.at
	n.weigh()
	return n
}

// block reads a | or > block. Its text begins on the line after the sign.
func (r *yamlReader) block(n *ast.LiteralNode) *node {
	out := &node{
		kind: document.KindString, at: r.placeOf(n.Start), style: styleBlock,
		literal: strings.HasPrefix(n.Start.Value, "|"),
	}
	if n.Value != nil {
		out.text = n.Value.Value
	}
	line := n.Start.Position.Line + 1
	for i, text := range strings.Split(out.text, "\n") {
		raw := r.src.line(line + i)
		if strings.TrimSpace(text) == "" && strings.TrimSpace(raw) == "" {
			continue
		}
		// A folded block's first line holds only the beginning of its text.
		out.indent = len(raw) - len(strings.TrimLeft(raw, " "))
		if strings.HasSuffix(raw, text) && out.literal {
			out.indent = len(raw) - len(text)
		}
		break
	}
	out.content = r.cursor.column(line, out.indent+1)
	out.content.column = out.indent + 1 // even where the first line is empty
	out.weigh()
	return out
}

// placeOf returns where a token stands. The library counts columns too low after tabs and tags, so the
// token's first characters are looked for from there on.
func (r *yamlReader) placeOf(tk *token.Token) place {
	at := r.cursor.column(tk.Position.Line, tk.Position.Column)
	first := tk.Value
	switch tk.Type {
	case token.DoubleQuoteType:
		first = `"`
	case token.SingleQuoteType:
		first = `'`
	case token.ImplicitNullType, token.LiteralType, token.FoldedType:
		return at
	}
	if i := strings.IndexAny(first, " \n"); i > 0 {
		first = first[:i]
	}
	rest := r.src.line(at.line)[at.offset-r.src.lines[at.line-1]:]
	if i := strings.Index(rest, first); i > 0 {
		return r.cursor.offset(at.offset + i)
	}
	return at
}
