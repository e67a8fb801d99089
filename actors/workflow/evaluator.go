package workflow

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Evaluator runs the JavaScript of conditions and templates over the scope it is given. Decide calls it
// and nothing else that could tell one call from another: the same expression over the same scope must
// give the same result. An error it returns is a *Failure.
type Evaluator interface {
	// Condition reports whether the expression is truthy.
	Condition(e *Expression, sc Scope) (bool, error)
	// Value returns what the expression evaluates to; undefined is null.
	Value(e *Expression, sc Scope) (document.Value, error)
	// Elapsed is how much time has passed since now, the argument of Decide, by the end of the last call.
	// What is decided after a slow condition is timed after it.
	Elapsed() time.Duration
}

// Scope is what an expression sees: state, input and ctx, and the item in the work of a map.
type Scope struct {
	State, Input document.Value
	Run, Node    string
	Visit        int
	Attempt      int
	Now          time.Time
	Error        document.Value // ctx.error after a catch, else null
	Item         *ScopeItem     // of a map's work, whose Script.Item names it; else nil
}

// Checker is what Parse asks about names and code that live outside the definition.
type Checker interface {
	// Tool reports whether a tool of that name exists and, if not, the nearest name that does ("" for none).
	Tool(name string) (known bool, near string)
	// Workflow reports whether a workflow of that name is saved and, if not, which others are.
	Workflow(name string) (known bool, others []string)
	// Isolation returns why scripts cannot run in processes of their own, nil where they can.
	Isolation() error
	// Kinds returns the error kinds that scripts and tools fail with. Those of the core need not be among them.
	Kinds() []string
	// Misfits returns what a tool refuses of arguments that are known only in parts: unknown lists the ways to
	// values that can be anything, as keys and indices. An unknown tool refuses nothing.
	Misfits(tool string, arguments document.Value, unknown [][]string) []Misfit
	// Schema returns what keeps a JSON Schema, of draft 2020-12 or draft-07, from being one.
	Schema(schema document.Value) []Misfit
	// Body compiles a node script, which may import the files, and returns what it was translated to, nil for a script
	// that runs as it stands. A script that has a bundle already keeps it. An error is a *Failure with a position in the
	// workflow's file: an engine counts from s.Frame(), and s.At makes the file's position of it.
	Body(s *Script, files map[string]string) (*ScriptBundle, error)
	// Expression compiles one expression, likewise.
	Expression(e *Expression) error
	// Remarks returns what is most likely wrong with a script, or an expression, that compiles, with positions as in Body.
	Remarks(s *Script, expression bool, files map[string]string) []Remark
}

// Remark is what an engine says of a script that compiles and is most likely not what was meant. Its code and its words are
// the engine's.
type Remark struct {
	Code, Message, Hint string
	Name                string     // one that nothing has, "" where the remark is about something else
	Known               [][]string // names that could stand in its place, the likelier ones first
	Position            Position
}

// Misfit is one thing that a tool refuses of its arguments.
type Misfit struct {
	At      []string // the keys and indices that lead to the value
	Missing string   // a property that the value must have
	Extra   string   // a property that the value must not have
	Want    string   // what the value must be, in words: "a text"
	Type    bool     // the value's type is wrong, not only the value
	Known   []string // names or texts that could stand in the place of what is wrong
	Message string   // what is wrong, where nothing else says it
}

// Failure says why an attempt, a condition or a run failed. Kind is one of the stable error kinds.
type Failure struct {
	Kind     string
	Message  string
	Position *Position
	Call     int // of a durable script: the call whose error has failed it; 0 for none
}

// Error returns the message with its position.
func (f *Failure) Error() string { return f.Message }
