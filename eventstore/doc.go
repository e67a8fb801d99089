// Package eventstore keeps the events of runs, and the revisions of workflows, in NATS JetStream streams
// embedded in the same process.
//
// One commit of a run is one message on weir.runs.<namespace>.<run> in stream WEIR_RUNS, so it is stored
// whole or not at all. It is published with the sequence of the run's previous commit, so of all writers
// who believe they own a run at most one continues it.
//
// What holds at all times:
//
//   - A success is durable: Pending has a result only when the commit is on the disk.
//   - Seen means durable: Read, Scan, Follow and the events published on NATS stop at the durable
//     sequence. Only settling an unknown outcome looks beyond it.
//   - An append has one of three outcomes: stored at a sequence; certainly not stored; or, when the store
//     itself failed, ErrUnavailable, after which nothing more is stored or believed. A lost answer is none
//     of these: it is settled by publishing the same bytes again (see settle.go).
//   - Every reader of a run gets its events densely numbered, in order, each once, or an error. Damage is
//     an *event.DamageError, and never taken for the end of a run: what the server cannot read is still
//     in its books.
//   - Nobody waits for a reader. A slow follower reads the stream again from where it was, a slow
//     consumer of all runs is told that it lost events, a slow NATS client is left out.
//
// The way of an append: Append queues it; the appender sends it and awaits the answer (append.go,
// settle.go, settler.go); the barrier parks it until a sync has made it durable (barrier.go), unless the
// server syncs each message itself; the releaser moves the durable sequence, completes the Pending, and passes the
// commit to the hub, which feeds followers, and to the publisher, which feeds NATS clients (release.go,
// hub.go, publish.go). Reads use connections of their own (link.go, fetch.go) and go through a run from
// its end, commit by commit (trail.go): asking the server for the next message on a subject costs a look
// at every message of other runs in between. Single messages are read beside the server, from its blocks
// (audit.Blocks), as it reads and indexes a whole block for one; what is not found there, it is asked for.
//
// The hub is fed from memory by the releaser and reads the stream only where the releaser leaves a hole.
// A JetStream consumer in its place costs 12 to 25 µs of CPU for every commit of every run, the whole
// append costing 22, as long as anybody follows anything; this costs 1 to 4.
//
// Users reach the server through the listener as an account that imports the events and nothing else
// (server.go). Their messages never reach the engine's account.
//
// Package memlog is another log with the same promises, for tests that need one to fail; package logtest
// holds both to them.
//
//	store, err := eventstore.Open(ctx, eventstore.Config{Dir: "data", Listen: "127.0.0.1:4222"})
//	…
//	commit := event.Seal(event.Commit{Run: "r1", Workflow: "review", First: 1, Epoch: epoch, Events: events})
//	sequence, err := store.Append(commit, 0).Result()
//	for raw, err := range store.Follow(ctx, "r1", 0) {
//		…
//	}
package eventstore
