package eventstore

import (
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// publishBytes bounds what may wait for publication. More waits only when a listener's client blocks
// the server's writes; then whole commits are left out, which the events' numbers show.
const publishBytes = 64 << 20

// publisher puts each event of a durable commit on weir.events.<workflow>.<run>.<Type>, for whoever
// listens with a NATS client. The bytes are the event's bytes as stored. Events of one run come in
// order. Nothing is published where nobody listens. It has a goroutine of its own, because the server
// may write to a listener's socket in the publishing connection's loop.
type publisher struct {
	nc       *nats.Conn
	audience func() bool
	interest func(subject string) bool
	log      *slog.Logger

	mu    sync.Mutex
	wake  sync.Cond
	queue []*commit
	bytes int
	stop  bool

	done sync.WaitGroup
}

func newPublisher(e *embedded, via dialer, log *slog.Logger) (*publisher, error) {
	nc, err := e.connect("events", via, log)
	if err != nil {
		return nil, err
	}
	p := &publisher{nc: nc, audience: e.audience, interest: e.interest, log: log}
	p.wake.L = &p.mu
	return p, nil
}

func (p *publisher) start() { p.done.Go(p.run) }

// close publishes what waits and ends.
func (p *publisher) close() {
	p.mu.Lock()
	p.stop = true
	p.wake.Signal()
	p.mu.Unlock()
	p.done.Wait()
	if err := p.nc.FlushTimeout(time.Second); err != nil {
		p.log.Debug("last events may not have been published", slog.Any("error", err))
	}
	p.nc.Close()
}

// offer takes commits over for publication. It never blocks.
func (p *publisher) offer(commits []*commit) {
	if len(commits) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	dropped := 0
	for _, c := range commits {
		if p.bytes > publishBytes {
			dropped++
			continue
		}
		p.queue = append(p.queue, c)
		p.bytes += len(c.Data)
	}
	if dropped > 0 {
		p.log.Warn("NATS listeners are too slow: events were not published to them", slog.Int("commits", dropped))
	}
	p.wake.Signal()
}

func (p *publisher) run() {
	var batch, spare []*commit
	for {
		p.mu.Lock()
		for len(p.queue) == 0 && !p.stop {
			p.wake.Wait()
		}
		if len(p.queue) == 0 {
			p.mu.Unlock()
			return
		}
		batch, p.queue, p.bytes = p.queue, spare, 0
		p.mu.Unlock()
		if p.audience() {
			for _, c := range batch {
				p.publish(c)
			}
		}
		clear(batch)
		spare = batch[:0]
	}
}

func (p *publisher) publish(c *commit) {
	for i := range c.Raw {
		raw := &c.Raw[i]
		subject := eventsPrefix + raw.Workflow + "." + raw.Run + "." + string(raw.Type)
		if !p.interest(subject) {
			continue
		}
		if err := p.nc.Publish(subject, raw.JSON); err != nil {
			p.log.Warn("event not published", slog.String("subject", subject), slog.Any("error", err))
		}
	}
}
