package tools

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// The severities of findings.
const (
	severityError   = "error"   // wrong, or certain to become so
	severityWarning = "warning" // should be changed
	severityInfo    = "info"    // worth a look
)

// The rules that code.fix can mend, and the one that stands for source that cannot be read.
const (
	ruleSyntax        = "syntax"
	ruleFormat        = "format"
	ruleTrailingSpace = "trailing_space"
	ruleDebugPrint    = "debug_print"
)

// rule is one thing that code.issues looks for.
type rule struct {
	name     string
	severity string
	about    string // what it finds, for the tool's description
	advice   string // what to do about it, for suggestions
	find     func(*review)
}

// rules in the order of the description. Test files and programs are spared what only matters in
// libraries; the rules say so.
var rules = []rule{
	{ruleSyntax, severityError, "source that cannot be read; nothing else is looked for then", "Make the source readable", nil},
	{ruleFormat, severityWarning, "differs from what gofmt writes (fixable)", "Run gofmt", findFormat},
	{ruleTrailingSpace, severityInfo, "spaces or tabs at the end of a line, raw strings apart (fixable)", "Remove the space at the ends of lines", findTrailingSpace},
	{ruleDebugPrint, severityWarning, "the builtins print and println (fixable where removing the statement cannot matter), and fmt.Print, Printf and Println in libraries", "Remove debug prints, or write to a writer or logger that was handed in", findDebugPrints},
	{"todo", severityInfo, "TODO, FIXME, XXX or HACK in a comment", "Do what the open comments say, or drop them", findTodos},
	{"long_function", severityWarning, "a function of more than 60 lines (limits.lines)", "Split long functions", findLongFunctions},
	{"complex_function", severityWarning, "cyclomatic complexity above 15 (limits.complexity)", "Split complex functions or flatten their branches", findComplexFunctions},
	{"many_parameters", severityWarning, "a function with more than 5 parameters (limits.parameters)", "Gather parameters that belong together in a struct", findManyParameters},
	{"deep_nesting", severityWarning, "statements nested more than 4 deep (limits.nesting)", "Return early, or move inner blocks into functions", findDeepNesting},
	{"naked_return", severityWarning, "a return without values in a function with named results of more than 30 lines", "Name what long functions return where they return it", findNakedReturns},
	{"missing_doc", severityInfo, "an exported name of a library without a comment", "Document the exported names", findMissingDocs},
	{"context_first", severityInfo, "a context.Context that is not the first parameter (tests apart)", "Make the context the first parameter", findContextNotFirst},
	{"empty_error_branch", severityError, "if err != nil with nothing in it, not even a comment", "Handle the errors that empty branches drop", findEmptyErrorBranches},
	{"ignored_result", severityInfo, "_ = f() without a comment on its line or the line above", "Say why results are ignored, or handle them", findIgnoredResults},
	{"unwrapped_error", severityWarning, "an error in fmt.Errorf without %w", "Wrap errors with %w, so that callers can look for them", findUnwrappedErrors},
	{"error_text", severityInfo, "an error text that begins with a capital or ends with a full stop", "Write error texts so that they read well inside others", findErrorTexts},
	{"panic_in_library", severityWarning, "panic in a library, outside tests, init and Must functions", "Return errors instead of panicking", findPanics},
	{"defer_in_loop", severityWarning, "defer in a loop: it runs when the function ends, not the round", "Move the body of loops that defer into a function", findDefersInLoops},
}

// ruleNamed returns the rule of that name.
func ruleNamed(name string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// limits are the bounds that some rules compare with.
type limits struct {
	lines, complexity, parameters, nesting int
}

var defaultLimits = limits{lines: 60, complexity: 15, parameters: 5, nesting: 4}

const nakedReturnLines = 30

// finding is one thing that a rule has found. Line and column count from 1, the column in bytes.
type finding struct {
	path     string
	rule     string
	severity string
	line     int
	column   int
	message  string
	fixable  bool
}

// review looks at one source that could be read.
type review struct {
	*parsed
	limits    limits
	functions []function
	fixes     fixPlan
	found     []finding

	rule rule // the one that is looking
}

// reviewSource applies every rule to a source. Generated files have no issues: nobody should edit them.
func reviewSource(p *parsed, l limits) []finding {
	if ast.IsGenerated(p.file) {
		return nil
	}
	r := &review{parsed: p, limits: l, functions: p.functions(), fixes: planFixes(p)}
	for _, rule := range rules {
		if rule.find != nil {
			r.rule = rule
			rule.find(r)
		}
	}
	slices.SortStableFunc(r.found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return r.found
}

func (r *review) report(pos token.Pos, format string, args ...any) {
	place := r.position(pos)
	r.reportAt(place.Line, place.Column, false, format, args...)
}

func (r *review) reportAt(line, column int, fixable bool, format string, args ...any) {
	r.found = append(r.found, finding{
		path: r.path, rule: r.rule.name, severity: r.rule.severity,
		line: line, column: column, message: fmt.Sprintf(format, args...), fixable: fixable,
	})
}

// each calls visit for every node of the source of type N.
func each[N ast.Node](r *review, visit func(N)) {
	ast.Inspect(r.file, func(node ast.Node) bool {
		if n, ok := node.(N); ok {
			visit(n)
		}
		return true
	})
}

// isIdent reports whether an expression is this plain name.
func isIdent(x ast.Expr, name string) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && id.Name == name
}

// isErrorName reports whether an expression is a variable that by its name holds an error.
func isErrorName(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && (id.Name == "err" || strings.HasSuffix(id.Name, "Err"))
}
