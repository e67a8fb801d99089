// Package workflow is what a workflow means: it reads definitions, and decides what a run does next.
//
//	d, problems := workflow.Parse(source, workflow.Options{File: "review.yaml", Checker: checker})
//	if problems.HasErrors() {
//		return problems // every problem at once, each with its line, column and what to write instead
//	}
//	s := workflow.New(d)
//	s, events := workflow.Decide(s, workflow.Start{Run: "r1", Input: input}, now, evaluator)
//
// # Invariants
//
// The package is pure: it has no clock, no random, no I/O and no goroutine. What it needs of the world comes
// in as arguments (now, an Evaluator, a Checker), so the same arguments always give the same result, and a
// run can be decided again from its events.
//
// What it takes from package timetable has no clock either: when a schedule is due follows from its definition and the rules of time zones,
// which the program is built with.
//
// Values do not change once they are returned. A Definition, a State and a Template may be read from any
// number of goroutines.
//
// # Reading
//
// A source goes through three stages, each in files of one name. source*.go turns YAML or JSON into nodes
// that know where they stand, and refuses what would cost too much to read. parse*.go builds a Definition of
// them and reports what does not fit. validate.go and graph*.go look at the graph as a whole: what can be
// reached, where cycles are cut, what a loop is. Schema publishes the same rules for editors.
//
// Files of tests are read in the same way: tests.go says what they hold, parse_tests*.go reads them, TestsSchema is for
// editors. Package rehearsal carries them out.
//
// # Deciding
//
// Decide answers a command with events, Fold folds events into a State. A token that arrives at a node
// begins a visit; when the visit completes, its edges are chosen over the state after it, and the token goes
// on. The count of an edge's max starts anew when a token enters the edge's loop from outside.
//
// Where branches run side by side, tokens.go says when a node begins: once every token has come that can still come to
// it in this round of a loop. causality.go says which writes to the state conflict: those of two visits of which
// neither comes after the other.
//
// A map is one visit with items. items.go says what its events mean, items_decide.go when an item begins and what becomes
// of one that fails; whoever carries out a run executes the open items of a running visit, and reports each as a Finish.
//
// Where a run does not simply go on, pause.go says what waits, compensate.go what is taken back before it ends, and
// revision.go how it moves to another revision of its workflow.
package workflow
