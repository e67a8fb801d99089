package scripts

import (
	"fmt"
	"time"
)

// What the limits do not stop in the process of their host: goja's native functions run to their end, and Go cannot take
// memory back from a goroutine that holds it. In-process scripts are therefore for authors who are trusted not to attack; what
// follows ends the process or holds a processor for long, and needs a process of its own (Pool) to be contained. The
// tests have a script for each (hostileSet).
//
//   - memory that doubles, for (;;) s += s, or is asked for in one piece: the watch may look too late;
//   - native loops over what only pretends to be a list: Array.prototype.indexOf.call({length: 2**53}, 1);
//   - arithmetic on huge BigInts: n ** 1000000000n;
//   - one match of a backtracking regular expression, up to eight seconds, whatever the limit (see match_clock.go);
//   - nesting by the million, built by a script and handed to a native function that recurses: JSON.stringify, flat,
//     String of nested lists, eval or Function of a text made of brackets;
//   - guarded functions reached under another name: 'x'['rep' + 'eat'](2**40).
//
// Time is looked at between instructions: a native function that sorts or joins a million items is not cut short.

const (
	defaultTime         = 5 * time.Second
	defaultCallDepth    = 1000
	defaultHeapBytes    = 256 << 20
	defaultSourceBytes  = 256 << 10
	defaultOutputBytes  = 1 << 20
	defaultConsoleBytes = 64 << 10
	defaultConsoleLines = 1000
)

// CallDepthMax is the most that Limits.CallDepth may be. Calls that lead through native functions, such as [1].map(f), nest
// on the stack of Go, which ends the process when it is full.
const CallDepthMax = 10_000

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = defaultTime
	}
	if l.CallDepth <= 0 {
		l.CallDepth = defaultCallDepth
	}
	l.CallDepth = min(l.CallDepth, CallDepthMax)
	if l.HeapBytes <= 0 {
		l.HeapBytes = defaultHeapBytes
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

// timeOf is how long one execution may take.
func (l *Limits) timeOf(sc *Scope) time.Duration {
	if sc.Ctx.Timeout > 0 {
		return sc.Ctx.Timeout
	}
	return l.Time
}

// outputOf is how large one output may be.
func (l *Limits) outputOf(sc *Scope) int {
	if sc.Ctx.OutputBytes > 0 {
		return sc.Ctx.OutputBytes
	}
	return l.OutputBytes
}

// raise says how a limit of the whole process is raised.
func raise(name string) string { return "allow more with the flag `--script-limit " + name + "=…`" }

// sizeText shows a number of bytes as people write it.
func sizeText(bytes int) string {
	for _, unit := range []struct {
		name  string
		bytes int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}
