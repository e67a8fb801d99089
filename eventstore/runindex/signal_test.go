package runindex

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// What runs wait for is found by the signal's name; they are due when their wait has lasted long enough, else never.
func TestWaitsForSignals(t *testing.T) {
	x := openTest(t)
	s := &stream{}
	at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	begun := event.NodeStarted{Node: "approval", Visit: 1, Attempt: 1, Signal: "approve"}
	for _, run := range []struct {
		name   string
		bodies []event.Body
	}{
		{"patient", []event.Body{begun, event.SignalReceived{Signal: "other", ID: "1"}}},
		{"hasty", []event.Body{begun, event.TimerSet{Timer: "approval/1/timeout", Node: "approval", Visit: 1, Due: at.Add(time.Hour)}}},
		{"late", []event.Body{
			begun,
			event.TimerFired{Timer: "approval/1/timeout", Node: "approval", Visit: 1},
			event.NodeFailed{Node: "approval", Visit: 1, Attempt: 1, Kind: "timeout", RetryAt: at.Add(time.Minute)},
		}},
		{"served", []event.Body{
			begun,
			event.SignalReceived{Signal: "approve", ID: "1"},
			event.NodeCompleted{Node: "approval", Visit: 1, Attempt: 1},
			event.NodeStarted{Node: "publish", Visit: 1, Attempt: 1},
		}},
	} {
		bodies := append([]event.Body{event.RunStarted{Workflow: "w", Revision: "sha256:1", Start: "approval"}}, run.bodies...)
		for i, body := range bodies { // one a commit, so that each is folded into what the file has
			s.append(event.Commit{Run: run.name, Workflow: "w", First: uint64(i + 1), Epoch: "e", Events: []event.Event{
				{Run: run.name, N: uint64(i + 1), At: at, Body: body},
			}})
		}
	}
	for _, c := range s.commits {
		apply(t, x, c)
	}
	for query, want := range map[string]string{
		"SELECT run, phase, signal, due_at FROM open_visits ORDER BY run": `
hasty signal approve 2026-11-02T10:30:00.000000000Z
late backoff <nil> 2026-11-02T09:31:00.000000000Z
patient signal approve <nil>
served running <nil> <nil>`,
		"SELECT run, status, due_at FROM runs ORDER BY run": `
hasty waiting 2026-11-02T10:30:00.000000000Z
late waiting 2026-11-02T09:31:00.000000000Z
patient waiting <nil>
served running <nil>`,
	} {
		answer, err := x.Query(t.Context(), query, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, row := range answer.Rows {
			got.WriteString("\n" + strings.TrimSuffix(fmt.Sprintln(row...), "\n"))
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	r, _, err := x.Run(t.Context(), "hasty")
	want := []Visit{{Node: "approval", Visit: 1, Attempt: 1, Phase: PhaseSignal, Due: at.Add(time.Hour), Signal: "approve"}}
	if diff := cmp.Diff(want, r.Current); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
