// Package actors carries runs on. Each open run that has something to do is an actor: a goroutine that owns
// the run, takes commands from a mailbox, lets the pure core (package workflow) decide, appends what was
// decided to the event store, and then acts on it. A run that only waits, or is paused, is parked: its id and
// the time when it is due are all that is kept of it, until that time or a command gives it an actor again.
//
// # Invariants
//
//   - Only a run's actor decides about it and appends its events; the store refuses anybody else.
//   - What shows outside (a tool with effects, a reply, a released state) waits until the commit that
//     decided it is durable. Scripts, conditions, `set` and pure tools show nothing and run ahead: they
//     execute over events that are not durable yet, and are simply executed again if those are lost.
//   - One commit of a run is in flight at a time. What is decided meanwhile gathers into the next, which
//     goes when something waits for it, after 20 ms, or at 1 MiB.
//   - A visit whose NodeCompleted is durable never runs again. An attempt that the end of the process cut
//     short is recorded as interrupted and repeated with the same idempotency key.
//   - An actor whose place another owner's commit has taken forgets what it had decided, and the run is read
//     again once that commit is durable.
//   - An open run has an actor or is parked, never both. It is parked with nothing on its way to it or from it,
//     so its events tell everything; who was about to send it a command sends that to its next actor. A run
//     that was damaged is neither: it stays as it is.
//   - A run that waits in its workflow's queue is parked, due at no time that comes, until its line calls it: its first NodeStarted
//     says so, and nothing else does. A call of a tool with a limit waits behind its NodeStarted, and nothing records that.
//   - A time of a schedule has one run for ever, whose id follows from it; what else must be known of schedules follows
//     from the runs that there are and from when revisions were saved.
//   - Close returns when every goroutine of the system has ended; what was decided by then is durable.
//
// # Example
//
//	store, err := eventstore.Open(ctx, eventstore.Config{Dir: "weir-data"})
//	…
//	system, err := actors.Open(ctx, actors.Config{Store: store, Tools: registry, Scripts: engine})
//	…
//	_, _, err = system.Save(ctx, actors.Source{Data: yaml})
//	view, _, err := system.Start(ctx, actors.StartRequest{Workflow: "hello"})
//	view, err = system.Wait(ctx, view.Run)
package actors
