package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// appendEvents is how many events a commit has: a step's, in about 500 bytes.
const appendEvents = 3

// append measures the store by itself, in this process: as many runs as appenders append one commit after the other,
// each once the one before is durable. Beside it stand two limits: a file that is synced after each small write, and the
// same messages in a JetStream that syncs nothing.
func (b *bench) append(ctx context.Context) ([]Measurement, error) {
	wanted := []int{1, 16, 256}
	if b.Concurrency > 0 {
		wanted = []int{b.Concurrency}
	}
	each := b.duration() / 2
	b.tell("syncs of the disk")
	disk, err := syncRate(ctx, b.data("file"), each)
	if err != nil {
		return nil, err
	}
	var all []Measurement
	for _, appenders := range wanted {
		name := fmt.Sprintf("%d appenders", appenders)
		b.tell(name)
		m, err := b.store(ctx, b.data(name), appenders, each)
		if err != nil {
			return nil, err
		}
		own := m.value("commits_per_second")
		limit, err := jetStreamRate(ctx, b.data(name+" JetStream"), appenders, each)
		if err != nil {
			return nil, err
		}
		m.Case = name
		m.add("disk_syncs_per_second", "limit: syncs of the disk", Rate, disk)
		m.add("commits_per_disk_sync", "commits for each of these", Number, own/disk)
		m.add("jetstream_per_second", "limit: JetStream, no sync", Rate, limit)
		m.add("ratio_to_jetstream", "commits for each of these", Number, own/limit)
		all = append(all, m)
	}
	return all, nil
}

// store measures appends to a new store.
func (b *bench) store(ctx context.Context, dir string, appenders int, duration time.Duration) (m Measurement, err error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: dir})
	if err != nil {
		return m, err
	}
	defer func() {
		if closed := store.Close(); err == nil {
			err = closed
		}
	}()
	mode, _ := store.Sync()
	b.env.Sync = string(mode)
	authors := make([]*author, appenders)
	for i := range authors {
		authors[i] = &author{run: runID(i)}
	}
	one := func(a *author) error {
		sealed := a.seal()
		sequence, err := store.Append(sealed, a.sequence).Result()
		a.moved(sealed, sequence)
		return err
	}
	if warm := appendAll(ctx, authors, duration/10, one); warm.err != nil {
		return m, warm.err
	}
	before, cpu := store.SyncCounts(), process.OwnCPU()
	d := appendAll(ctx, authors, duration, one)
	if d.err != nil {
		return m, d.err
	}
	after, cpu := store.SyncCounts(), process.OwnCPU()-cpu
	n := float64(len(d.took))
	m.add("concurrency", "appenders", Number, float64(appenders))
	m.add("commits", "commits", Number, n)
	m.add("commits_per_second", "commits", Rate, n/d.elapsed.Seconds())
	m.add("events_per_second", "events", Rate, n*appendEvents/d.elapsed.Seconds())
	m.addLatency("latency_", "latency ", d.took)
	m.add("cpu_us_per_commit", "CPU a commit", Micros, 1000*millis(cpu)/n)
	if syncs := after.Syncs - before.Syncs; syncs > 0 {
		m.add("commits_per_sync", "commits a sync", Number, n/float64(syncs))
	}
	return m, nil
}

// appendAll has each author do one thing after the other until the duration is over.
func appendAll(ctx context.Context, authors []*author, duration time.Duration, one func(*author) error) driven {
	free := make(chan *author, len(authors))
	for _, a := range authors {
		free <- a
	}
	return drive(ctx, len(authors), 0, duration, func(int) error {
		a := <-free
		defer func() { free <- a }()
		return one(a)
	})
}

// author writes one run, commit after commit.
type author struct {
	run      string
	last     uint64 // number of its last event
	previous string // digest of its last commit
	sequence uint64
}

// seal makes the next commit, without moving on.
func (a *author) seal() event.Sealed {
	c := event.Commit{Run: a.run, Workflow: linearName, First: a.last + 1, Epoch: "bench", Prev: a.previous}
	now := time.Now()
	for n := c.First; n < c.First+appendEvents; n++ {
		var body event.Body = event.NodeStarted{Node: "step", Visit: int(n), Attempt: 1}
		if n == 1 {
			body = event.RunStarted{Workflow: linearName, Revision: "sha256:0", Input: document.Object(), Start: "step"}
		}
		c.Events = append(c.Events, event.Event{Run: a.run, N: n, At: now, Body: body})
	}
	return event.Seal(c)
}

// moved notes that a commit was stored.
func (a *author) moved(c event.Sealed, sequence uint64) {
	a.last, a.previous, a.sequence = c.Last, c.Digest, sequence
}
