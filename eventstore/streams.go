package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The stored names. Changing one orphans every existing store.
const (
	runsStream      = "WEIR_RUNS"
	workflowsStream = "WEIR_WORKFLOWS"

	// namespace stands in every stored subject, so that others can come beside it.
	namespace       = "default"
	runsPrefix      = "weir.runs." + namespace + "."
	workflowsPrefix = "weir.workflows." + namespace + "."

	runsAll      = "weir.runs.>"
	workflowsAll = "weir.workflows.>"
	eventsPrefix = "weir.events."
	eventsAll    = eventsPrefix + ">"
	liveAll      = "weir.live.>"
)

// stream is one JetStream stream and how far it is durable.
type stream struct {
	name string
	id   string // of this stream and no other

	mu      sync.Mutex
	durable uint64
	moved   chan struct{} // closed at the next advance; nil while nobody waits
}

// durableSequence is the last sequence that readers may see.
func (t *stream) durableSequence() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.durable
}

// release makes writes, and everything before them in the stream, visible, and tells their writers. The
// durable sequence never goes back.
func (t *stream) release(writes []*write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range writes {
		close(w.pending.done)
		t.durable = max(t.durable, w.pending.sequence)
	}
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

// awaitDurable returns once sequence is durable, or with the context's cause, or with ErrUnavailable once
// broken is closed.
func (t *stream) awaitDurable(ctx context.Context, sequence uint64, broken <-chan struct{}) error {
	for {
		t.mu.Lock()
		if t.durable >= sequence {
			t.mu.Unlock()
			return nil
		}
		if t.moved == nil {
			t.moved = make(chan struct{})
		}
		moved := t.moved
		t.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-broken:
			return fmt.Errorf("%w: message %d of stream %s never became durable", ErrUnavailable, sequence, t.name)
		}
	}
}

// streamConfig is how both streams are kept. Single messages are never deleted, nothing expires, and
// no per-subject limit is set: each of these makes the server rewrite blocks, and a rewrite is what a
// power cut turns into loss. A whole run may be rolled up into one message, which rewrites nothing: the
// server notes what it purged behind its newest message, and removes blocks that have become empty. Compression stays off because a damaged compressed block makes the server
// drop the whole stream. A message's identity is its place in its run, so message ids are not used and
// the window that remembers them is as small as the server permits.
func streamConfig(name, subjects string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              name,
		Subjects:          []string{subjects},
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Replicas:          1,
		Duplicates:        100 * time.Millisecond,
		Compression:       jetstream.NoCompression,
		AllowDirect:       true,
		DenyDelete:        true,
		AllowRollup:       true,
		DenyPurge:         false, // a rollup purges
	}
}

// openStream makes the stream where it is missing and returns how far it reaches.
func openStream(ctx context.Context, nc *nats.Conn, name, subjects string) (*stream, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("reach JetStream: %w", err)
	}
	opened, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		opened, err = js.CreateStream(ctx, streamConfig(name, subjects))
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", name, err)
	}
	info := opened.CachedInfo()
	if !sameKeeping(info.Config, streamConfig(name, subjects)) {
		opened, err = js.UpdateStream(ctx, streamConfig(name, subjects))
		if err != nil {
			return nil, fmt.Errorf("stream %s is kept in a way that weir cannot change: %w", name, err)
		}
		info = opened.CachedInfo()
	}
	return &stream{name: name, id: strconv.FormatInt(info.Created.UnixNano(), 36), durable: info.State.LastSeq}, nil
}

// sameKeeping compares what decides whether a message stays, and where it comes from.
func sameKeeping(a, b jetstream.StreamConfig) bool {
	return slices.Equal(a.Subjects, b.Subjects) && a.Storage == b.Storage && a.Retention == b.Retention &&
		a.Discard == b.Discard && a.MaxMsgs == b.MaxMsgs && a.MaxBytes == b.MaxBytes && a.MaxAge == b.MaxAge &&
		a.MaxMsgsPerSubject == b.MaxMsgsPerSubject && a.MaxMsgSize == b.MaxMsgSize &&
		a.Compression == b.Compression && a.AllowDirect == b.AllowDirect && a.DenyDelete == b.DenyDelete &&
		a.DenyPurge == b.DenyPurge && a.AllowRollup == b.AllowRollup
}
