package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// aim is a row of the main table: a figure and what it has to reach.
type aim struct {
	what   string
	of     wanted
	name   string // of the case; "" is the last
	figure string
	unit   string
	scale  float64 // the figure is divided by it; 0 is 1
	least  float64 // one of the two is set
	most   float64
	reach  float64 // what it is to come to one day, beyond that; 0 is nothing
}

const (
	mib = 1 << 20
	kib = 1 << 10
)

var aims = []aim{
	{what: "linear over HTTP, 64 clients", of: wanted{workload: "linear"}, name: "concurrency 64", figure: "runs_per_second", unit: "runs/s", least: 3000, reach: 5000},
	{what: "CPU of the server for it", of: wanted{workload: "linear"}, name: "concurrency 64", figure: "cpu_ms_per_run", unit: "ms a run", most: 0.35, reach: 0.25},
	{what: "linear, each node waits for the disk (`--checkpoint`)", of: wanted{workload: "linear", checkpoint: true}, name: "concurrency 64", figure: "runs_per_second", unit: "runs/s", least: 2000, reach: 4000},
	{what: "linear, one client, half of the runs within", of: wanted{workload: "linear"}, name: "concurrency 1", figure: "latency_p50_ms", unit: "ms", most: 1.5},
	{what: "loop of 1,000 steps", of: wanted{workload: "loop"}, name: "1000 steps", figure: "steps_per_second", unit: "steps/s", least: 20_000, reach: 40_000},
	{what: "loop of 10,000 steps", of: wanted{workload: "loop"}, name: "10000 steps", figure: "steps_per_second", unit: "steps/s", least: 40_000, reach: 80_000},
	{what: "burst of 10,000 starts, all done after", of: wanted{workload: "burst"}, figure: "seconds", unit: "s", most: 4, reach: 2},
	{what: "most memory meanwhile", of: wanted{workload: "burst"}, figure: "peak_rss_bytes", unit: "MiB", scale: mib, most: 300},
	{what: "recover 2,000 runs after kill -9, all done after", of: wanted{workload: "recover"}, figure: "seconds", unit: "s", most: 1},
	{what: "process start to first completed run", of: wanted{workload: "cold"}, figure: "first_run_p50_ms", unit: "ms", most: 150},
	{what: "memory of an idle server", of: wanted{workload: "cold"}, figure: "idle_rss_bytes", unit: "MiB", scale: mib, most: 90, reach: 60},
	{what: "memory of a run that waits", of: wanted{workload: "parked"}, figure: "heap_bytes_per_run", unit: "KiB", scale: kib, most: 1},
	{what: "event to WebSocket after durability, 1,000 tails, 99 of 100 within", of: wanted{workload: "tail"}, figure: "since_answer_p99_ms", unit: "ms", most: 5},
	{what: "append, 256 appenders, for each commit of JetStream without any sync", of: wanted{workload: "append"}, name: "256 appenders", figure: "ratio_to_jetstream", least: 0.5},
	{what: "loop, for each step of goja alone", of: wanted{workload: "loop"}, name: "1000 steps", figure: "of_bare_goja", least: 0.5},
	{what: "linear in process, 64 clients, its commits for each of the store alone", of: wanted{workload: "linear", engine: true}, name: "concurrency 64", figure: "of_append", least: 0.3},
}

// growths are what is said of the ends of curves: how many times the cost of the first point there is at the last.
var growths = []struct{ what, along, x, y string }{
	{"CPU a run, by the most stored runs for that by 1,000", "runs", "stored_runs", "cpu_ms_per_run"},
	{"CPU a step, at the end of a long run for that at its beginning", "history", "events", "cpu_us_per_step"},
}

// mainTable compares what was measured with what it has to reach.
func mainTable(all results) string {
	t := table{{"", "measured", "wanted", "", "one day", ""}}
	for i := range aims {
		a := &aims[i]
		r, ok := all.find(a.of)
		if !ok {
			continue
		}
		value, ok := r.of(a.name, a.figure)
		if !ok {
			continue
		}
		value /= max(1, a.scale)
		row := []string{a.what, strings.TrimSpace(number(value) + " " + a.unit)}
		row = append(row, a.judge(value, a.least+a.most, "**missed**")...)
		row = append(row, a.judge(value, a.reach, "not yet")...)
		t = append(t, row)
	}
	for _, g := range growths {
		if r, ok := all.find(wanted{workload: "growth", along: g.along}); ok {
			times := grown(r, g.x, g.y)
			t = append(t, []string{g.what, number(times), "at most " + number(growthMost), verdict(times <= growthMost, "**missed**"), "", ""})
		}
	}
	return t.String()
}

// judge says what a figure has to come to, and whether it does; nothing where there is no bound.
func (a *aim) judge(value, bound float64, missed string) []string {
	switch {
	case bound == 0:
		return []string{"", ""}
	case a.most > 0:
		return []string{"at most " + number(bound), verdict(value <= bound, missed)}
	default:
		return []string{"at least " + number(bound), verdict(value >= bound, missed)}
	}
}

// headroom says what the processor time of a run comes to on a machine that does nothing else, and how often the disk
// was synced, for which runs wait.
func headroom(r result) string {
	server, _ := r.of("", "cpu_ms_per_run")
	client, _ := r.of("", "client_cpu_ms_per_run")
	each := server + client
	text := fmt.Sprintf("With %s, server and client took %s ms of processor a run: %d cores with nothing else to do would be through with %s runs/s.",
		r.Measurements[len(r.Measurements)-1].name, number(each), r.Environment.Cores, number(1000*float64(r.Environment.Cores)/each))
	rate, _ := r.of("", "runs_per_second")
	if syncs, known := r.of("", "syncs_per_run"); known {
		text += fmt.Sprintf(" There was a sync every %s ms, and a run waits for the end of two.", number(1000/(rate*syncs)))
	}
	return text
}

func verdict(reached bool, missed string) string {
	if reached {
		return "reached"
	}
	return missed
}

// grown is how many times the cost at the first point that has any of it there is at the last.
func grown(r result, x, y string) float64 {
	points := r.Measurements
	return points[len(points)-1].figures[y] / points[r.beginning(x)].figures[y]
}

// whole shows all figures of a result.
func whole(r result) string {
	head, t := []string{""}, table{}
	rows := map[string]int{}
	for _, m := range r.Measurements {
		head = append(head, m.name)
	}
	for i, m := range r.Measurements {
		for _, name := range m.order {
			if _, has := rows[name]; !has {
				rows[name] = len(t)
				t = append(t, append([]string{"`" + name + "`"}, make([]string, len(r.Measurements))...))
			}
			value := m.figures[name]
			text := number(value)
			if strings.HasSuffix(name, "_bytes") && value >= mib && !strings.HasPrefix(name, "state") {
				text = number(value/mib) + " MiB"
			}
			t[rows[name]][i+1] = text
		}
	}
	return source(r) + "\n\n" + append(table{head}, t...).String()
}

// source says how a result came about.
func source(r result) string {
	e := r.Environment
	return fmt.Sprintf("`%s`: %s, %s, %s, %d cores, %s, sync %s, load %.1f at its beginning.",
		e.Command, e.Begun.Format("2006-01-02 15:04 UTC"), e.Go, e.Platform, e.Cores, e.Filesystem, e.Sync, e.Load)
}

// table is rows of cells, the first being the head.
type table [][]string

func (t table) String() string {
	var text strings.Builder
	for i, row := range t {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			text.WriteString("| ---" + strings.Repeat(" | ---:", len(row)-1) + " |\n")
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// number writes three digits, and the thousands apart.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	text := strconv.FormatFloat(v, 'f', min(digits, 4), 64)
	if strings.Contains(text, ".") {
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
