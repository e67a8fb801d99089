package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// Keep says which ended runs of a status keep their events. A run that is older than Age, or not among the Count
// that ended last, is retired. Zero sets no bound.
type Keep struct {
	Age   time.Duration // since the run ended
	Count int64
}

// Retention says which ended runs keep their events, and where those of the others go. A run that goes on is
// never retired, and the id of a retired one stays taken.
type Retention struct {
	Keep map[runindex.Status]Keep // by completed, failed and cancelled; a status that is absent keeps all
	// Archive is a directory that gets the events of each run, in gzipped lines of JSON, before the run is
	// retired. "" archives nothing.
	Archive string
	// Every is how often runs are looked for; 0 is a minute.
	Every time.Duration
}

const (
	retentionEvery = time.Minute
	// retentionBatch is how many runs go into one archive and are then retired; a run's events are in memory
	// meanwhile only while they are written.
	retentionBatch = 500
	// retentionAtOnce is how many retirements share a sync; few, so that runs that go on are not held up.
	retentionAtOnce = 16
)

// retainer retires runs in the background.
type retainer struct {
	system *System
	cfg    Retention
}

// keep retires what is due, again and again until ctx ends.
func (r *retainer) keep(ctx context.Context) {
	every := r.cfg.Every
	if every == 0 {
		every = retentionEvery
	}
	for {
		if retired, err := r.pass(ctx); err != nil && ctx.Err() == nil {
			r.system.logger.Error("runs are not retired", "error", err)
		} else if retired > 0 {
			r.system.logger.Info("runs were retired", "runs", retired)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// pass retires everything that is due now, the oldest first.
func (r *retainer) pass(ctx context.Context) (retired int, err error) {
	for status, keep := range r.cfg.Keep {
		n, err := r.reduce(ctx, status, keep)
		if retired += n; err != nil {
			return retired, fmt.Errorf("%s runs: %w", status, err)
		}
	}
	return retired, nil
}

func (r *retainer) reduce(ctx context.Context, status runindex.Status, keep Keep) (retired int, err error) {
	for ctx.Err() == nil {
		r.system.list.await(ctx) // what was retired just now is out of the list
		var due []string
		reason := ""
		if keep.Age > 0 {
			reason = "older than " + keep.Age.String()
			due, err = r.system.list.index.EndedBefore(ctx, status, time.Now().Add(-keep.Age), retentionBatch)
		}
		if err == nil && len(due) == 0 && keep.Count > 0 {
			reason = fmt.Sprintf("beyond the %d kept", keep.Count)
			due, err = r.system.list.index.Beyond(ctx, status, keep.Count, retentionBatch)
		}
		if err != nil || len(due) == 0 {
			return retired, err
		}
		n, err := r.retire(ctx, due, reason)
		if retired += n; err != nil || n == 0 { // none: others have taken them up, and the next pass looks again
			return retired, err
		}
	}
	return retired, nil
}

// retire archives and retires runs.
func (r *retainer) retire(ctx context.Context, runs []string, reason string) (retired int, err error) {
	ended := make([]*endedRun, 0, len(runs))
	var to *eventstore.Archive
	if r.cfg.Archive != "" {
		if to, err = eventstore.NewArchive(r.cfg.Archive, time.Now()); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, to.Discard()) }()
	}
	for _, run := range runs {
		e, err := r.read(ctx, run, to)
		if err != nil {
			return 0, err
		}
		if e != nil {
			ended = append(ended, e)
		}
	}
	if to != nil {
		if err := to.Close(); err != nil {
			return 0, err
		}
	}
	return r.replace(ctx, ended, reason)
}

// endedRun is what has to be known of a run to retire it.
type endedRun struct {
	run, workflow string
	sequences     []uint64
	n             uint64
	digest        string
	at            time.Time // of its last event
	body          event.RunRetired
}

// read reads a run, into the archive too, and returns nil for one that is not to be retired: it goes on again,
// was retired, or is damaged, which is for people to look at.
func (r *retainer) read(ctx context.Context, run string, to *eventstore.Archive) (*endedRun, error) {
	if r.system.active(run) != nil {
		return nil, nil //nolint:nilnil // there is nothing to do
	}
	e := &endedRun{run: run}
	var last event.Event
	for c, err := range r.system.store.Read(ctx, run, 0) {
		var retired *eventstore.RetiredError
		var damage *event.DamageError
		switch {
		case errors.As(err, &retired):
			return nil, nil //nolint:nilnil // done already
		case errors.As(err, &damage):
			r.system.logger.Error("a damaged run is not retired", "run", run, "error", err)
			return nil, nil //nolint:nilnil // told
		case err != nil:
			return nil, err
		}
		if err := to.Add(c.Raw); err != nil {
			return nil, err
		}
		if e.n == 0 {
			first, err := event.Decode(c.Raw[0].JSON)
			if err != nil {
				return nil, err
			}
			started, ok := first.Body.(event.RunStarted)
			if !ok {
				return nil, nil //nolint:nilnil // reading it reports the damage
			}
			e.workflow, e.body.Revision, e.body.Input, e.body.StartedAt = started.Workflow, started.Revision, started.Input.Digest(), first.At
		}
		e.sequences, e.n, e.digest = append(e.sequences, c.Sequence), c.Last, c.Digest
		if last, err = event.Decode(c.Raw[len(c.Raw)-1].JSON); err != nil {
			return nil, err
		}
	}
	if e.at, e.body.EndedAt = last.At, last.At; !last.Type().Terminal() {
		return nil, nil //nolint:nilnil // it goes on again
	}
	e.body.Status = string(statusOf(last.Type()))
	return e, nil
}

func statusOf(t event.Type) runindex.Status {
	switch t {
	case event.TypeRunCompleted:
		return runindex.Completed
	case event.TypeRunFailed:
		return runindex.Failed
	default:
		return runindex.Cancelled
	}
}

// replace retires runs that were read, some at once, so that they share syncs. A run that somebody set going
// meanwhile keeps its events.
func (r *retainer) replace(ctx context.Context, runs []*endedRun, reason string) (retired int, err error) {
	var (
		mu     sync.Mutex
		all    sync.WaitGroup
		places = make(chan struct{}, retentionAtOnce)
	)
	for _, e := range runs {
		if ctx.Err() != nil {
			break
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			failure := r.replaceOne(e, reason)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case failure == nil:
				retired++
			case !errors.Is(failure, eventstore.ErrConflict):
				err = errors.Join(err, failure)
			}
		})
	}
	all.Wait()
	return retired, err
}

func (r *retainer) replaceOne(e *endedRun, reason string) error {
	now := time.Now().UTC()
	if now.Before(e.at) {
		now = e.at
	}
	body := e.body
	body.Reason = reason
	_, err := r.system.store.Retire(event.Seal(event.Commit{
		Run: e.run, Workflow: e.workflow, First: e.n + 1, Epoch: r.system.nextEpoch(), Prev: e.digest,
		Events: []event.Event{{Run: e.run, N: e.n + 1, At: now, Body: body}},
	}), e.sequences)
	if err != nil {
		return fmt.Errorf("retiring run %s: %w", e.run, err)
	}
	if kept := r.system.snapshots.kept; kept != nil {
		return kept.Remove(e.run)
	}
	return nil
}
