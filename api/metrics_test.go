package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestMetrics(t *testing.T) {
	e := newEngine(t)
	got := e.call("GET", "/metrics", nil)
	text := got.text
	if got.status != http.StatusOK {
		t.Fatal(got.status, text)
	}
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=") {
		t.Errorf("the content type is %q", kind)
	}
	for _, line := range []string{
		`weir_info{version="dev"} 1`, `weir_store_sync_mode{mode="always"} 1`, "weir_store_syncs_total 0",
		"weir_active_runs 0", "weir_parked_runs 0", "weir_ready 1", "go_goroutines ",
		"weir_schedule_runs_total 0", "weir_schedule_skipped_total 0", "weir_schedule_refused_total 0",
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("there is no line %q in\n%s", line, text)
		}
	}
	if err := e.system.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := e.call("GET", "/metrics", nil).text; !strings.Contains(text, "\nweir_ready 0") {
		t.Errorf("a closed engine is ready:\n%s", text)
	}
}
