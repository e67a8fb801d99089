// Package scripts runs the JavaScript of workflows: node scripts, which may change a run's state, and
// expressions, which read it. It knows documents and limits, nothing of runs or events.
//
//	engine := scripts.New(scripts.Limits{})
//	script, err := engine.CompileBody("state.total += input.price; return {seen: true}", scripts.Origin{File: "shop.yaml", Line: 7, Column: 15})
//	result, err := script.Run(ctx, scripts.Scope{State: state, Input: input})
//	state, err = result.Patch.Apply(state) // and then result.Returned, as the workflow says
//
// # What a script sees
//
// A script is the body of a function in strict mode, or a module whose default export is called with state, ctx and input;
// both are JavaScript or TypeScript, and a module imports from a folder that it is compiled with. It sees four constants:
//
//   - state: the run's state. It may be changed in place; Result.Patch says how it was changed.
//   - input: the run's input, read-only.
//   - ctx: run, node, visit, attempt, now (an ISO 8601 string of the visit's instant), error (what a catch
//     caught, else null), and exact(path), the digits of a number that JavaScript cannot hold.
//   - console: debug, log, info, warn and error, captured line by line.
//
// An expression sees the same without console, and state read-only. A script or expression that is run for each item of a
// list or object sees the item, too, under the name that it was compiled with, and finds where it is from in ctx.index
// and ctx.key; state is then read-only for both.
//
// # Promises
//
//   - The same program over the same scope gives the same result: Date is the visit's instant in UTC,
//     Math.random is seeded from run, node, visit and item, objects keep their order, nothing is left behind by
//     an earlier execution (each has a runtime of its own).
//   - A script reads and writes state as it would plain objects; what differs is listed at viewDifferences
//     in the tests. The work at the end is in proportion to what was touched, not to the state's size.
//   - Numbers that were not touched keep every digit.
//   - What a script was translated to is its Bundle. Compiled with it again, it runs the same, whatever translates by then.
//   - A Warning says of what compiles that it is most likely not meant. Programs that do what they should have none, as far as
//     the feature suite and testdata/valid know; of one that makes names while it runs nothing is said about names.
//   - Every failure is an *Error that names the place in the file that the author wrote. Nothing panics.
//   - Time, call depth, source, output and console are limited. Code that is hostile is not contained:
//     one process cannot take memory back from JavaScript that holds on to it. See the list in limits.go.
//
// # Isolation
//
// Engine.Isolated gives an engine whose scripts run in processes of a Pool. They come to the same there, and hostile code is
// contained: what cannot be stopped is ended with its process, soon after its deadline. A durable script's execution lives on in the
// process that took its last turn, which may let go of it: it is begun anew then.
package scripts
