package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a Problem keeps a workflow from being saved.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// The codes of problems. They are part of the API: people's tools match on them.
const (
	CodeSyntax            = "syntax"             // not YAML or JSON
	CodeTooLarge          = "too_large"          // the source, or what it expands to, passes a limit
	CodeDuplicateKey      = "duplicate_key"      // a key occurs twice in one object
	CodeUnknownKey        = "unknown_key"        // a key that has no meaning here
	CodeMissing           = "missing"            // something that must be said is not
	CodeWrongType         = "wrong_type"         // a list where a text belongs, and the like
	CodeInvalidName       = "invalid_name"       // a name that subjects and URLs could not carry
	CodeInvalidValue      = "invalid_value"      // the right type, but not a value that is allowed
	CodeUnknownTool       = "unknown_tool"       // no tool of that name
	CodeUnknownWorkflow   = "unknown_workflow"   // warning: no workflow of that name is saved yet
	CodeEndlessCalls      = "endless_calls"      // warning: every run starts another of the same workflow
	CodeUnknownNode       = "unknown_node"       // no node of that name
	CodeUnknownSignal     = "unknown_signal"     // no signal of that name
	CodeUnknownFile       = "unknown_file"       // a script_file that did not come with the workflow
	CodeUnreachableNode   = "unreachable_node"   // no way leads from the start to the node
	CodeStart             = "start"              // where runs begin is not clear
	CodeMixedList         = "mixed_list"         // an edge list with both names and objects
	CodeNotYet            = "not_yet"            // known, but not supported by this version
	CodeNoIsolation       = "no_isolation"       // this engine cannot run scripts in processes of their own
	CodeScript            = "script_error"       // a script or an expression that does not compile
	CodeUnreachableChoice = "unreachable_choice" // warning: a choice behind one that is always taken
	CodeEndlessCycle      = "endless_cycle"      // warning: a cycle that nothing but a limit ends
	CodeNoEffect          = "no_effect"          // warning: an option that does nothing here
	CodeUncutCycle        = "uncut_cycle"        // beside parallel branches: a cycle of which no edge begins the next round
	CodeConcurrentWrite   = "concurrent_write"   // warning: nodes of parallel branches write the same key

	// Warnings of scripts have codes that the engine gives: unknown_name, unreachable_code and others.
)

// Problem is one thing that is wrong with a workflow's source. Line and Column count from 1, columns in
// characters; both are 0 where the problem has no place. Path leads to the value ("nodes.score.retry.max",
// "edges.score[1].to"). Hint says what to write instead, where that is known.
type Problem struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Path     string   `json:"path,omitempty"`
	Code     string   `json:"code"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}

// String returns "file:line:col: message; hint". A warning says so before its message.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Severity == SeverityWarning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong with a source, in the order of its lines. As an error it reads as
// one line for each problem.
type Problems []Problem

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// HasErrors reports whether a problem other than a warning is among them.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == SeverityError })
}

// Errors returns the problems that keep the workflow from being saved.
func (ps Problems) Errors() Problems { return ps.only(SeverityError) }

// Warnings returns the problems that do not.
func (ps Problems) Warnings() Problems { return ps.only(SeverityWarning) }

func (ps Problems) only(s Severity) Problems {
	var out Problems
	for _, p := range ps {
		if p.Severity == s {
			out = append(out, p)
		}
	}
	return out
}

// sort orders by position; the workflow's own file comes before its script files.
func (ps Problems) sort(main string) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if a.File != b.File {
			if a.File == main {
				return -1
			}
			if b.File == main {
				return 1
			}
			return strings.Compare(a.File, b.File)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
