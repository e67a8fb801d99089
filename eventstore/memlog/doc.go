// Package memlog is an event log in memory that tests can make fail. It keeps the promises of
// eventstore.Store, under the same errors; package logtest holds both to them.
//
// What always holds:
//
//   - A commit goes three ways, each of which takes as long as the schedule says: to the log, where it is
//     stored or refused; to the disk, which makes it and everything before it durable; and its answer back.
//     Seen means durable, as in the store.
//   - What goes wrong is drawn from Faults.Seed, for each run and each append of it anew. The n-th append of a
//     run meets the same fate whatever other runs do meanwhile, so a test that fails fails again.
//   - Down is closed once the log has failed, which is also how a process dies: from then on nothing is stored,
//     no outcome becomes known, and nothing more is seen. Restart returns what the next process finds: after
//     Killed all that was stored, after PowerCut what was durable and perhaps some of what was on its way.
//   - Time is package time's, and there is one goroutine, which ends with Close or Restart. So a log works in a
//     bubble of testing/synctest, where delays cost nothing.
//
// A short example:
//
//	log := memlog.Open(memlog.Faults{Seed: 7, Delay: 10 * time.Millisecond, LostAnswers: 5, Failures: 1, Disruptions: 3})
//	system, err := actors.Open(ctx, actors.Config{Store: log, Tools: registry, Scripts: engine})
//	…
//	<-log.Down()
//	log = log.Restart(memlog.PowerCut)
package memlog
