package tools

import (
	"context"
	"go/ast"
	"go/token"
	"math"

	"github.com/weirflow/weir/eventstore/document"
)

// cyclomatic is 1 and 1 more for each if, for, case, communication case, && and ||. A default decides
// nothing and does not count.
func cyclomatic(decl *ast.FuncDecl) int {
	n := 1
	ast.Inspect(decl, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if x.List != nil {
				n++
			}
		case *ast.CommClause:
			if x.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

var complexityOutput = document.MustParse(`{
	"type": "object",
	"required": ["complexity"],
	"properties": {"complexity": {
		"type": "object",
		"required": ["total", "max", "average", "functions"],
		"properties": {
			"total": {"type": "integer"}, "max": {"type": "integer"},
			"average": {"type": "number", "description": "to two digits"},
			"functions": {"type": "array", "items": {
				"type": "object",
				"required": ["name", "line", "complexity"],
				"properties": {
					"path": {"type": "string"}, "name": {"type": "string", "description": "methods with their type"},
					"line": {"type": "integer"}, "complexity": {"type": "integer"}
				}
			}}
		}
	}}
}`)

func complexityTool() Tool {
	return Tool{
		Name:        "code.complexity",
		Description: "Measures cyclomatic complexity: total, max, average and for each function. " + sourceDescription,
		Input:       document.MustParse(`{"type": "object", "properties": {` + sourceProperties + `}}`),
		Output:      complexityOutput,
		Pure:        true,
		Call: func(_ context.Context, call Call) (document.Value, error) {
			list, _, err := readFunctions(call.Input)
			if err != nil {
				return document.Null, err
			}
			total, worst := 0, 0
			items := make([]document.Value, len(list))
			for i, f := range list {
				total, worst = total+f.complexity, max(worst, f.complexity)
				items[i] = placed(
					f.path,
					member("name", document.String(f.title())),
					member("line", document.Int(int64(f.line))),
					member("complexity", document.Int(int64(f.complexity))),
				)
			}
			average, err := document.Float(math.Round(100*float64(total)/float64(max(1, len(list)))) / 100)
			return object(member("complexity", object(
				member("total", document.Int(int64(total))),
				member("max", document.Int(int64(worst))),
				member("average", average),
				member("functions", document.Array(items...)),
			))), err
		},
	}
}
