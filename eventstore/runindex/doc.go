// Package runindex is the queryable list of runs: a SQLite file with one row for each run, folded from the commits of the runs stream.
// It answers which runs there are, by any filter and order, how many, which have not ended, and what is due next; and people's SQL.
//
// The stream is the truth, the file a convenience. Everything in it follows from commits alone, so that it can be deleted at any time
// and built anew, and reading one run never depends on it. Whatever goes wrong with the file is an error of this package that its
// caller can go on without.
//
// # What always holds
//
//   - The list is what the stream says up to one commit, [Index.Sequence], whole runs and all their rows together. Readers see it as it
//     is after some batch, also while the next is being folded, and never wait for the writer.
//   - However commits are cut into batches, and however often they are handed in, the rows are the same. Nothing is left out: a gap is
//     refused (ErrGap), and so is another stream than the one that was folded before (ErrDiverged).
//   - A run's status, open visits and due times are those of the core's state after the same events (a property test compares them with
//     package workflow's). Deadlines are not events, so they are not here.
//   - A retired run is gone from the list.
//   - One damaged run does not keep the list from the others: what cannot be read of it is taken for not said.
//
// # The file
//
// It is written by one connection under a write-ahead log with synchronous=NORMAL: SQLite syncs the log before it copies it into the file, and
// the file before it uses the log anew. So a power cut takes the latest batches away, as wholes, and the sequence that each batch
// moves in its own transaction says from where to fold again; synchronous=OFF would save little, for a sync comes once in 16 MiB, and could
// leave a file whose pages are of different times. A build, from nothing, has no log and does not sync at all; it goes into a file of
// its own, which takes the place of the other when it is complete and synced as a whole, and is thrown away when it was cut short.
// Beyond that, against disks that lie and files that were put together by hand, there are SQLite's own checks, and Open compares the
// counts of the runs by status with those in two indexes. A file that fails them, of another schema or of another store, is
// replaced by an empty one; Origin says why. SQLite's files are not mapped into memory but for the log's index, 32 KiB for 16 MiB of log.
//
// Times are nanoseconds since 1970; those before 1677 and after 2262 are taken for these. Of an error's message the file has 4 KiB.
//
// # Costs
//
// Measured on a busy server, for a million runs of 8 events in 2 commits each: a build takes 20 s of one core, and the file 320 bytes a run;
// a page of 50 by start, under one filter or two, 1 to 13 ms (see [Index.Page] for the other orders); a commit that comes while the
// engine runs 40 µs, where a thousand are handed in at once, 80 of a hundred and 200 alone; opening the file 150 ms. Memory is what the
// connections may cache: 16 MiB for the writer (32 MiB while it builds), 4 MiB for each of six readers, and what they sort.
//
// # Example
//
//	index, err := runindex.Open(ctx, runindex.Config{Path: "weir-data/runs.db", Store: id})
//	…
//	err = index.Fold(ctx, scan(index.Sequence())) // at the start: what the stream has beyond, from that commit on
//	for run, err := range index.OpenRuns(ctx) { … }
//	err = index.Apply(ctx, commits)               // from then on: what is durable, in the order of the stream
//	page, err := index.Page(ctx, runindex.Listing{Filter: runindex.Filter{Workflow: "review"}})
package runindex
