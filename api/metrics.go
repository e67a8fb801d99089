package api

import (
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics reads its figures when it is asked, from counters that the engine keeps anyway: between scrapes it
// costs nothing.
type metrics struct {
	server                                                             *Server
	info, sync, syncs, synced, syncSeconds, actors, parked, ready      *prometheus.Desc
	queued, toolWaiting                                                *prometheus.Desc
	scheduled, skipped, refused                                        *prometheus.Desc
	running, waiting, waits, waitSeconds                               *prometheus.Desc
	processes, started, ended, awaiting, awaits, awaitSeconds, replays *prometheus.Desc
}

func (s *Server) registerMetrics() {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("weir_"+name, help, labels, nil)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}, // what is in use without the garbage
		)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&metrics{
			server:       s,
			info:         desc("info", "1, with the program's version.", "version"),
			sync:         desc("store_sync_mode", "1 for the way in which commits become durable.", "mode"),
			syncs:        desc("store_syncs_total", "Syncs of the file system that made commits durable; none in the mode always."),
			synced:       desc("store_synced_commits_total", "Commits that these syncs made durable."),
			syncSeconds:  desc("store_sync_seconds_total", "Time that these syncs took."),
			actors:       desc("active_runs", "Runs that are held in memory and carried on."),
			parked:       desc("parked_runs", "Runs that only wait: they are not held in memory, and go on when they are due or told to."),
			queued:       desc("queued_runs", "Runs that wait in their workflow's queue for their turn to begin.", "workflow"),
			toolWaiting:  desc("tool_waiting", "Calls that wait for their turn, of tools that have a limit.", "tool"),
			ready:        desc("ready", "1 while the engine accepts work."),
			scheduled:    desc("schedule_runs_total", "Runs that schedules have started."),
			skipped:      desc("schedule_skipped_total", "Times of schedules at which nothing was started, as the run before had not ended."),
			refused:      desc("schedule_refused_total", "Times of schedules whose run could not be started, as its input could not be made."),
			running:      desc("scripts_running", "Scripts and decisions of runs that have their turn to run JavaScript."),
			waiting:      desc("scripts_waiting", "Scripts and decisions of runs that wait for their turn."),
			waits:        desc("script_waits_total", "Scripts and decisions of runs that have had to wait for their turn."),
			waitSeconds:  desc("script_wait_seconds_total", "Time that they waited."),
			processes:    desc("script_processes", "Processes for scripts that are there, idle or busy.", "state"),
			started:      desc("script_processes_started_total", "Processes for scripts that were started."),
			ended:        desc("script_processes_ended_total", "Processes for scripts that a script has cost: it passed its deadline or its memory, or was cancelled, and could not be stopped otherwise, or the process crashed.", "reason"),
			awaiting:     desc("script_process_waiting", "Scripts that wait for a process."),
			awaits:       desc("script_process_waits_total", "Scripts that have had to wait for a process."),
			awaitSeconds: desc("script_process_wait_seconds_total", "Time that they waited."),
			replays:      desc("script_process_replays_total", "Turns of durable scripts that began anew over the journal in a process, as that did not have them any more."),
		},
	)
	serve := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	s.document(huma.Operation{
		OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Tags: []string{tagHealth},
		Summary: "Figures for Prometheus", Description: "The engine, its store, and the process, in the Prometheus text format.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The figures", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, serve.ServeHTTP)
}

// Describe lists what Collect gives.
func (m *metrics) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, out) }

// Collect reads the figures.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	counter := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	system := m.server.system
	mode, _ := m.server.store.Sync()
	gauge(m.info, 1, m.server.version)
	gauge(m.sync, 1, string(mode))
	counts := m.server.store.SyncCounts()
	counter(m.syncs, float64(counts.Syncs))
	counter(m.synced, float64(counts.Commits))
	counter(m.syncSeconds, counts.Time.Seconds())
	gauge(m.actors, float64(system.Active()))
	gauge(m.parked, float64(system.Parked()))
	for _, c := range system.Queues() {
		gauge(m.queued, float64(c.Queued), c.Workflow)
	}
	for _, c := range system.ToolCounts() {
		gauge(m.toolWaiting, float64(c.Waiting), c.Tool)
	}
	schedules := system.ScheduleCounts()
	counter(m.scheduled, float64(schedules.Started))
	counter(m.skipped, float64(schedules.Skipped))
	counter(m.refused, float64(schedules.Refused))
	scripts := system.ScriptCounts()
	gauge(m.running, float64(scripts.Running))
	gauge(m.waiting, float64(scripts.Waiting))
	counter(m.waits, float64(scripts.Waits))
	counter(m.waitSeconds, scripts.Waited.Seconds())
	processes := system.Isolated().Counts()
	gauge(m.processes, float64(processes.Idle), "idle")
	gauge(m.processes, float64(processes.Busy), "busy")
	counter(m.started, float64(processes.Started))
	for reason, count := range processes.Ended {
		counter(m.ended, float64(count), reason)
	}
	gauge(m.awaiting, float64(processes.Waiting))
	counter(m.awaits, float64(processes.Waits))
	counter(m.awaitSeconds, processes.Waited.Seconds())
	counter(m.replays, float64(processes.Replays))
	ready := 0.0
	if system.Ready() == nil {
		ready = 1
	}
	gauge(m.ready, ready)
}
