package api

import (
	"net/http"
	"strings"
	"testing"
)

// wantMetrics holds the metrics against lines, or the beginnings of lines, that they must have.
func (e *engine) wantMetrics(lines ...string) {
	e.t.Helper()
	got := e.call("GET", "/metrics", nil)
	if got.status != http.StatusOK {
		e.t.Fatal(got.status, got.text)
	}
	for _, line := range lines {
		if !strings.Contains(got.text, "\n"+line) {
			e.t.Errorf("there is no line %q in\n%s", line, got.text)
		}
	}
}

func TestMetrics(t *testing.T) {
	e := newEngine(t)
	got := e.call("GET", "/metrics", nil)
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=") {
		t.Errorf("the content type is %q", kind)
	}
	e.wantMetrics(
		`weir_info{version="dev"} 1`, `weir_store_sync_mode{mode="always"} 1`, "weir_store_syncs_total 0",
		"weir_active_runs 0", "weir_parked_runs 0", "weir_ready 1", "go_goroutines ", "go_gc_heap_live_bytes ",
		"weir_schedule_runs_total 0", "weir_schedule_skipped_total 0", "weir_schedule_refused_total 0",
		"weir_scripts_running 0", "weir_scripts_waiting 0", "weir_script_waits_total 0", "weir_script_wait_seconds_total 0",
		`weir_script_processes{state="busy"} 0`, "weir_script_processes_started_total 0", `weir_script_processes_ended_total{reason="crashed"} 0`,
		"weir_script_process_waits_total 0", "weir_script_process_wait_seconds_total 0",
	)
	if err := e.system.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := e.call("GET", "/metrics", nil).text; !strings.Contains(text, "\nweir_ready 0") {
		t.Errorf("a closed engine is ready:\n%s", text)
	}
}
