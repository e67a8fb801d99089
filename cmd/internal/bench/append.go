package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
	"github.com/weirflow/weir/cmd/internal/profiles"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// appendEvents is how many events a commit has: a step's, in about 500 bytes.
const appendEvents = 3

// limitRounds is in how many turns something and its limits are measured. The ratio of two rates is the median of those of
// the turns: so it holds on a machine that does other things, too.
const limitRounds = 9

// append measures the store by itself, in this process: as many runs as appenders append one commit after the other,
// each once the one before is durable. Beside it stand two limits: a file that is synced after each small write, and the
// same messages in a JetStream that syncs nothing.
func (b *bench) append(ctx context.Context) ([]Measurement, error) {
	wanted := []int{1, 16, 256}
	if b.Concurrency > 0 {
		wanted = []int{b.Concurrency}
	}
	var all []Measurement
	for _, appenders := range wanted {
		name := fmt.Sprintf("%d appenders", appenders)
		b.tell(name)
		m, err := b.appendBeside(ctx, name, appenders)
		if err != nil {
			return nil, err
		}
		m.Case = name
		all = append(all, m)
	}
	return all, nil
}

// appendBeside measures the store and its limits in turns.
func (b *bench) appendBeside(ctx context.Context, name string, appenders int) (m Measurement, err error) {
	file, err := os.Create(b.data(name + " file"))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	limit, err := openJetStream(ctx, b.data(name+" JetStream"), appenders)
	if err != nil {
		return m, err
	}
	defer limit.close()
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: b.data(name)})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	profiles.KeepWaits()
	mode, _ := store.Sync()
	b.env.Sync = string(mode)

	each := b.duration() / limitRounds / 3
	race := appendRace{dir: b.dir, file: file, limit: limit, store: store, own: newAuthors(appenders), others: newAuthors(appenders)}
	if err := race.turn(ctx, each/2); err != nil {
		return m, err
	}
	race.stored, race.published, race.synced, race.cpu, race.syncs = nil, nil, nil, 0, 0 // that was a warm-up
	for range limitRounds {
		if err := race.turn(ctx, each); err != nil {
			return m, err
		}
	}
	m.add("concurrency", "appenders", Number, float64(appenders))
	race.tell(&m)
	return m, nil
}

// appendRace is the store and its limits, and what was measured of them.
type appendRace struct {
	dir   string // of the file system that all three are on
	file  *os.File
	limit *jetStream
	store *eventstore.Store

	own, others               []*author // of the store and of the JetStream
	stored, published, synced turns
	cpu                       time.Duration // of the store's turns
	syncs                     uint64
}

// turn has each do its work for a while.
func (r *appendRace) turn(ctx context.Context, each time.Duration) error {
	published := appendAll(ctx, r.others, each, func(a *author) error { return r.limit.publish(ctx, a) })
	if err := syncFilesystem(r.dir); err != nil { // else the store's first sync has that to do
		return err
	}
	synced := drive(ctx, 1, 0, each, func(int) error { return writeSynced(r.file) })
	syncs, cpu := r.store.SyncCounts().Syncs, process.OwnCPU()
	stored := appendAll(ctx, r.own, each, func(a *author) error { return a.append(r.store) })
	r.cpu += process.OwnCPU() - cpu
	r.syncs += r.store.SyncCounts().Syncs - syncs
	r.stored, r.published, r.synced = append(r.stored, stored), append(r.published, published), append(r.synced, synced)
	return cmp.Or(published.err, synced.err, stored.err)
}

// tell adds what was measured.
func (r *appendRace) tell(m *Measurement) {
	took, rate := r.stored.took(), r.stored.rate()
	n := float64(len(took))
	m.add("commits", "commits", Number, n)
	m.add("commits_per_second", "commits", Rate, rate)
	m.add("events_per_second", "events", Rate, rate*appendEvents)
	m.addLatency("latency_", "latency ", took)
	m.add("cpu_us_per_commit", "CPU a commit", Micros, 1000*millis(r.cpu)/n)
	if r.syncs > 0 {
		m.add("commits_per_sync", "commits a sync", Number, n/float64(r.syncs))
	}
	m.add("disk_syncs_per_second", "limit: syncs of the disk", Rate, r.synced.rate())
	m.add("commits_per_disk_sync", "commits for each of these", Number, r.stored.ratio(r.synced))
	m.add("jetstream_per_second", "limit: JetStream, no sync", Rate, r.published.rate())
	m.add("ratio_to_jetstream", "commits for each of these", Number, r.stored.ratio(r.published))
}

// turns is one thing that was measured in turns with others.
type turns []driven

// took is how long each of all turns took, the shortest first.
func (t turns) took() (all []time.Duration) {
	for _, d := range t {
		all = append(all, d.took...)
	}
	slices.Sort(all)
	return all
}

// rate is how many there were a second in the median turn.
func (t turns) rate() float64 {
	var rates []float64
	for _, d := range t {
		rates = append(rates, d.rate())
	}
	return median(rates)
}

// ratio is the median of how many there were for each of another's of the same turn.
func (t turns) ratio(of turns) float64 {
	var ratios []float64
	for i := range t {
		if other := of[i].rate(); other > 0 {
			ratios = append(ratios, t[i].rate()/other)
		}
	}
	return median(ratios)
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

func newAuthors(n int) []*author {
	authors := make([]*author, n)
	for i := range authors {
		authors[i] = &author{run: runID(i)}
	}
	return authors
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

// append stores the next commit and returns once it is durable.
func (a *author) append(store *eventstore.Store) error {
	sealed := a.seal()
	sequence, err := store.Append(sealed, a.sequence).Result()
	if err == nil {
		a.moved(sealed, sequence)
	}
	return err
}

// moved notes that a commit was stored.
func (a *author) moved(c event.Sealed, sequence uint64) {
	a.last, a.previous, a.sequence = c.Last, c.Digest, sequence
}
