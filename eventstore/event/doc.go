// Package event is the vocabulary of what can happen to a run, and the codec that stores it.
//
// An [Event] is one fact: its run, its number within the run, the time, and a [Body] that says what
// happened. Its JSON text is one flat object and the same everywhere, in the store and on every way out:
//
//	{"run":"r1","n":3,"type":"NodeCompleted","at":"2026-11-02T09:30:00.131520341Z","node":"extract","visit":1,…}
//
// A [Commit] is the events of one or more decisions, stored as one message. [Seal] makes its bytes, once;
// [Open] verifies them and tells the events apart without decoding them.
//
// What always holds:
//
//   - The same event makes the same bytes: fields stand in the order in which vocabulary.go lists them.
//   - What was stored stays readable. Types and fields are only ever added, a new field is one that may be
//     missing, and testdata keeps events of every version that Decode must still understand. In the other direction,
//     fields that this version does not know are ignored, while an unknown type is [ErrUnknownType].
//   - The set of bodies is closed: a switch over them can be checked for completeness.
//   - A commit's events are numbered without a gap, and every byte of it is covered by its digest; so any change is
//     found, and told as a [DamageError].
//
// A short example:
//
//	sealed := event.Seal(event.Commit{Run: "r1", Workflow: "review", First: 1, Epoch: "e1", Events: []event.Event{
//		{Run: "r1", N: 1, At: now, Body: event.RunStarted{Workflow: "review", …}},
//	}})
//	again, err := event.Open(sealed.Data) // equal to sealed
//	events, err := again.Events()
package event
