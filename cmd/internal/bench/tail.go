package bench

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	tailName    = "tail"
	tailsUsual  = 1_000
	tailClients = 4
	tailSource  = `name: tail
nodes: {ask: {wait: {signal: poke}}}
edges: {ask: [{to: ask, when: "true"}]}
limits: {steps: 1000000}
`
	// tailDials is how many tails are opened at once.
	tailDials = 16
)

// tail measures how soon an event is at the WebSocket that follows its run, while as many other runs are followed. A
// client sends one run after the other a signal. The event of it bears the time at which it was made, before it was
// durable; the answer to the client comes once it is.
func (b *bench) tail(ctx context.Context) ([]Measurement, error) {
	n := b.Tails
	if n <= 0 {
		n = tailsUsual
	}
	clients := min(n, b.concurrency(tailClients))
	m, err := b.with(ctx, fmt.Sprintf("%d tails", n), func(t target) (m Measurement, err error) {
		s := t.(*server) //nolint:forcetypeassert // it is one of the workloads that need a server
		if err := s.save(ctx, tailSource); err != nil {
			return m, err
		}
		tails, err := openTails(ctx, s, n)
		defer closeTails(tails)
		if err != nil {
			return m, err
		}
		before, err := s.use(ctx)
		if err != nil {
			return m, err
		}
		d := drive(ctx, clients, b.Runs, b.duration(), func(i int) error { return tails[i%n].poke(ctx, s) })
		if d.err != nil {
			return m, d.err
		}
		after, err := s.use(ctx)
		if err != nil {
			return m, err
		}
		var sinceMade, sinceAnswer []time.Duration
		for _, t := range tails {
			sinceMade, sinceAnswer = append(sinceMade, t.sinceMade...), append(sinceAnswer, t.sinceAnswer...)
		}
		slices.Sort(sinceMade)
		slices.Sort(sinceAnswer)
		signals := float64(len(d.took))
		m.add("tails", "tails", Number, float64(n))
		m.add("concurrency", "clients", Number, float64(clients))
		m.add("signals", "signals", Number, signals)
		m.add("signals_per_second", "signals", Rate, signals/d.elapsed.Seconds())
		m.addLatency("since_made_", "event to WebSocket ", sinceMade)
		m.addLatency("since_answer_", "of it after durability ", sinceAnswer)
		m.add("cpu_ms_per_signal", "CPU a signal", Millis, millis(after.cpu-before.cpu)/signals)
		m.add("client_cpu_ms_per_signal", "CPU of the client a signal", Millis, millis(after.clientCPU-before.clientCPU)/signals)
		m.addMemory(after)
		return m, nil
	})
	return []Measurement{m}, err
}

// tail is a WebSocket that follows one run.
type tail struct {
	run  string
	conn *websocket.Conn
	seen chan arrival // of signals
	done sync.WaitGroup

	mu                     sync.Mutex // one signal is on its way at a time
	sinceMade, sinceAnswer []time.Duration
}

// arrival is the event of a signal, on the client's side.
type arrival struct{ made, came time.Time }

// openTails starts runs and follows each. Those that were opened are returned in any case.
func openTails(ctx context.Context, s *server, n int) ([]*tail, error) {
	tails := make([]*tail, n)
	d := drive(ctx, tailDials, n, 0, func(i int) error {
		t := &tail{run: runID(i), seen: make(chan arrival, 1)}
		if err := s.start(ctx, tailName, t.run); err != nil {
			return err
		}
		url := "ws" + strings.TrimPrefix(s.URL(), "http") + "/v1/runs/" + t.run + "/tail?from=0"
		conn, _, err := websocket.Dial(ctx, url, nil) //nolint:bodyclose // the library closes it
		if err != nil {
			return err
		}
		t.conn = conn
		t.done.Go(func() { t.read(ctx) })
		tails[i] = t
		return nil
	})
	return slices.DeleteFunc(tails, func(t *tail) bool { return t == nil }), d.err
}

func closeTails(tails []*tail) {
	for _, t := range tails {
		_ = t.conn.CloseNow() // it was only read
	}
	for _, t := range tails {
		t.done.Wait()
	}
}

// read looks out for signals until the connection ends.
func (t *tail) read(ctx context.Context) {
	defer close(t.seen)
	for {
		_, message, err := t.conn.Read(ctx)
		if err != nil {
			return
		}
		if came := time.Now(); bytes.Contains(message, []byte(`"type":"SignalReceived"`)) {
			select {
			case t.seen <- arrival{madeAt(message), came}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// madeAt is the time that an event bears, zero where it cannot be read.
func madeAt(message []byte) time.Time {
	_, rest, _ := bytes.Cut(message, []byte(`"at":"`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return time.Time{}
	}
	return at
}

// poke sends the run a signal, and waits for the answer and for the event.
func (t *tail) poke(ctx context.Context, s *server) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := s.post(ctx, "/v1/runs/"+t.run+"/signals/poke", "", `{}`); err != nil {
		return err
	}
	answered := time.Now()
	select {
	case got, open := <-t.seen:
		if !open || got.made.IsZero() {
			return fmt.Errorf("the tail of run %s has ended, or has an event without a time", t.run)
		}
		t.sinceMade = append(t.sinceMade, got.came.Sub(got.made))
		t.sinceAnswer = append(t.sinceAnswer, max(0, got.came.Sub(answered)))
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
