package tools

import (
	"context"
	"go/ast"

	"github.com/weirflow/weir/eventstore/document"
)

// function is what there is to know about a declared function. Function literals belong to the function
// that holds them.
type function struct {
	path       string
	name       string
	receiver   string // the type's name, with * where it is a pointer; "" for plain functions
	line       int
	endLine    int
	parameters int
	complexity int
	decl       *ast.FuncDecl
}

// title is how messages call the function: name, or Type.name.
func (f function) title() string { return title(f.receiver, f.name) }

func title(receiver, name string) string {
	switch {
	case receiver == "":
		return name
	case receiver[0] == '*':
		return "(" + receiver + ")." + name
	}
	return receiver + "." + name
}

func (f function) length() int { return f.endLine - f.line + 1 }

// functions lists the functions that a source declares, in its order.
func (p *parsed) functions() []function {
	var list []function
	for _, d := range p.file.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		list = append(list, function{
			path: p.path, name: decl.Name.Name, receiver: receiverName(decl),
			line: p.line(decl.Pos()), endLine: p.line(decl.End()),
			parameters: countParameters(decl.Type), complexity: cyclomatic(decl), decl: decl,
		})
	}
	return list
}

func receiverName(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return ""
	}
	star := ""
	t := ast.Unparen(decl.Recv.List[0].Type)
	if pointer, ok := t.(*ast.StarExpr); ok {
		star, t = "*", ast.Unparen(pointer.X)
	}
	switch generic := t.(type) {
	case *ast.IndexExpr:
		t = generic.X
	case *ast.IndexListExpr:
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return star + name.Name
	}
	return star + "?"
}

func countParameters(t *ast.FuncType) int {
	n := 0
	for _, field := range t.Params.List {
		n += max(1, len(field.Names))
	}
	return n
}

var functionsOutput = document.MustParse(`{
	"type": "object",
	"required": ["functions", "function_count", "line_count"],
	"properties": {
		"functions": {"type": "array", "items": {
			"type": "object",
			"required": ["name", "receiver", "line", "end_line", "length", "parameters", "complexity"],
			"properties": {
				"path": {"type": "string"},
				"name": {"type": "string"},
				"receiver": {"type": "string", "description": "the type of a method, empty for a function"},
				"line": {"type": "integer"}, "end_line": {"type": "integer"},
				"length": {"type": "integer", "description": "lines, both ends included"},
				"parameters": {"type": "integer"},
				"complexity": {"type": "integer", "description": "cyclomatic: 1 + if, for, case, && and ||"}
			}
		}},
		"function_count": {"type": "integer"},
		"line_count": {"type": "integer", "description": "lines of all sources"}
	}
}`)

func functionsTool() Tool {
	return Tool{
		Name:        "code.functions",
		Description: "Lists the functions of source code with name, receiver, lines, parameters and cyclomatic complexity. " + sourceDescription,
		Input:       document.MustParse(`{"type": "object", "properties": {` + sourceProperties + `}}`),
		Output:      functionsOutput,
		Pure:        true,
		Call: func(_ context.Context, call Call) (document.Value, error) {
			list, lines, err := readFunctions(call.Input)
			if err != nil {
				return document.Null, err
			}
			items := make([]document.Value, len(list))
			for i, f := range list {
				items[i] = placed(
					f.path,
					member("name", document.String(f.name)),
					member("receiver", document.String(f.receiver)),
					member("line", document.Int(int64(f.line))),
					member("end_line", document.Int(int64(f.endLine))),
					member("length", document.Int(int64(f.length()))),
					member("parameters", document.Int(int64(f.parameters))),
					member("complexity", document.Int(int64(f.complexity))),
				)
			}
			return object(
				member("functions", document.Array(items...)),
				member("function_count", document.Int(int64(len(list)))),
				member("line_count", document.Int(int64(lines))),
			), nil
		},
	}
}

// readFunctions lists the functions of all sources of an input and counts the sources' lines.
func readFunctions(input document.Value) (list []function, lines int, err error) {
	all, err := readSources(input)
	if err != nil {
		return nil, 0, err
	}
	files, err := parseAll(all)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range files {
		list = append(list, p.functions()...)
		lines += countLines(p.code)
	}
	return list, lines, nil
}

// placed is an object with its source's path, where there is one.
func placed(path string, members ...document.Member) document.Value {
	if path != "" {
		members = append(members, member("path", document.String(path)))
	}
	return object(members...)
}
