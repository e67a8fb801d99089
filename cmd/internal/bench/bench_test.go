package bench

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestDriveDoesAllAndNoMore(t *testing.T) {
	var done [50]atomic.Int64
	d := drive(t.Context(), 7, len(done), 0, func(i int) error {
		done[i].Add(1)
		return nil
	})
	if d.err != nil || len(d.took) != len(done) {
		t.Fatalf("%d are done, error %v", len(d.took), d.err)
	}
	for i := range done {
		if n := done[i].Load(); n != 1 {
			t.Errorf("%d is done %d times", i, n)
		}
	}
}

func TestDriveLastsAsLongAsIsWanted(t *testing.T) {
	begun := time.Now()
	d := drive(t.Context(), 2, 0, 50*time.Millisecond, func(int) error {
		time.Sleep(time.Millisecond)
		return nil
	})
	if d.err != nil || time.Since(begun) < 50*time.Millisecond || len(d.took) < 2 || len(d.took) > 102 {
		t.Errorf("in %s %d are done, error %v", time.Since(begun), len(d.took), d.err)
	}
	if d := drive(t.Context(), 3, 0, 0, func(int) error { return nil }); len(d.took) != 3 {
		t.Errorf("in no time %d are done, want one for each client", len(d.took))
	}
}

func TestDriveEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	d := drive(t.Context(), 3, 1_000_000, 0, func(i int) error {
		if i == 10 {
			return broken
		}
		time.Sleep(time.Millisecond)
		return nil
	})
	if !errors.Is(d.err, broken) || len(d.took) > 100 {
		t.Errorf("%d are done, error %v", len(d.took), d.err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	if d := drive(ended, 3, 5, 0, func(int) error { return nil }); !errors.Is(d.err, broken) || len(d.took) != 0 {
		t.Errorf("after the end of the context %d are done, error %v", len(d.took), d.err)
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 200 {
		sorted = append(sorted, time.Duration(i+1))
	}
	for _, c := range []struct {
		of            []time.Duration
		percent, want int
	}{{sorted, 50, 101}, {sorted, 99, 199}, {sorted[:1], 99, 1}, {nil, 50, 0}} {
		if got := percentile(c.of, c.percent); int(got) != c.want {
			t.Errorf("of %d durations p%d is %d, want %d", len(c.of), c.percent, got, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	var m Measurement
	m.addSpread("a", "A", Micros, []float64{4, 1, 10})
	line, err := json.Marshal(m)
	if want := `{"case":"","a":5,"a_least":1,"a_most":10}`; err != nil || string(line) != want {
		t.Errorf("it is %s, error %v, want %s", line, err, want)
	}
}

func TestPointsOfCurves(t *testing.T) {
	for _, c := range []struct {
		of   curve
		most int
		want []int
	}{
		{curve{first: 1000, most: 100_000, none: true}, 0, []int{0, 1000, 10_000, 100_000}},
		{curve{first: 1000, most: 100_000, none: true}, 1_000_000, []int{0, 1000, 10_000, 100_000, 1_000_000}},
		{curve{first: 1000, most: 100_000, none: true}, 20, []int{0, 20}},
		{curve{first: 100, most: 100_000}, 5_000, []int{100, 1000}},
	} {
		if got := c.of.points(c.most); !slices.Equal(got, c.want) {
			t.Errorf("up to %d the points of %+v are %v, want %v", c.most, c.of, got, c.want)
		}
	}
}

func TestBareLoopMakesItsSteps(t *testing.T) {
	if err := newBareLoop().run(3); err != nil {
		t.Error(err)
	}
}

// TestStory has a run whose visit a#1 completed twice, which a server never lets happen.
func TestStory(t *testing.T) {
	told, err := storyOf([]byte(`{"events":[
		{"type":"RunStarted","at":"2026-01-02T03:04:05Z"},
		{"type":"NodeStarted","node":"a","visit":1,"attempt":1},
		{"type":"NodeStarted","node":"a","visit":1,"attempt":2},
		{"type":"NodeCompleted","node":"a","visit":1,"attempt":2},
		{"type":"NodeCompleted","node":"a","visit":1,"attempt":2},
		{"type":"NodeCompleted","node":"a","visit":2,"attempt":1},
		{"type":"NodeCompleted","node":"b","visit":1,"attempt":1},
		{"type":"RunCompleted","at":"2026-01-02T03:04:06.5Z"}]}`))
	want := story{completed: time.Date(2026, 1, 2, 3, 4, 6, 500_000_000, time.UTC), repeated: 1, retried: 1}
	if err != nil || told != want {
		t.Errorf("it tells %+v, error %v, want %+v", told, err, want)
	}
	if told, err := storyOf([]byte(`{"events":[{"type":"RunStarted"}]}`)); err != nil || told != (story{}) {
		t.Errorf("a run that has only started tells %+v, error %v", told, err)
	}
	if _, err := storyOf([]byte(`oops`)); err == nil {
		t.Error("what is no list of events tells something")
	}
}

func TestMadeAt(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	if got := madeAt([]byte(`{"run":"r","type":"SignalReceived","at":"2026-01-02T03:04:05.000000006Z"}`)); !got.Equal(want) {
		t.Errorf("got %s", got)
	}
	if got := madeAt([]byte(`{"run":"r"}`)); !got.IsZero() {
		t.Errorf("without a time: got %s", got)
	}
}

func TestMetricsOf(t *testing.T) {
	m := metrics("# HELP a b\na_b 1\na 2.5\n")
	if v, err := m.of("a"); v != 2.5 || err != nil {
		t.Errorf("a is %v, error %v", v, err)
	}
	if _, err := m.of("b"); err == nil {
		t.Error("b is known")
	}
}

func TestTable(t *testing.T) {
	load := 0.5
	r := Result{Workload: "linear", About: "five nodes", Mode: "server", Environment: Environment{
		Version: "v1", Go: "go1", Platform: "linux/amd64", Cores: 2, Filesystem: "ext4", Sync: "barrier", Load: &load,
	}, Measurements: []Measurement{{Case: "one"}, {Case: "two"}}}
	for i, scale := range []float64{1, 1000} {
		m := &r.Measurements[i]
		m.add("runs", "runs", Number, 1234*scale)
		m.add("rate", "rate", Rate, 12.345*scale)
		m.add("latency", "latency", Millis, 0.12345*scale)
		m.add("disk", "disk", Bytes, 5000*scale*scale)
	}
	r.Measurements[1].add("only", "only of two", Micros, -1234.5)
	var out strings.Builder
	if err := WriteTable(&out, r); err != nil {
		t.Fatal(err)
	}
	const want = `linear  five nodes
  server, weir v1, go1, linux/amd64, 2 cores, ext4, sync barrier, load 0.50
                    one        two
  runs            1,234  1,234,000
  rate          12.35/s   12,345/s
  latency      0.123 ms     123 ms
  disk          5,000 B  4,768 MiB
  only of two            -1,234 µs

`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	line, err := json.Marshal(r.Measurements[0])
	if want := `{"case":"one","runs":1234,"rate":12.345,"latency":0.12345,"disk":5000}`; err != nil || string(line) != want {
		t.Errorf("as JSON it is %s, error %v, want %s", line, err, want)
	}
}

// TestTurns has a machine that was busy in one turn: the ratio is that of the others.
func TestTurns(t *testing.T) {
	turn := func(n int, elapsed time.Duration) driven {
		return driven{took: make([]time.Duration, n), elapsed: elapsed}
	}
	own := turns{turn(10, time.Second), turn(1, time.Second), turn(30, time.Second)}
	other := turns{turn(20, time.Second), turn(20, time.Second), turn(60, time.Second)}
	if got := own.ratio(other); got != 0.5 {
		t.Errorf("the ratio is %v, want 0.5", got)
	}
	if got := own.rate(); got != 10 {
		t.Errorf("the rate is %v, want 10", got)
	}
	if got := own.ratio(turns{{}, {}, {}}); got != 0 {
		t.Errorf("beside nothing the ratio is %v, want 0", got)
	}
}
