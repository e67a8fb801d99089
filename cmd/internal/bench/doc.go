// Package bench measures weir: what `weir bench` prints. Each workload has a file of its own (linear.go, loop.go,
// burst.go, parked.go, recover.go, cold.go, tail.go, append.go, growth.go) and drives a target: a `weir serve` process of
// this same program, over its public API, or an engine in this process, without HTTP.
//
// What holds of every figure:
//
//   - Every measurement has a server, or an engine, and a data directory of its own, both with the defaults that
//     people get: a run counts as done once its end is on the disk.
//   - The client runs on the same machine and takes its share of the same processors. What it took is told beside what
//     the server did.
//   - What others have written to the file system is on the disk before: a sync of all would have to wait for it.
//   - What is measured begins after a warm-up and ends once the list of runs has caught up, so that work that the
//     server puts off is in it.
//   - What is compared, a workload with its limit or the points of a curve, is measured in turns, so that what else the
//     machine does meets all of it alike.
//   - A run that does not complete, or an answer that is not what it should be, is an error, never a slow run.
//
// Processor time of a server is read from the clock of its process, which Linux has, and that of this process from
// getrusage. Elsewhere the server's own figure in /metrics stands in, which its metrics library can tell on Windows and
// macOS, and sizes of memory are left out.
//
//	err := bench.Run(ctx, bench.Config{Program: self, Open: open}, []string{"linear"}, func(r bench.Result) error {
//		return bench.WriteTable(os.Stdout, r)
//	})
package bench
