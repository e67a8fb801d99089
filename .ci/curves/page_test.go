package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const lines = `{"workload":"linear","mode":"server","environment":{"command":"weir bench --json","go":"go1","platform":"linux/amd64","cores":2,"filesystem":"ext4","sync":"barrier","load":0.5,"begun":"2026-01-02T03:04:05Z"},"measurements":[{"case":"concurrency 1","latency_p50_ms":1.25,"peak_rss_bytes":104857600},{"case":"concurrency 64","runs_per_second":2999.9,"cpu_ms_per_run":0.34}]}
{"workload":"linear","mode":"server","environment":{"command":"weir bench --json linear --checkpoint"},"measurements":[{"case":"concurrency 64","runs_per_second":2500}]}
{"workload":"growth","along":"runs","mode":"server","environment":{"command":"weir bench --json growth"},"measurements":[{"case":"0","stored_runs":0,"cpu_ms_per_run":9,"cpu_ms_per_run_least":8,"cpu_ms_per_run_most":10},{"case":"1000","stored_runs":1000,"cpu_ms_per_run":1,"cpu_ms_per_run_least":1,"cpu_ms_per_run_most":1.5},{"case":"10000","stored_runs":10000,"cpu_ms_per_run":1.3,"cpu_ms_per_run_least":1,"cpu_ms_per_run_most":2}]}
`

func TestMainTable(t *testing.T) {
	all, err := read([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	const want = "|  | measured | wanted |  | one day |  |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: |\n" +
		"| linear over HTTP, 64 clients | 3,000 runs/s | at least 3,000 | **missed** | at least 5,000 | not yet |\n" +
		"| CPU of the server for it | 0.34 ms a run | at most 0.35 | reached | at most 0.25 | not yet |\n" +
		"| linear, each node waits for the disk (`--checkpoint`) | 2,500 runs/s | at least 2,000 | reached | at least 4,000 | not yet |\n" +
		"| linear, one client, half of the runs within | 1.25 ms | at most 1.5 | reached |  |  |\n" +
		"| CPU a run, by the most stored runs for that by 1,000 | 1.3 | at most 1.2 | **missed** |  |  |"
	if got := mainTable(all); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhole(t *testing.T) {
	all, err := read([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := all.find(wanted{workload: "linear"})
	const want = "`weir bench --json`: 2026-01-02 03:04 UTC, go1, linux/amd64, 2 cores, ext4, sync barrier, load 0.5 at its beginning.\n\n" +
		"|  | concurrency 1 | concurrency 64 |\n" +
		"| --- | ---: | ---: |\n" +
		"| `latency_p50_ms` | 1.25 |  |\n" +
		"| `peak_rss_bytes` | 100 MiB |  |\n" +
		"| `runs_per_second` |  | 3,000 |\n" +
		"| `cpu_ms_per_run` |  | 0.34 |"
	if got := whole(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestHeadroom(t *testing.T) {
	r := result{Environment: environment{Cores: 2}, Measurements: []measurement{
		{name: "concurrency 64", figures: map[string]float64{"cpu_ms_per_run": 0.3, "client_cpu_ms_per_run": 0.1, "runs_per_second": 2000, "syncs_per_run": 0.1}},
	}}
	const want = "With concurrency 64, server and client took 0.4 ms of processor a run: 2 cores with nothing else to do would be through with 5,000 runs/s." +
		" There was a sync every 5 ms, and a run waits for the end of two."
	if got := headroom(r); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFill(t *testing.T) {
	page := "a\n<!-- figures: one -->\nold\n<!-- end -->\nb\n<!-- figures: two -->\nkept\n<!-- end -->\n"
	got, missing, err := fill(page, map[string]string{"one": "new", "three": "lost"})
	want := "a\n<!-- figures: one -->\nnew\n<!-- end -->\nb\n<!-- figures: two -->\nkept\n<!-- end -->\n"
	if err != nil || got != want || len(missing) != 2 {
		t.Errorf("got %q, missing %q, error %v", got, missing, err)
	}
	if _, _, err := fill("<!-- figures: one -->\n", nil); err == nil {
		t.Error("a place without an end is filled")
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := read([]byte("{}\nno\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("the error is %v", err)
	}
}

func TestNumber(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "0.0012": 0.00123, "0.34": 0.3401, "1.2": 1.2, "12.3": 12.34, "123": 123.4, "1,235": 1234.6, "1,000,000": 1e6, "-1,500": -1500,
	} {
		if got := number(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

// TestPageHasWhatWasMeasured finds figures that were changed on the page alone, or measured and not brought there.
func TestPageHasWhatWasMeasured(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	text, err := os.ReadFile(filepath.Join(docs, "performance.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	filled, missing, err := fill(string(page), blocks(all))
	if err != nil || len(missing) > 0 {
		t.Fatalf("missing %q, error %v", missing, err)
	}
	if filled != string(page) {
		t.Error("docs/performance.md is not what docs/performance.jsonl says: go run -C .ci/curves . ../../docs")
	}
}

// TestShow draws what the lines have, and leaves the rest alone.
func TestShow(t *testing.T) {
	docs := t.TempDir()
	for name, text := range map[string]string{"performance.jsonl": lines, "performance.md": "<!-- figures: growth runs --><!-- end -->"} {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := show(docs); err != nil {
		t.Fatal(err)
	}
	page, _ := os.ReadFile(filepath.Join(docs, "performance.md"))
	if !strings.Contains(string(page), "| `cpu_ms_per_run` | 9 | 1 | 1.3 |") {
		t.Errorf("the page is\n%s", page)
	}
	pictures, _ := filepath.Glob(filepath.Join(docs, "pictures", "*"))
	if len(pictures) != 1 {
		t.Fatalf("there are the pictures %v", pictures)
	}
	picture, _ := os.ReadFile(pictures[0])
	for _, text := range []string{">10,000<", ">0<", ">CPU a run, ms<", ">stored runs that have ended<", ">20 % more than at 1,000<"} {
		if !strings.Contains(string(picture), text) {
			t.Errorf("the picture has no %s", text)
		}
	}
}
