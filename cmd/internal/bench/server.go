package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
)

const (
	// readyTimeout bounds a start, the recovery of open runs and the list of a million included.
	readyTimeout = 10 * time.Minute
	// stopTimeout bounds a stop in order.
	stopTimeout = time.Minute
	// connectionsMax is how many connections are kept open for requests at most.
	connectionsMax = 1024
)

// server is a target that is a process.
type server struct {
	*process.Server
	dir    string
	client *http.Client
}

// startServer starts a server over a data directory and returns once it is ready.
func (b *bench) startServer(ctx context.Context, dir string) (*server, error) {
	flags := []string{"--allow-private-http"}
	if b.Profiles != "" {
		flags = append(flags, "--profiles", b.profiles())
	}
	p, err := process.Start(process.Options{Program: b.Program, Data: dir, Flags: flags, Env: bareEnvironment()}) //nolint:contextcheck // the server ends when it is told to
	if err != nil {
		return nil, err
	}
	if err := p.AwaitReady(ctx, readyTimeout); err != nil {
		_ = p.Kill() // the first error says more
		return nil, err
	}
	b.env.Sync = p.Sync()
	return &server{p, dir, &http.Client{Transport: &http.Transport{
		MaxIdleConns: connectionsMax, MaxIdleConnsPerHost: connectionsMax, DisableCompression: true,
	}}}, nil
}

// bareEnvironment is the environment without what changes a server's defaults.
func bareEnvironment() (env []string) {
	for _, each := range os.Environ() {
		if !strings.HasPrefix(each, "WEIR_") {
			env = append(env, each)
		}
	}
	return env
}

func (s *server) end() error {
	s.client.CloseIdleConnections()
	return s.Stop(stopTimeout)
}

func (s *server) save(ctx context.Context, source string) error {
	_, err := s.call(ctx, http.MethodPost, "/v1/workflows", "application/yaml", "", strings.NewReader(source))
	return err
}

func (s *server) run(ctx context.Context, workflow string) error {
	answer, err := s.post(ctx, "/v1/workflows/"+workflow+"/runs", "wait=60", `{"input":{}}`)
	if err == nil && !bytes.Contains(answer, []byte(`"status":"completed"`)) {
		err = fmt.Errorf("a run has not completed: %s", answer)
	}
	return err
}

func (s *server) start(ctx context.Context, workflow, id string) error {
	_, err := s.post(ctx, "/v1/workflows/"+workflow+"/runs", "", `{"input":{},"run_id":"`+id+`"}`)
	return err
}

func (s *server) post(ctx context.Context, path, prefer, body string) ([]byte, error) {
	return s.call(ctx, http.MethodPost, path, "application/json", prefer, strings.NewReader(body))
}

func (s *server) get(ctx context.Context, path string) ([]byte, error) {
	return s.call(ctx, http.MethodGet, path, "", "", http.NoBody)
}

// call sends a request and returns the body of the answer, which must not be an error.
func (s *server) call(ctx context.Context, method, path, contentType, prefer string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header["Content-Type"] = []string{contentType}
	}
	if prefer != "" {
		request.Header["Prefer"] = []string{prefer}
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = &refusal{response.StatusCode, fmt.Sprintf("%s %s: %s\n%s", method, path, response.Status, answer)}
	}
	return answer, err
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	text   string
}

// Error tells the request and the answer.
func (r *refusal) Error() string { return r.text }

func (s *server) busy(ctx context.Context) (int, error) {
	active, err := s.metric(ctx, "weir_active_runs")
	return int(active), err
}

func (s *server) listed(ctx context.Context, status string) (int, error) {
	answer, err := s.get(ctx, "/v1/runs?limit=1&counts=true")
	if err != nil {
		return 0, err
	}
	var page struct{ Counts map[string]int }
	err = json.Unmarshal(answer, &page)
	return page.Counts[status], err
}

func (s *server) use(ctx context.Context) (u use, err error) {
	u.clientCPU = process.OwnCPU()
	figures, err := s.metrics(ctx)
	if err != nil {
		return u, err
	}
	if u.commits, err = figures.of("weir_store_synced_commits_total"); err != nil {
		return u, err
	}
	if u.syncs, err = figures.of("weir_store_syncs_total"); err != nil {
		return u, err
	}
	var known bool
	if u.cpu, known = process.CPU(s.PID()); !known {
		seconds, _ := figures.of("process_cpu_seconds_total") // 0 where the server cannot tell either
		u.cpu = time.Duration(seconds * float64(time.Second))
	}
	u.rss, _ = process.Memory(s.PID(), process.RSS)
	u.peak, _ = process.Memory(s.PID(), process.PeakRSS)
	u.disk, err = bytesBelow(s.dir)
	return u, err
}

// garbage has a server try a script that leaves some megabytes behind, and nothing else.
const garbage = `{"script": "for (let i = 0; i < 100; i++) ('g' + i).repeat(1 << 15)", "state": {}}`

// heap is what the collector has last marked, once it has collected anew.
func (s *server) heap(ctx context.Context) (float64, error) {
	if err := s.collect(ctx); err != nil {
		return 0, err
	}
	return s.metric(ctx, "go_gc_heap_live_bytes")
}

// collect has the server collect its garbage. It cannot be told to, so it is given garbage until it has done so twice: the
// first collection may have been under way when it was asked.
func (s *server) collect(ctx context.Context) error {
	const collections = "go_gc_duration_seconds_count"
	before, err := s.metric(ctx, collections)
	if err != nil {
		return err
	}
	for done := 0.0; done < 2; {
		if _, err := s.post(ctx, "/v1/scripts/try", "", garbage); err != nil {
			return err
		}
		now, err := s.metric(ctx, collections)
		if err != nil {
			return err
		}
		done = now - before
	}
	return nil
}

func (s *server) metric(ctx context.Context, name string) (float64, error) {
	figures, err := s.metrics(ctx)
	if err != nil {
		return 0, err
	}
	return figures.of(name)
}

// metrics are the server's figures in the Prometheus text format.
type metrics []byte

func (s *server) metrics(ctx context.Context) (metrics, error) { return s.get(ctx, "/metrics") }

// of returns a figure without labels.
func (m metrics) of(name string) (float64, error) {
	_, rest, found := bytes.Cut(m, []byte("\n"+name+" "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if !found {
		return 0, fmt.Errorf("/metrics has no %s", name)
	}
	return strconv.ParseFloat(string(line), 64)
}
