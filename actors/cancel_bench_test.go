package actors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

// stuck are workflows whose runs go on for ever. Their URLs lead to a server that never answers.
var stuck = map[string]string{
	"script": `nodes: {a: {script: "for(;;);", timeout: 1h}}`,
	"http":   `nodes: {a: {tool: http.request, with: {url: "${input.url}"}, timeout: 1h}}`,
	"script beside branches": `
nodes: {s: {set: {}}, n: {sleep: 1h}, h: {tool: http.request, with: {url: "${input.url}"}, timeout: 1h}, a: {script: "for(;;);", timeout: 1h}}
edges: {s: [n, h, a]}`,
	"http beside branches": `
nodes: {s: {set: {}}, a: {tool: http.request, with: {url: "${input.url}"}, timeout: 1h}, n: {sleep: 1h}, h: {script: "for(;;);", timeout: 1h}}
edges: {s: [a, n, h]}`,
}

// silence is a server that accepts requests and never answers, and tells of each.
func silence(t testing.TB) (url string, asked <-chan struct{}) {
	requests, over := make(chan struct{}, 1024), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(func() {
		close(over)
		server.Close()
	})
	return server.URL, requests
}

// cancelStuck starts a run that is stuck, cancels it, and returns how long after that its end is durable.
func (e *engine) cancelStuck(run, url string, asks bool, asked <-chan struct{}) time.Duration {
	e.t.Helper()
	e.begin("w", run, fmt.Sprintf(`{"url": %q}`, url))
	if asks {
		<-asked
	}
	time.Sleep(10 * time.Millisecond) // for the script, which cannot be seen from outside, to run
	begun := time.Now()
	if _, err := e.Cancel(e.t.Context(), run, "", ""); err != nil {
		e.t.Fatal(err)
	}
	v := e.end(run)
	took := time.Since(begun)
	if v.Status != workflow.StatusCancelled {
		e.t.Fatalf("the run is %s: %q", v.Status, e.log(run))
	}
	return took
}

// A cancel ends a run at once, whatever it is stuck in. Of some cancels the middle one counts: a machine may have other
// things to do.
func TestCancelEndsAtOnce(t *testing.T) {
	const most = 100 * time.Millisecond
	for name, source := range stuck {
		t.Run(name, func(t *testing.T) {
			url, asked := silence(t)
			e := open(t, tools.Builtin(tools.Options{AllowPrivateHTTP: true})...)
			e.save("name: w\n" + source)
			var took []time.Duration
			for i := range 7 {
				took = append(took, e.cancelStuck(fmt.Sprintf("r%d", i), url, name != "script", asked))
			}
			slices.Sort(took)
			if middle := took[len(took)/2]; middle > most {
				t.Errorf("a cancel took %s, want at most %s: %v", middle, most, took)
			}
		})
	}
}

// BenchmarkCancel measures the time from a cancel of a run that is stuck until its end is durable.
func BenchmarkCancel(b *testing.B) {
	for name, source := range stuck {
		b.Run(name, func(b *testing.B) {
			url, asked := silence(b)
			e := open(b, tools.Builtin(tools.Options{AllowPrivateHTTP: true})...)
			e.save("name: w\n" + source)
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				took = append(took, e.cancelStuck(fmt.Sprintf("r%d", i), url, name != "script", asked))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "ms-median")
			b.ReportMetric(took[len(took)-1].Seconds()*1e3, "ms-most")
		})
	}
}
