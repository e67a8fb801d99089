package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Nodes is what the nodes of a linear workflow are.
type Nodes string

// The kinds of nodes.
const (
	Scripts Nodes = "script"
	Tools   Nodes = "tool" // a pure built-in one
	HTTP    Nodes = "http" // http.request, to a server in this process
)

const (
	linearName  = "linear"
	linearSteps = 5
)

// linear measures runs of five nodes in a row, each client waiting for the end of one before it starts the next.
func (b *bench) linear(ctx context.Context) ([]Measurement, error) {
	clients := []int{1, 64}
	if b.Concurrency > 0 {
		clients = []int{b.Concurrency}
	}
	var all []Measurement
	for _, n := range clients {
		m, err := b.with(ctx, fmt.Sprintf("concurrency %d", n), func(t target) (Measurement, error) {
			source, closing, err := b.linearSource(ctx)
			if err != nil {
				return Measurement{}, err
			}
			defer closing()
			if err := t.save(ctx, source); err != nil {
				return Measurement{}, err
			}
			m, err := b.complete(ctx, t, linearName, n, b.Runs, linearSteps)
			if err == nil && b.InProcess {
				err = b.besideAppend(ctx, t, &m, n)
			}
			return m, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// warmUpSteps is how many steps each client has had before it is measured.
const warmUpSteps = 50

// complete measures runs of a workflow, each of so many steps, by that many clients: so many runs or, where that is 0,
// for the duration.
func (b *bench) complete(ctx context.Context, t target, name string, clients, runs, steps int) (m Measurement, err error) {
	one := func(int) error { return t.run(ctx, name) }
	warmUp := clients * max(1, warmUpSteps/steps)
	if runs > 0 {
		warmUp = min(warmUp, runs)
	}
	if warm := drive(ctx, clients, warmUp, 0, one); warm.err != nil {
		return m, warm.err
	}
	d, before, after, err := using(ctx, t, clients, runs, b.duration(), one)
	if err != nil {
		return m, err
	}
	n := len(d.took)
	m.add("concurrency", "clients", Number, float64(clients))
	m.add("runs", "runs", Number, float64(n))
	m.addRates(n, n*steps, d.elapsed)
	m.addLatency("latency_", "latency ", d.took)
	m.addUse(before, after, n, n*steps)
	return m, nil
}

// addRates adds how many runs and steps there were a second.
func (m *Measurement) addRates(runs, steps int, elapsed time.Duration) {
	m.add("runs_per_second", "runs", Rate, float64(runs)/elapsed.Seconds())
	m.add("steps_per_second", "steps", Rate, float64(steps)/elapsed.Seconds())
}

// linearSource is the workflow that has the wanted nodes. closing ends what these call.
func (b *bench) linearSource(ctx context.Context) (source string, closing func(), err error) {
	closing = func() {}
	var node string
	switch b.Nodes {
	case Scripts, "":
		node = `script: "return {x: (state.x ?? 0) + 1}"`
	case Tools:
		node = `tool: classic.list.evaluate_quality`
	case HTTP:
		var address string
		if address, closing, err = answer(ctx); err != nil {
			return "", nil, err
		}
		node = fmt.Sprintf(`tool: http.request, with: {url: "http://%s/"}, into: answer`, address)
	default:
		return "", nil, fmt.Errorf("there are no nodes %q", b.Nodes)
	}
	if b.Checkpoint {
		node += ", checkpoint: true"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "name: %s\nnodes:\n", linearName)
	for i := range linearSteps {
		fmt.Fprintf(&text, "  n%d: {%s}\n", i, node)
	}
	text.WriteString("edges: {n0: n1, n1: n2, n2: n3, n3: n4}\n")
	return text.String(), closing, nil
}

// answer serves what the nodes request over HTTP.
func answer(ctx context.Context) (address string, closing func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	served := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write([]byte(`{"ok":true}`)) // the node fails where it does not get it
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = served.Serve(listener) // it is closed below
	}()
	return listener.Addr().String(), func() {
		_ = served.Close() // its connections are of no more use
		<-done
	}, nil
}
