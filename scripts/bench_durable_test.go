package scripts_test

import (
	"testing"
)

// thousand is a durable script that makes 1,000 calls one after the other, and then waits for a signal.
const thousand = "export default async (s, ctx) => { let n = 0; for (let i = 0; i < 1000; i++) n += (await ctx.tool('echo', {i, text: 'some text'})).i; await ctx.signal('go'); return n }"

// played is a journal of the script when it has made so many calls, of which all have ended.
func played(b *testing.B, w way, calls int) *journal {
	b.Helper()
	j := newJournal(b, thousand, w)
	for range calls {
		if _, err := j.turn(); err != nil {
			b.Fatal(err)
		}
		j.answer()
	}
	return j
}

// BenchmarkReplayDurable measures the turn of an execution that begins anew over 1,000 calls.
func BenchmarkReplayDurable(b *testing.B) {
	recorded := played(b, ways[0], 1000)
	for _, w := range ways {
		if w.living {
			continue
		}
		b.Run(w.engine.Isolation(), func(b *testing.B) {
			j := newJournal(b, thousand, w)
			j.calls, j.ends, j.seen = recorded.calls, recorded.ends, recorded.seen
			for b.Loop() {
				turn, err := j.execution().Turn(b.Context(), j.after)
				if err != nil || len(turn.Calls) != 1 {
					b.Fatal(err, turn)
				}
			}
		})
	}
}

// BenchmarkDurableTurn measures a turn of an execution that lives on, from the end of one call to the next call.
func BenchmarkDurableTurn(b *testing.B) {
	for _, w := range ways {
		if !w.living {
			continue
		}
		b.Run(w.engine.Isolation(), func(b *testing.B) {
			var j *journal
			for i := 0; b.Loop(); i++ {
				if i%1000 == 0 {
					j = newJournal(b, thousand, w)
				}
				if _, err := j.turn(); err != nil {
					b.Fatal(err)
				}
				j.answer()
			}
		})
	}
}
