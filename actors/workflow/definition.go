package workflow

import (
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Targets that are not nodes.
const (
	End  = "$end"  // the branch ends
	Fail = "$fail" // the run fails
)

// Definition is one validated workflow. It is immutable once Parse has returned it.
type Definition struct {
	Name     string
	Start    Entry
	Reducers map[string]Reducer        // by state key; a key that is absent has the reducer last
	Schemas  map[string]document.Value // JSON Schemas by state key, which the input of a run is held against
	Nodes    []Node                    // in source order
	Limits   Limits
	Queue    *Queue // nil: runs begin at once
	Labels   map[string]string
	Isolated bool                  // its scripts and expressions run in processes of their own
	Signals  map[string]SignalRule // by name, those of the nodes that wait among them

	SignalsListed bool // the author has said which there are: runs take no others

	Schedules []Schedule // in source order

	Bundles map[string]*ScriptBundle // the scripts that were translated; under what, Options.Bundles says

	index map[string]int // node name to position in Nodes

	calls bool // a node runs another workflow

	// What analyse finds. The latter three are of graphs with a fan-out only.
	loops    []loop
	parallel bool      // there is a fan-out
	ahead    []nodeSet // by node, those that a token can come to without going around a loop that they are in
	incoming []int     // by node, how many ways lead to it, a run's begin among them
}

// joins reports whether a node begins once every token has come that can still come to it.
func (d *Definition) joins(at int) bool { return d.Nodes[at].Join == 0 && d.incoming[at] > 1 }

// position returns where a node stands in Nodes, -1 where there is none of that name.
func (d *Definition) position(name string) int {
	if i, ok := d.index[name]; ok {
		return i
	}
	return -1
}

// Node returns the named node: one of the graph, or a compensation ("book.compensate").
func (d *Definition) Node(name string) (*Node, bool) {
	if i, ok := d.index[name]; ok {
		return &d.Nodes[i], true
	}
	compensated, is := strings.CutSuffix(name, compensateSuffix)
	if i, ok := d.index[compensated]; is && ok && d.Nodes[i].Compensate != nil {
		return d.Nodes[i].Compensate, true
	}
	return nil, false
}

// Entry says where runs begin: at a fixed node, or at the node an expression over the input names
// ("${input.start}"; null ends the run at once). Node may be End: such runs end at once.
type Entry struct {
	Node       string
	Expression *Expression
}

// Reducer says how a returned value combines with the state's value under the same key.
type Reducer string

// The reducers.
const (
	ReduceLast   Reducer = "last"
	ReduceAppend Reducer = "append"
	ReduceAdd    Reducer = "add"
	ReduceMin    Reducer = "min"
	ReduceMax    Reducer = "max"
	ReduceMerge  Reducer = "merge"
	ReduceUnion  Reducer = "union"
)

// Kind is what a node does.
type Kind string

// The node kinds, each named by the key that makes a node of it.
const (
	KindTool   Kind = "tool"
	KindScript Kind = "script"
	KindSet    Kind = "set"
	KindSleep  Kind = "sleep"
	KindUntil  Kind = "until"
	KindWait   Kind = "wait"
	KindMap    Kind = "map"
	KindChild  Kind = "workflow" // a run of another workflow
)

// Node is one step of the graph.
type Node struct {
	Name       string
	Kind       Kind
	Tool       string        // KindTool
	Script     Script        // KindScript
	Set        *Template     // KindSet: an object template
	Sleep      time.Duration // KindSleep
	Until      *Until        // KindUntil
	Signal     string        // KindWait: the signal it waits for
	Map        *Map          // KindMap
	Workflow   string        // KindChild
	With       *Template     // arguments, or a child's input; nil: the whole state
	Into       string        // the whole result goes under this key; "" merges an object
	Retry      RetryPolicy
	Limit      *NodeLimit    // of the calls of a tool; nil: none of the node's own
	Timeout    time.Duration // of one attempt; 0: the tool's or the engine's default, none of a map or a wait
	Catch      []Catch
	Compensate *Node // takes back what the node has done; its name has the suffix .compensate, and it has no edges
	Checkpoint bool  // begin only when everything before is durable
	Edges      []Edge
	FanOut     bool // every edge is taken, not the first that holds
	Join       int  // how many tokens the node begins with; 0: all that can come; JoinAny
	Position   Position
}

// JoinAny is the Join of a node that begins anew for each token.
const JoinAny = -1

// leads is how many edges a completed visit takes.
func (n *Node) leads() int {
	if n.FanOut {
		return len(n.Edges)
	}
	return 1
}

// fosters reports whether the node starts child runs: one, or one for each item of a map.
func (n *Node) fosters() bool {
	return n.Kind == KindChild || n.Map != nil && n.Map.Work.Kind == KindChild
}

// Script is a piece of JavaScript with the place it was written at.
type Script struct {
	Source string
	Origin Position
	Block  bool          // later lines begin at Origin.Column too (a YAML block scalar)
	Item   string        // the name under which it sees the item of a map, "" where it is of none
	Bundle *ScriptBundle // what it was translated to; nil where it runs as it stands

	marks []mark // where its characters stand, if not one after the other from Origin; see Frame
}

// ScriptBundle is what a script in TypeScript, or one that imports, was translated to when it was saved. It is stored
// with the revision, so that a later translator does not change what has been saved.
type ScriptBundle struct {
	Code     string   // plain JavaScript
	Files    []string // what it was made of, by path; "" for the script itself where it is in no file of its own
	Mappings string   // from Code to Files
}

// Expression is a JavaScript expression, compiled and run by the Evaluator.
type Expression = Script

// Position points into the workflow's file. Line and Column count from 1, columns in characters.
type Position = event.Position

// Template is a JSON value whose strings may hold ${…} expressions.
type Template struct {
	root part
}

// RetryPolicy is a node's policy for failed attempts.
type RetryPolicy struct {
	Max     int           // attempts in all; 0 and 1 mean no retry
	Backoff string        // "exponential" (default) or "constant"
	Initial time.Duration // delay before the second attempt, default 1s
	Cap     time.Duration // longest delay, default 1m
	Jitter  float64       // 0 to 1: the part of the delay that is drawn at random
	On      []string      // error kinds; empty: every kind that can be retried
}

// Catch routes an error to another node.
type Catch struct {
	On []string // error kinds; empty: every kind
	To string
}

// Edge is one choice out of a node; the first whose condition holds is taken.
type Edge struct {
	To        string
	When      *Expression // nil: always
	Max       int         // how often a loop may take this edge per entry; 0: no bound
	Exhausted string      // where the token goes once Max is used up; "": the next choice
	Loop      bool        // marked as a loop edge by its author
	Position  Position
}

// Limits bound every run of a workflow.
type Limits struct {
	Steps       int           // visits begun, default 10,000
	Duration    time.Duration // from RunStarted, or from when the run left its queue, without the time paused, default 720h
	StateBytes  int           // default 4 MiB
	OutputBytes int           // one visit's result, default 1 MiB
	FanOut      int           // items of a map, default 10,000
	Depth       int           // how many runs a run may have above it to start another, default 16
	Calls       int           // calls of one visit of a durable script, default 10,000
}

// DefaultLimits holds for what a workflow does not say.
var DefaultLimits = Limits{Steps: 10_000, Duration: 720 * time.Hour, StateBytes: 4 << 20, OutputBytes: 1 << 20, FanOut: 10_000, Depth: 16, Calls: 10_000}
