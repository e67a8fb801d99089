package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

func snapshotSource(t testing.TB, source, input string) (*workflow.Definition, *workflow.State) {
	t.Helper()
	engine := scripts.New(scripts.Limits{})
	def, problems := workflow.Parse([]byte(source), workflow.Options{File: "w.yaml", Checker: anyTool{engine}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	s, _ := workflow.Decide(workflow.New(def), workflow.Start{Run: "r", Revision: "sha256:d", Input: document.MustParse(input)}, now, &evaluator{engine})
	return def, s
}

// A snapshot holds numbers as they were written, and each state once however many visits saw it.
func TestSnapshotKeepsStates(t *testing.T) {
	marker := strings.Repeat("long", 100)
	def, s := snapshotSource(t, "name: w\nnodes: {a: t}", `{"n": 12345678901234567890.10, "text": "`+marker+`"}`)
	text, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), marker); n != 1 {
		t.Errorf("the state, which is also the input and what the visit saw, stands there %d times", n)
	}
	restored, err := workflow.Restore(def, text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(workflow.Dump(s), workflow.Dump(restored)); diff != "" {
		t.Errorf("(-taken +restored)\n%s", diff)
	}
}

// BenchmarkSnapshot takes the snapshot of a megabyte.
func BenchmarkSnapshot(b *testing.B) {
	_, s := snapshotSource(b, "name: w\nnodes: {a: t}", `{"items": [`+strings.Repeat(`{"id":1000000,"text":"`+strings.Repeat("x", 74)+`"},`, 10_000)+`null]}`)
	b.ReportAllocs()
	for b.Loop() {
		text, err := s.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
	}
}

// What is not a snapshot of such a run is refused, whatever it is.
func TestRestoreRefuses(t *testing.T) {
	def, s := snapshotSource(t, "name: w\nnodes: {a: t}\nedges: {a: [{when: 'true', to: a, max: 3}]}", `{}`)
	whole, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another version":  {`"V":8`, `"V":1`},
		"another workflow": {`"Workflow":"w"`, `"Workflow":"x"`},
		"an unknown node":  {`"Begun":null`, `"Begun":["b"]`},
		"an unknown visit": {`"Visits":[{"Node":"a"`, `"Visits":[{"Node":"b"`},
		"an unknown edge":  {`"Rounds":null`, `"Rounds":[{"Node":"a","Edge":9,"Taken":1}]`},
		"no document":      {`"Doc":0`, `"Doc":7`},
		"half of it":       {string(whole[len(whole)/2:]), ``},
	} {
		text := strings.Replace(string(whole), change[0], change[1], 1)
		if text == string(whole) {
			t.Fatalf("%s: %s is not in %s", name, change[0], whole)
		}
		if got, err := workflow.Restore(def, []byte(text)); err == nil {
			t.Errorf("%s is restored:\n%s", name, workflow.Dump(got))
		}
	}
}
