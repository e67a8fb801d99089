package scripts

import "time"

// What the limits do not stop. Goja runs in the process of its host, its native functions run to their end, and Go cannot
// take memory back from a goroutine that holds it. Scripts are therefore for authors who are trusted not to attack; what
// follows ends the process or holds a processor for long, and needs a process of its own to be contained:
//
//   - memory filled step by step: for (;;) s += s, for (;;) list.push(list), a Map that grows;
//   - native loops over what only pretends to be a list: Array.prototype.indexOf.call({length: 2**53}, 1);
//   - arithmetic on huge BigInts: 10n ** 1000000000n;
//   - one match of a backtracking regular expression, up to six seconds, whatever the limit (see guards.go);
//   - nesting by the million, built by a script and handed to a native function that recurses: JSON.stringify, flat,
//     String of nested lists, eval or Function of a text made of brackets;
//   - guarded functions reached under another name: 'x'['rep' + 'eat'](2**40).
//
// Time is looked at between instructions: a native function that sorts or joins a million items is not cut short.

const (
	defaultTime         = 5 * time.Second
	defaultCallDepth    = 1000
	defaultSourceBytes  = 256 << 10
	defaultOutputBytes  = 1 << 20
	defaultConsoleBytes = 64 << 10
	defaultConsoleLines = 1000
)

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = defaultTime
	}
	if l.CallDepth <= 0 {
		l.CallDepth = defaultCallDepth
	}
	if l.SourceBytes <= 0 {
		l.SourceBytes = defaultSourceBytes
	}
	if l.OutputBytes <= 0 {
		l.OutputBytes = defaultOutputBytes
	}
	if l.ConsoleBytes <= 0 {
		l.ConsoleBytes = defaultConsoleBytes
	}
	if l.ConsoleLines <= 0 {
		l.ConsoleLines = defaultConsoleLines
	}
	return l
}
