package runindex

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkMillion asks an index of a million runs, of which 10,000 go on and 20,000 failed. Building it takes a while.
func BenchmarkMillion(b *testing.B) {
	const runs = 1_000_000
	x := benchIndex(b)
	f := &fleet{runs: runs, open: runs / 100, random: rand.New(rand.NewPCG(1, 2))}
	if err := x.Fold(context.Background(), f.commits()); err != nil {
		b.Fatal(err)
	}
	b.Run("page", func(b *testing.B) { benchPages(b, x, f) })
	b.Run("count", func(b *testing.B) { benchCounts(b, x, f) })
	b.Run("rest", func(b *testing.B) { benchRest(b, x) })
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			again := openBench(b, x.cfg)
			if !again.Origin().Kept {
				b.Fatal(again.Origin().Reason)
			}
			if err := again.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchPages reads first pages of 50.
func benchPages(b *testing.B, x *Index, f *fleet) {
	middle := fleetBegun.Add(time.Duration(f.runs/2) * time.Millisecond)
	minute := func(n int) time.Time { return middle.Add(time.Duration(n) * time.Minute) }
	broad, narrow := map[string]string{"team": "team-3"}, map[string]string{"customer": "c17"}
	for _, c := range []struct {
		name   string
		filter Filter
	}{
		{"none", Filter{}},
		{"workflow", Filter{Workflow: f.workflow(11)}},
		{"workflow-none", Filter{Workflow: "gone"}},
		{"running", Filter{Statuses: []Status{Running}}},
		{"failed", Filter{Statuses: []Status{Failed}}},
		{"ended", Filter{Statuses: []Status{Completed, Failed, Cancelled}}},
		{"label-broad", Filter{Labels: broad}},
		{"label-narrow", Filter{Labels: narrow}},
		{"label-clustered", Filter{Labels: map[string]string{"era": "first"}}},
		{"node", Filter{Node: "score"}},
		{"node-none", Filter{Node: "gone"}},
		{"text", Filter{Text: "connection refused"}},
		{"text-none", Filter{Text: "unheard"}},
		{"parent", Filter{Parent: "gone"}},
		{"started-4m", Filter{StartedFrom: minute(-2), StartedBefore: minute(2)}},
		{"started-1s", Filter{StartedFrom: middle, StartedBefore: middle.Add(time.Second)}},
		{"ended-4m", Filter{EndedFrom: minute(-2), EndedBefore: minute(2)}},
		{"ended-1s", Filter{EndedFrom: middle, EndedBefore: middle.Add(time.Second)}},
		{"workflow+failed", Filter{Workflow: f.workflow(11), Statuses: []Status{Failed}}},
		{"label+failed", Filter{Labels: broad, Statuses: []Status{Failed}}},
		{"label+workflow", Filter{Labels: broad, Workflow: f.workflow(11)}},
		{"label+label", Filter{Labels: map[string]string{"team": "team-3", "customer": "c17"}}},
		{"label+other-label", Filter{Labels: map[string]string{"team": "team-3", "era": "first"}}},
		{"text+workflow", Filter{Text: "refused", Workflow: f.workflow(11)}},
		{"node+label", Filter{Node: "score", Labels: broad}},
		{"started+status", Filter{StartedFrom: minute(-2), Statuses: []Status{Failed, Running}}},
		{"started+workflow+label", Filter{StartedFrom: minute(-2), Workflow: f.workflow(11), Labels: broad}},
	} {
		for _, order := range orders {
			for _, ascending := range []bool{false, true} {
				l := Listing{Filter: c.filter, Order: order, Ascending: ascending}
				b.Run(c.name+"/"+string(order)+"-"+l.direction(), func(b *testing.B) {
					found := 0
					for b.Loop() {
						page, err := x.Page(context.Background(), l)
						if err != nil {
							b.Fatal(err)
						}
						found = len(page.Runs)
					}
					b.ReportMetric(float64(found), "runs")
				})
			}
		}
	}
}

func benchCounts(b *testing.B, x *Index, f *fleet) {
	for _, c := range []struct {
		name   string
		filter Filter
	}{
		{"none", Filter{}},
		{"workflow", Filter{Workflow: f.workflow(11)}},
		{"label-broad", Filter{Labels: map[string]string{"team": "team-3"}}},
		{"label+workflow", Filter{Labels: map[string]string{"team": "team-3"}, Workflow: f.workflow(11)}},
		{"text", Filter{Text: "refused"}},
		{"started-half", Filter{StartedFrom: fleetBegun.Add(time.Duration(f.runs/2) * time.Millisecond)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var runs int64
			for b.Loop() {
				counts, err := x.Count(context.Background(), c.filter)
				if err != nil {
					b.Fatal(err)
				}
				runs = counts.Total()
			}
			b.ReportMetric(float64(runs), "runs")
		})
	}
}

func benchRest(b *testing.B, x *Index) {
	for name, ask := range map[string]func() (int, error){
		"open-runs": func() (n int, err error) {
			for _, err := range x.OpenRuns(context.Background()) {
				if err != nil {
					return 0, err
				}
				n++
			}
			return n, nil
		},
		"due": func() (int, error) {
			due, err := x.Due(context.Background(), fleetBegun.Add(24*time.Hour), 100)
			return len(due), err
		},
		"ended-before": func() (int, error) {
			names, err := x.EndedBefore(context.Background(), Completed, fleetBegun.Add(time.Hour), 100)
			return len(names), err
		},
		"beyond": func() (int, error) {
			names, err := x.Beyond(context.Background(), Failed, 100, 100)
			return len(names), err
		},
		"query-by-status": func() (int, error) {
			answer, err := x.Query(context.Background(), "SELECT status, count(*) FROM runs GROUP BY status", nil, 0)
			return len(answer.Rows), err
		},
		"query-by-workflow": func() (int, error) {
			answer, err := x.Query(context.Background(), "SELECT workflow, avg(ended_ns - started_ns) FROM runs GROUP BY workflow", nil, 0)
			return len(answer.Rows), err
		},
	} {
		b.Run(name, func(b *testing.B) {
			found := 0
			for b.Loop() {
				n, err := ask()
				if err != nil {
					b.Fatal(err)
				}
				found = n
			}
			b.ReportMetric(float64(found), "rows")
		})
	}
}
