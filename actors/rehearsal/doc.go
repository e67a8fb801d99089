// Package rehearsal carries out the tests that people write for their workflows: a run whose tools are answered by the test, of
// which it is then told what does not come as the test expects.
//
//	company, err := rehearsal.New(registry, engine)
//	tests, problems := workflow.ParseTests(source, workflow.TestsOptions{File: "order_test.yaml", Checker: company.Checker(known)})
//	…
//	result, err := company.Rehearse(ctx, rehearsal.Play{Definition: order, Workflow: find, Test: tests.List[0]})
//	if !result.Passed() {
//		return result.Mismatches
//	}
//
// # Invariants
//
//   - What is rehearsed is what runs: the core decides (package workflow), and attempts are executed as a system
//     executes them (actors.Executor). Only what an actor adds is done anew here, without a store and in one goroutine.
//   - Time is skipped, not slept. The clock stands still while scripts and pure tools run, and jumps to what comes next: an
//     answer that takes its time, a timer, a signal. At one time, what comes goes before what is due.
//   - The same test has the same events, to the last byte.
//   - Nothing leaves the process: a tool that is not pure is called by nobody. One that the test does not answer fails the test.
//   - Queues and limits of calls hold nobody back, as there is no other run.
package rehearsal
