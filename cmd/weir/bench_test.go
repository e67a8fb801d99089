package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// benched is a line of `weir bench --json`.
type benched struct {
	Workload, Along, Mode string
	Environment           struct {
		Command, Version, Revision, Go, Platform, Filesystem, Sync string
		Cores                                                      int
		Load                                                       float64
		Begun                                                      time.Time
	}
	Measurements []map[string]any
}

// figuresOf are the figures that each workload has on every machine: those that cannot be zero, and after a bar those
// that can: processor time is told in coarse steps by some systems.
var figuresOf = map[string]string{
	"growth runs":    "ready_seconds heap_bytes | stored_runs cpu_ms_per_run cpu_ms_per_run_least cpu_ms_per_run_most",
	"growth open":    "ready_seconds heap_bytes | open_runs cpu_ms_per_run cpu_ms_per_run_least cpu_ms_per_run_most",
	"growth tails":   "| tails cpu_ms_per_run cpu_ms_per_run_least cpu_ms_per_run_most",
	"growth state":   "state_bytes | cpu_us_per_step cpu_us_per_step_least cpu_us_per_step_most",
	"growth history": "events | cpu_us_per_step cpu_us_per_step_least cpu_us_per_step_most",

	"linear": "concurrency runs runs_per_second steps_per_second latency_p50_ms latency_p99_ms disk_bytes_per_run | cpu_ms_per_run cpu_us_per_step",
	"loop": "concurrency runs runs_per_second steps_per_second latency_p50_ms latency_p99_ms disk_bytes_per_run" +
		" bare_goja_steps_per_second of_bare_goja | cpu_ms_per_run cpu_us_per_step",
	"burst": "concurrency runs seconds started_seconds runs_per_second steps_per_second start_latency_p50_ms start_latency_p99_ms disk_bytes_per_run" +
		" | cpu_ms_per_run cpu_us_per_step",
	"parked":  "concurrency runs starts_per_second start_latency_p50_ms start_latency_p99_ms disk_bytes_per_run | cpu_ms_per_run heap_bytes_per_run",
	"recover": "concurrency runs acknowledged_runs ready_seconds seconds runs_per_second disk_bytes_per_run | cpu_ms_per_run interrupted_runs lost_runs repeated_steps retried_steps",
	"cold":    "starts ready_p50_ms ready_p99_ms first_run_p50_ms first_run_p99_ms | cpu_ms_per_start",
	"tail": "tails concurrency signals signals_per_second since_made_p50_ms since_made_p99_ms client_cpu_ms_per_signal" +
		" | since_answer_p50_ms since_answer_p99_ms cpu_ms_per_signal",
	"append": "concurrency commits commits_per_second events_per_second latency_p50_ms latency_p99_ms cpu_us_per_commit" +
		" disk_syncs_per_second commits_per_disk_sync jetstream_per_second ratio_to_jetstream |",
}

// scriptFigures wants a result for each of the workloads and no other, each with the figures it should have:
// figures FILE MODE WORKLOAD..., where a curve of growth is a workload
func scriptFigures(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: figures FILE MODE WORKLOAD...")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.DisallowUnknownFields()
	var workloads []string
	for {
		var b benched
		if err := decoder.Decode(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			ts.Fatalf("a line cannot be read: %v", err)
		}
		if b.Along != "" {
			b.Workload += " " + b.Along
		}
		workloads = append(workloads, b.Workload)
		checkBenched(ts, &b, args[1])
	}
	if !slices.Equal(workloads, args[2:]) {
		ts.Fatalf("the workloads are %v, want %v", workloads, args[2:])
	}
}

func checkBenched(ts *testscript.TestScript, b *benched, mode string) {
	env := b.Environment
	if b.Workload == "append" {
		mode = "store"
	}
	if b.Mode != mode || !strings.HasPrefix(env.Command, "weir bench ") || env.Version == "" || env.Go == "" || env.Platform == "" || env.Filesystem == "" || env.Sync == "" || env.Cores < 1 || env.Begun.IsZero() {
		ts.Fatalf("%s was not measured as %s, or its environment is not told: %+v", b.Workload, mode, b)
	}
	positive, zero, _ := strings.Cut(figuresOf[b.Workload], "|")
	wanted, possible := strings.Fields(positive), strings.Fields(zero)
	of := func(name string, modes ...string) {
		if slices.Contains(modes, mode) {
			wanted = append(wanted, name)
		}
	}
	switch b.Workload {
	case "linear", "loop", "burst", "parked":
		of("client_cpu_ms_per_run", "server")
		if env.Sync == "barrier" { // else they are not counted
			of("commits_per_run", "server", "engine")
			of("syncs_per_run", "server", "engine")
		}
	case "append":
		if env.Sync == "barrier" {
			of("commits_per_sync", "store")
		}
	default:
	}
	if b.Workload == "linear" && env.Sync == "barrier" {
		of("append_per_second", "engine")
		of("of_append", "engine")
	}
	memory := []string{"peak_rss_bytes", "idle_rss_bytes", "rss_bytes"} // known on Linux only
	difference := func(name string) bool {                              // of two figures, which can be below zero
		return name == "heap_bytes_per_run" || strings.HasPrefix(b.Workload, "growth ") && strings.HasPrefix(name, "cpu_us_per_step")
	}
	if len(b.Measurements) == 0 {
		ts.Fatalf("%s has no measurements", b.Workload)
	}
	for _, m := range b.Measurements {
		if m["case"] == "" {
			ts.Fatalf("%s: a case has no name: %v", b.Workload, m)
		}
		delete(m, "case")
		for name, value := range m {
			v, isNumber := value.(float64)
			known := slices.Contains(slices.Concat(wanted, possible, memory), name)
			if !known || !isNumber || v < 0 && !difference(name) || v == 0 && !slices.Contains(possible, name) {
				ts.Fatalf("%s has %s: %v", b.Workload, name, value)
			}
		}
		for _, name := range slices.Concat(wanted, possible) {
			if m[name] == nil {
				ts.Fatalf("%s has no %s: %v", b.Workload, name, m)
			}
		}
		if b.Workload == "recover" && (m["lost_runs"] != 0.0 || m["repeated_steps"] != 0.0) {
			ts.Fatalf("what was acknowledged is lost or repeated: %v", m)
		}
	}
}

// scriptKept wants that paths below a directory match a pattern, and that they are not empty: [!] kept DIR PATTERN.
func scriptKept(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] kept DIR PATTERN")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), args[1], "*"))
	ts.Check(err)
	if neg != (len(found) == 0) {
		ts.Fatalf("in %s is kept: %v", args[0], found)
	}
}

// TestBenchLeavesNothing shows that the data is removed even where a second Ctrl-C ends the program on the spot.
func TestBenchLeavesNothing(t *testing.T) {
	for _, flag := range []string{"--engine=false", "--engine"} {
		t.Run(flag, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			var out lines
			cmd := program(t, &out, "bench", "burst", "--runs", "1000000", flag)
			var found []string
			for deadline := time.Now().Add(waitMax); len(found) == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
				found, _ = filepath.Glob(filepath.Join(temporary, "weir-bench-burst-*", "*", indexName))
			}
			if len(found) == 0 {
				t.Fatalf("there never was any data\n%s", &out)
			}
			for range 2 {
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Millisecond)
			}
			_ = cmd.Wait()
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v\n%s", left, err, &out)
			}
		})
	}
}
