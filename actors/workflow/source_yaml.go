package workflow

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/weirflow/weir/eventstore/document"
)

// yamlReader turns the library's syntax tree into nodes. Aliases share the node of their anchor, so that
// expanding them costs nothing; their sizes are counted all the same, and bounded.
type yamlReader struct {
	src     *source
	cursor  *cursor
	report  func(e *syntaxError) // what does not keep the rest from being read
	anchors map[string]*node
	open    map[string]bool // anchors whose value is being read
	values  int             // values that aliases added
	bytes   int
	bomb    *syntaxError // an alias that expands to too much: nothing more is read
}

// stopped returns what made the reader stop before the end.
func (r *yamlReader) stopped() error {
	if r.bomb != nil {
		return r.bomb
	}
	return nil
}

// readYAML reads the one document of a YAML text. An error means that nothing of it could be read.
func readYAML(src *source, report func(e *syntaxError)) (n *node, err error) {
	if e := guardText(src); e != nil {
		return nil, e
	}
	defer func() {
		// The library is known to panic on some malformed texts.
		if recover() != nil {
			n, err = nil, yamlSyntax("this is not YAML that can be read", "")
		}
	}()
	tokens := lexer.Tokenize(src.text)
	if e := guardTokens(tokens); e != nil {
		return nil, hinted(src, e)
	}
	file, err := yamlparser.Parse(tokens, 0, yamlparser.AllowDuplicateMapKey())
	if err != nil {
		return nil, hinted(src, yamlFailure(err))
	}
	r := &yamlReader{
		src: src, cursor: newCursor(src), report: report,
		anchors: map[string]*node{}, open: map[string]bool{},
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body == nil || directive {
			continue
		}
		if body != nil {
			at := r.placeOf(doc.Body.GetToken())
			return nil, &syntaxError{
				at: at, code: CodeSyntax, message: "a second document begins here",
				hint: "save each workflow from a file of its own",
			}
		}
		body = doc.Body
	}
	if body == nil {
		return &node{kind: document.KindNull, at: place{line: 1, column: 1}}, nil
	}
	n = r.node(body)
	return n, r.stopped()
}

func yamlSyntax(message, hint string) *syntaxError {
	return &syntaxError{code: CodeSyntax, message: message, hint: hint}
}

// yamlFailure takes message and place out of the library's error. (Its text holds an excerpt of the source,
// which takes long to build.)
func yamlFailure(err error) *syntaxError {
	var failure yaml.Error
	if !errors.As(err, &failure) {
		return yamlSyntax("this is not YAML that can be read", "")
	}
	e := yamlError(failure.GetMessage())
	if tk := failure.GetToken(); tk != nil && tk.Position != nil {
		e.at = place{line: tk.Position.Line, column: max(1, tk.Position.Column)}
	}
	return e
}

// yamlError says in a person's words what the library's message means, where the message needs it.
func yamlError(message string) *syntaxError {
	for _, known := range []struct{ text, message, hint string }{
		{"'\\t'", "a tab cannot indent YAML", "use spaces"},
		{"found character '\t'", "a tab cannot indent YAML", "use spaces"},
		{"tab character cannot", "a tab cannot indent YAML", "use spaces"},
		{"mapping value is not allowed", "a colon cannot follow here", `check how far the next line is indented, and put a text that holds ": " in quotes`},
		{"unexpected key name", "this is not one line with a key and a colon", "check for a missing colon"},
		{"',' or '}' must be specified", "a comma or } is missing here", "put a text that holds { } [ ] or a comma in quotes"},
		{"',' or ']' must be specified", "a comma or ] is missing here", "put a text that holds { } [ ] or a comma in quotes"},
		{"map key-value is pre-defined", "this line fits neither the value before it nor a new key", "check how far it is indented, and for a missing colon"},
		{"non-map value is specified", "this line is not a key with a colon, as the lines before it are", "check how far it is indented, and for a missing colon"},
		{"value is not allowed in this context", "a value cannot stand here", "check how far the line is indented, and for a missing colon"},
		{"is a reserved character", "a text cannot begin with this character", "put the text in quotes"},
		{"could not find end character of double-quoted", "the text that begins here has no closing quote", ""},
		{"could not find end character of single-quoted", "the text that begins here has no closing quote", ""},
		{"could not find flow mapping end token", "the object that begins here has no closing }", ""},
		{"sequence end token ']' not found", "a list has no closing ]", ""},
		{"could not find multi-line content", "the block has no text", "indent the lines that belong to it"},
	} {
		if strings.Contains(message, known.text) {
			return yamlSyntax("not valid YAML: "+known.message, known.hint)
		}
	}
	return yamlSyntax("not valid YAML: "+clip(message), "")
}

// hinted adds what is most often the reason to an error on a line with an expression in it. It also keeps
// the error's place within its line: the library counts some columns wrongly.
func hinted(src *source, e *syntaxError) *syntaxError {
	e.at = newCursor(src).column(e.at.line, e.at.column)
	if e.code == CodeSyntax && strings.Contains(src.line(e.at.line), "${") {
		e.hint = `put a text with ${…} in quotes: "${…}"`
	}
	return e
}

// node converts a value. The depth is bounded: guardTokens has counted it.
func (r *yamlReader) node(n ast.Node) *node {
	if r.bomb != nil {
		return &node{bad: true}
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		return r.anchor(n)
	case *ast.AliasNode:
		return r.alias(n)
	case *ast.TagNode:
		return r.tag(n)
	case *ast.MappingNode:
		return r.mapping(n.Values, n.Start, n.IsFlowStyle)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, n.Start, n.IsFlowStyle)
	case *ast.SequenceNode:
		out := &node{kind: document.KindArray, at: r.placeOf(n.Start)}
		for _, value := range n.Values {
			out.items = append(out.items, r.node(value))
		}
		out.weigh()
		return out
	case *ast.LiteralNode:
		return r.block(n)
	case nil:
		return &node{kind: document.KindNull, at: r.cursor.at, values: 1}
	case ast.ScalarNode:
		return r.scalar(n.GetToken())
	default:
		return r.bad(n.GetToken(), "this cannot stand here", "")
	}
}

// bad reports what is wrong at a token and returns a node that is not looked at any further.
func (r *yamlReader) bad(tk *token.Token, message, hint string) *node {
	at := r.placeOf(tk)
	r.report(&syntaxError{at: at, code: CodeSyntax, message: message, hint: hint})
	return &node{at: at, bad: true, values: 1}
}

func (r *yamlReader) mapping(values []*ast.MappingValueNode, start *token.Token, flow bool) *node {
	out := &node{kind: document.KindObject, at: r.placeOf(start)}
	type entry struct {
		member
		merge bool
	}
	var entries []entry
	first := map[string]place{}
	for i, v := range values {
		name := r.key(v.Key)
		if i == 0 && !flow {
			out.at = name.at
		}
		e := entry{member: member{key: name.text, at: name.at, value: r.node(v.Value)}}
		_, e.merge = v.Key.(*ast.MergeKeyNode)
		if name.bad {
			continue
		}
		if !e.merge {
			if was, ok := first[e.key]; ok {
				r.report(duplicateKey(e.key, e.at, was))
				continue
			}
			first[e.key] = e.at
		}
		entries = append(entries, e)
	}
	for _, e := range entries {
		if e.merge {
			r.merge(out, e.member, first)
		} else {
			out.members = append(out.members, e.member)
		}
	}
	out.weigh()
	return out
}

func duplicateKey(key string, at, first place) *syntaxError {
	return &syntaxError{
		at: at, code: CodeDuplicateKey,
		message: fmt.Sprintf("the key %s is already there, at line %d, column %d", quote(key), first.line, first.column),
		hint:    "keep one of them",
	}
}

// merge adds the members of a merge key's objects that are not there yet.
func (r *yamlReader) merge(out *node, m member, taken map[string]place) {
	objects := []*node{m.value}
	if m.value.kind == document.KindArray {
		objects = m.value.items
	}
	for _, o := range objects {
		if o.kind != document.KindObject && !o.bad {
			r.report(&syntaxError{
				at: m.at, code: CodeWrongType,
				message: "<< merges objects, not " + o.describe(), hint: "write <<: *anchor, or remove the key",
			})
		}
		for _, add := range o.members {
			if _, ok := taken[add.key]; !ok {
				taken[add.key] = add.at
				out.members = append(out.members, add)
			}
		}
	}
}

// key reads a mapping's key as a text: keys like 1 and true are the texts they are written as.
func (r *yamlReader) key(k ast.Node) *node {
	switch k := k.(type) {
	case *ast.MergeKeyNode:
		return &node{text: "<<", at: r.placeOf(k.GetToken())}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.LiteralNode:
		n := r.node(k)
		if n.kind != document.KindString && !n.bad {
			return r.bad(k.GetToken(), "a key must be a text, not "+n.describe(), "")
		}
		return n
	case ast.ScalarNode:
		tk := k.GetToken()
		if tk.Type == token.ImplicitNullType {
			return r.bad(tk, "a key is missing before the colon", "")
		}
		return &node{kind: document.KindString, text: tk.Value, at: r.placeOf(tk)}
	default:
		return r.bad(k.GetToken(), "a key must be a text", "")
	}
}

func (r *yamlReader) anchor(n *ast.AnchorNode) *node {
	name := n.Name.GetToken().Value
	if r.open[name] {
		return r.bad(n.GetToken(), fmt.Sprintf("the anchor &%s stands within itself", clip(name)), "")
	}
	r.open[name] = true
	value := r.node(n.Value)
	delete(r.open, name)
	r.anchors[name] = value
	return value
}

func (r *yamlReader) alias(n *ast.AliasNode) *node {
	name := n.Value.GetToken().Value
	if r.open[name] {
		return r.bad(n.GetToken(), fmt.Sprintf("the alias *%s stands within its own anchor", clip(name)), "")
	}
	value, ok := r.anchors[name]
	if !ok {
		hint := fmt.Sprintf("give the value that is meant the anchor &%s", clip(name))
		if near := nearest(name, keys(r.anchors)); near != "" {
			hint = fmt.Sprintf("did you mean *%s?", near)
		}
		return r.bad(n.GetToken(), fmt.Sprintf("there is no anchor &%s before this alias", clip(name)), hint)
	}
	r.values += value.values
	r.bytes += value.bytes
	switch {
	case r.values > valuesMax:
		r.bomb = tooLarge(r.placeOf(n.GetToken()), fmt.Sprintf("the alias *%s expands to more than %d values", clip(name), valuesMax), "")
	case r.bytes > textBytesMax:
		r.bomb = tooLarge(r.placeOf(n.GetToken()), fmt.Sprintf("the alias *%s expands to more than %d MiB of text", clip(name), textBytesMax>>20), "")
	}
	return value
}
