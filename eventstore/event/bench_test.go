package event

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

// loopCommit is what one step of a loop stores.
func loopCommit() Commit {
	c := Commit{Run: "run-1", Workflow: "flow", First: 7, Epoch: "0192d0c5-1b2a-7000-8000-000000000001", Prev: strings.Repeat("0f", digestBytes)}
	for _, body := range []Body{
		NodeStarted{Node: "count", Visit: 3, Attempt: 1, Tokens: []uint64{12}},
		NodeCompleted{Node: "count", Visit: 3, Attempt: 1, Duration: 81234, Output: 7},
		StateChanged{Node: "count", Visit: 3, Patch: document.Patch{{Op: document.OpReplace, Path: "/n", Value: document.Int(3)}}},
		EdgeTaken{From: "count", Visit: 3, To: "count", Token: 13, When: "state.n < 1000"},
	} {
		c.Events = append(c.Events, Event{Run: c.Run, N: c.First + uint64(len(c.Events)), At: sampleTime, Body: body})
	}
	return c
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, e := range loopCommit().Events {
		b.Run(string(e.Type()), func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = e.AppendJSON(buf[:0])
			}
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	c := loopCommit()
	b.ReportAllocs()
	for b.Loop() {
		Seal(c)
	}
}

func BenchmarkOpen(b *testing.B) {
	data := Seal(loopCommit()).Data
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	data := Seal(loopCommit()).Data
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Verify(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvents(b *testing.B) {
	c := Seal(loopCommit())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Events(); err != nil {
			b.Fatal(err)
		}
	}
}
