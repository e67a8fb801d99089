package workflow

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Tests is what a file of tests holds: runs of one workflow, each with what comes to it from outside and what shall become
// of it. Package rehearsal carries them out.
type Tests struct {
	Workflow string   // the file with the workflow, as seen from the folder of the file of tests
	Also     []string // files with the workflows of child runs, likewise
	List     []Test
}

// Test is one run.
type Test struct {
	Name     string
	Position Position
	Run      string // its id
	Input    document.Value
	Now      time.Time // when it starts

	// Answers take the place of calls: by the tool, by the node that makes them, and by the workflow that child runs are of.
	// Those of a node go before those of a tool.
	Tools, Nodes, Workflows map[string]Answers

	Signals []TestSignal
	Cancel  *TestCancel
	Expect  Expectation
}

// TestsStart is when runs start whose test does not say.
var TestsStart = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

// TestsRun is the id of runs whose test gives none.
const TestsRun = "test"

// Answers is what calls are answered with: the first with the first, and so on, or each with the one that there is.
type Answers struct {
	List  []Answer
	Every bool
}

// Answer is what one call is answered with.
type Answer struct {
	Returns  document.Value
	Fails    *Failure // in its place
	Takes    time.Duration
	Input    document.Value // what the call is to be given, in part
	HasInput bool
	Position Position
}

// Cue says when something comes to the run from outside: so long after its start, or after a node has begun.
type Cue struct {
	Node  string // "" for the start of the run
	After time.Duration
}

// TestSignal is a signal that is sent to the run. Of several with a cue of the same node, each comes at a further visit.
type TestSignal struct {
	Signal   Signal
	Cue      Cue
	Position Position
}

// TestCancel is a request to cancel the run.
type TestCancel struct {
	Cancel   Cancel
	Cue      Cue
	Position Position
}

// Expectation is what shall become of a run. What it does not speak of may be as it likes.
type Expectation struct {
	Status   Status // StatusWaiting: nothing comes any more, but that a limit ends the run
	Path     []PathStep
	State    document.Value // in part; null where nothing is said
	StateIs  document.Value // as a whole; null where nothing is said
	Error    *ExpectedError
	Events   []document.Value // in part, in this order, among others
	Console  []string         // lines, in this order, among others
	Visits   map[string]int   // of nodes
	Duration time.Duration
	HasPath  bool
	HasTime  bool
}

// ExpectedError is why a run shall have failed. What is empty may be anything.
type ExpectedError struct {
	Kind, Node string
	Message    string // a part of it
}

// PathStep is a part of a path.
type PathStep struct {
	Nodes []string // that are visited one after the other, in any order
	Any   bool     // any number of visits of any nodes, and Nodes is empty
}

// TestsOptions says how a file of tests is read and what its names are held against.
type TestsOptions struct {
	File    string
	Checker Checker // nil: names of tools and kinds of errors are not checked

	// Workflow returns what a file holds that the file of tests names, or why there is none. Nil: names of nodes and signals are
	// not checked.
	Workflow func(file string) (*Definition, error)
}

// TestedFile is the workflow that a file of tests is about which names none: flow.yaml of flow_test.yaml.
func TestedFile(tests string) string {
	base := filepath.Base(tests)
	extension := filepath.Ext(base)
	return strings.TrimSuffix(strings.TrimSuffix(base, extension), "_test") + extension
}
