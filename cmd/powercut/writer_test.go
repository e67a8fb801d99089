//go:build powercut

package powercut

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// writerOrders is what a writer is told.
type writerOrders struct {
	Dir, Acks string
	Sync      eventstore.Sync
	Seed      uint64
	Name      string // of this writer; the runs that it begins are named after it
	Appenders int
	Continue  []string // runs of earlier writers to go on with first
	Neighbour string   // a file on the same file system that is written and synced all the time, "" for none
}

// write opens the store and appends until the process is killed. It returns only where something fails.
func write(input io.Reader) error {
	var orders writerOrders
	if err := json.NewDecoder(input).Decode(&orders); err != nil {
		return err
	}
	acks, err := openAckLog(orders.Acks)
	if err != nil {
		return err
	}
	failed := make(chan error)
	if orders.Neighbour != "" {
		go func() { failed <- disturb(orders.Neighbour) }()
	}
	if err := acks.add("opening"); err != nil {
		return err
	}
	began := time.Now()
	store, err := openStore(context.Background(), orders.Dir, orders.Sync)
	if err != nil {
		return err
	}
	if err := acks.add("opened %s", time.Since(began)); err != nil {
		return err
	}
	revisions, err := lastRevisions(context.Background(), store)
	if err != nil {
		return err
	}
	for i := range orders.Appenders {
		h := newHand(store, acks, fmt.Sprintf("%s-%d", orders.Name, i), orders.Seed+uint64(i))
		h.own(fmt.Sprintf("flow-%d", i), revisions)
		var found []string
		for k := i; k < len(orders.Continue); k += orders.Appenders {
			found = append(found, orders.Continue[k])
		}
		go func() { failed <- h.work(found) }()
	}
	return <-failed
}

// disturb syncs a file of its own again and again. Each sync brings the file system's log to the disk, and
// with it the names and lengths of other files whose bytes are not there yet: what a cut leaves of those is
// more varied than where the store alone decides about syncs.
func disturb(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for i := int64(0); ; i++ {
		if _, err := f.WriteAt([]byte("x"), i%4096); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
}

// openStore opens a store and insists on how it syncs.
func openStore(ctx context.Context, dir string, sync eventstore.Sync) (*eventstore.Store, error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: dir, Sync: sync})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	if mode, why := store.Sync(); mode != sync {
		return nil, errors.Join(fmt.Errorf("the store syncs by %s: %s", mode, why), store.Close())
	}
	return store, nil
}

func lastRevisions(ctx context.Context, store *eventstore.Store) (map[string]eventstore.StoredRevision, error) {
	last := map[string]eventstore.StoredRevision{}
	for r, err := range store.Revisions(ctx) {
		if err != nil {
			return nil, fmt.Errorf("revisions: %w", err)
		}
		last[r.Workflow] = r
	}
	return last, nil
}

// hand is one of the writer's appenders. It owns one run at a time, and one workflow.
type hand struct {
	store  *eventstore.Store
	acks   *ackLog
	name   string
	random *rand.Rand

	begun    int // runs
	last     eventstore.Stored
	revision eventstore.StoredRevision
}

func newHand(store *eventstore.Store, acks *ackLog, name string, seed uint64) *hand {
	return &hand{store: store, acks: acks, name: name, random: rand.New(rand.NewPCG(seed, 0))}
}

// own makes a workflow the hand's own, which goes on from its last revision.
func (h *hand) own(workflow string, revisions map[string]eventstore.StoredRevision) {
	h.revision = revisions[workflow]
	h.revision.Workflow = workflow
}

// actions are what a hand does, each as often as its weight says. What an action was told is durable, it
// notes in the log of acknowledgements before it returns. One that takes something away must note its
// intent before it begins as well: in between, both outcomes are right.
var actions = []struct {
	weight int
	do     func(*hand) error
}{
	{900, (*hand).goOn},
	{60, (*hand).begin},
	{30, (*hand).end},
	{10, (*hand).save},
	{10, (*hand).retire},
}

// work goes on with runs that were found, and then acts until something fails.
func (h *hand) work(found []string) error {
	for _, run := range found {
		if err := h.find(run); err != nil {
			return err
		}
		for range 1 + h.random.IntN(3) {
			if err := h.goOn(); err != nil {
				return err
			}
		}
	}
	if err := h.begin(); err != nil {
		return err
	}
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	for {
		n, i := h.random.IntN(total), 0
		for n >= actions[i].weight {
			n -= actions[i].weight
			i++
		}
		if err := actions[i].do(h); err != nil {
			return err
		}
	}
}

// find takes up a run where the store says that it ends. Its last commit is durable now, even where the
// writer before never heard so.
func (h *hand) find(run string) error {
	last, err := h.store.Last(context.Background(), run)
	if err != nil {
		return fmt.Errorf("last of %s: %w", run, err)
	}
	h.last = last
	return h.acks.commit("commit", last)
}

// begin begins a new run, leaving the present one as it is.
func (h *hand) begin() error {
	h.last = eventstore.Stored{Sealed: event.Sealed{Run: fmt.Sprintf("%s-%d", h.name, h.begun), Workflow: h.revision.Workflow}}
	h.begun++
	return h.append(event.RunStarted{Workflow: h.revision.Workflow, Revision: "sha256:0", Input: document.Object(), Start: "step"}, h.log())
}

// goOn appends a few events to the present run, seldom many.
func (h *hand) goOn() error {
	events := 1 + h.random.IntN(4)
	if h.random.IntN(100) == 0 {
		events += h.random.IntN(60)
	}
	bodies := make([]event.Body, events)
	for i := range bodies {
		bodies[i] = h.log()
	}
	return h.append(bodies...)
}

// end ends the present run and begins another.
func (h *hand) end() error {
	if err := h.append(event.RunCompleted{State: "sha256:0"}); err != nil {
		return err
	}
	return h.begin()
}

// retire ends the present run, retires it and begins another.
func (h *hand) retire() error {
	if err := h.append(event.RunCompleted{State: "sha256:0"}); err != nil {
		return err
	}
	var replaced []uint64
	for c, err := range h.store.Read(context.Background(), h.last.Run, 0) {
		if err != nil {
			return fmt.Errorf("read %s to retire it: %w", h.last.Run, err)
		}
		replaced = append(replaced, c.Sequence)
	}
	if err := h.acks.add("retiring %s", h.last.Run); err != nil {
		return err
	}
	now := time.Now().UTC()
	sealed := h.seal(event.RunRetired{Status: "completed", Revision: "sha256:0", Input: "sha256:0", StartedAt: now, EndedAt: now, Reason: "old"})
	sequence, err := h.store.Retire(sealed, replaced)
	if err != nil {
		return fmt.Errorf("retire %s: %w", sealed.Run, err)
	}
	if err := h.acks.commit("retired", eventstore.Stored{Sealed: sealed, Sequence: sequence}); err != nil {
		return err
	}
	return h.begin()
}

// log is an event of some size: from a few dozen bytes to 2 KiB, seldom up to 1 MiB.
func (h *hand) log() event.Body {
	size := 32 << h.random.IntN(7)
	if h.random.IntN(1000) == 0 {
		size = 4096 << h.random.IntN(9)
	}
	return event.ScriptLogged{Node: "step", Visit: 1, Attempt: 1, Lines: []event.LogLine{{Level: "log", Text: h.text(size)}}}
}

// letters is what texts are cut from: nothing in it repeats.
var letters = func() string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 2<<20)
	for i := range text {
		text[i] = byte('a' + random.IntN(26))
	}
	return string(text)
}()

func (h *hand) text(size int) string {
	from := h.random.IntN(len(letters) - size)
	return letters[from : from+size]
}

// append stores a commit of the present run, and notes it once the store says that it is durable.
func (h *hand) append(bodies ...event.Body) error {
	sealed := h.seal(bodies...)
	sequence, err := h.store.Append(sealed, h.last.Sequence).Result()
	if err != nil {
		return fmt.Errorf("append events %d to %d of %s: %w", sealed.First, sealed.Last, sealed.Run, err)
	}
	h.last = eventstore.Stored{Sealed: sealed, Sequence: sequence}
	return h.acks.commit("commit", h.last)
}

// seal makes the present run's next commit.
func (h *hand) seal(bodies ...event.Body) event.Sealed {
	c := event.Commit{Run: h.last.Run, Workflow: h.last.Workflow, First: h.last.Last + 1, Epoch: h.name, Prev: h.last.Digest}
	for i, body := range bodies {
		c.Events = append(c.Events, event.Event{Run: c.Run, N: c.First + uint64(i), At: time.Now().UTC(), Body: body})
	}
	return event.Seal(c)
}

// save saves the next revision of the hand's workflow, and notes it.
func (h *hand) save() error {
	next := h.revision
	next.Number++
	next.Format, next.File, next.Source, next.SavedAt = "yaml", "flow.yaml", h.text(512<<h.random.IntN(6)), time.Now()
	next.Digest = sourceDigest(next.Source)
	sequence, err := h.store.AppendRevision(context.Background(), next.RevisionRecord, h.revision.Sequence)
	if err != nil {
		return fmt.Errorf("save revision %d of %s: %w", next.Number, next.Workflow, err)
	}
	next.Sequence = sequence
	h.revision = next
	return h.acks.revision(next)
}

func sourceDigest(source string) string {
	sum := sha256.Sum256([]byte(source))
	return hex.EncodeToString(sum[:])
}
