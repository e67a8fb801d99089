package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

const (
	recoverRuns    = 2_000
	recoverClients = 256
)

// recover kills a server in the middle of starts, once half of them are acknowledged. Its clients ask the next server
// again for what the first one had not answered, as clients do. The events of every run then say whether an
// acknowledged one is lost, and whether a completed visit was repeated.
func (b *bench) recover(ctx context.Context) ([]Measurement, error) {
	r := &recovery{runs: b.runs(recoverRuns), clients: b.concurrency(recoverClients)}
	r.acknowledged = make([]bool, r.runs)
	name := fmt.Sprintf("%d runs", r.runs)
	b.tell(name)
	source, closing, err := b.linearSource(ctx)
	if err != nil {
		return nil, err
	}
	defer closing()
	if err := r.untilKilled(ctx, b, name, source); err != nil {
		return nil, err
	}
	m, err := r.afterwards(ctx, b, name)
	m.Case = name
	return []Measurement{m}, err
}

// recovery is runs whose server is killed. Each run is started by one goroutine at a time.
type recovery struct {
	runs, clients int
	acknowledged  []bool // whether the first server has answered, by number of run
}

// untilKilled starts runs, and kills the server once half of them are acknowledged.
func (r *recovery) untilKilled(ctx context.Context, b *bench, name, source string) error {
	s, err := b.startServer(ctx, b.data(name))
	if err != nil {
		return err
	}
	if err := s.save(ctx, source); err != nil {
		return errors.Join(err, s.Kill())
	}
	var answered atomic.Int64
	killing, kill := context.WithCancel(ctx)
	defer kill()
	killed := func() bool { return killing.Err() != nil }
	ended := make(chan error, 1)
	go func() {
		<-killing.Done()
		ended <- s.Kill()
	}()
	d := drive(ctx, r.clients, r.runs, 0, func(i int) error {
		if killed() {
			return nil
		}
		err := s.start(ctx, linearName, runID(i))
		switch {
		case err == nil:
			r.acknowledged[i] = true
			if answered.Add(1) == int64(max(1, r.runs/2)) {
				kill()
			}
		case killed():
			return nil // no answer of a server that is dead says nothing
		default:
			kill() // there is nothing to wait for any more
		}
		return err
	})
	if err := <-ended; err != nil {
		return err
	}
	return d.err
}

// afterwards starts a server over what the first one has left, and measures how long it takes until every run is done.
func (r *recovery) afterwards(ctx context.Context, b *bench, name string) (m Measurement, err error) {
	begun := time.Now()
	s, err := b.startServer(ctx, b.data(name))
	if err != nil {
		return m, err
	}
	ready := time.Since(begun)
	d := drive(ctx, r.clients, r.runs, 0, func(i int) error {
		if r.acknowledged[i] {
			return nil
		}
		return s.start(ctx, linearName, runID(i))
	})
	if d.err != nil {
		return m, errors.Join(d.err, s.Kill())
	}
	if err := awaitIdle(ctx, s); err != nil {
		return m, errors.Join(err, s.Kill())
	}
	done := time.Since(begun)
	used, err := s.use(ctx)
	if err != nil {
		return m, errors.Join(err, s.Kill())
	}
	found, err := r.verify(ctx, s, begun)
	if err != nil {
		return m, errors.Join(err, s.Kill())
	}
	m.add("concurrency", "clients", Number, float64(r.clients))
	m.add("runs", "runs", Number, float64(r.runs))
	m.add("acknowledged_runs", "acknowledged before the kill", Number, float64(found.acknowledged))
	m.add("interrupted_runs", "of these not done yet", Number, float64(found.interrupted))
	m.add("ready_seconds", "ready after", Seconds, ready.Seconds())
	m.add("seconds", "all done after", Seconds, done.Seconds())
	m.add("lost_runs", "acknowledged and lost", Number, float64(found.lost))
	m.add("repeated_steps", "completed visits repeated", Number, float64(found.repeated))
	m.add("retried_steps", "attempts made again", Number, float64(found.retried))
	rest := float64(max(1, r.runs-found.acknowledged+found.interrupted)) // all may have been done
	m.add("runs_per_second", "runs after the restart", Rate, rest/done.Seconds())
	m.add("cpu_ms_per_run", "CPU a run of these, the start included", Millis, millis(used.cpu)/rest)
	m.add("disk_bytes_per_run", "disk a run", Bytes, float64(used.disk)/float64(r.runs))
	m.addMemory(used)
	return m, s.end()
}

// findings are what the events of all runs say.
type findings struct {
	acknowledged, interrupted int
	lost                      int // acknowledged, and not completed
	repeated                  int // NodeCompleted beyond the first of a visit
	retried                   int // NodeStarted of an attempt beyond the first
}

// verify reads the events of every run. One that completed after restarted was interrupted.
func (r *recovery) verify(ctx context.Context, s *server, restarted time.Time) (found findings, err error) {
	for i, acknowledged := range r.acknowledged {
		told, err := s.story(ctx, runID(i))
		if err != nil {
			return found, err
		}
		found.repeated += told.repeated
		found.retried += told.retried
		if !acknowledged {
			continue
		}
		found.acknowledged++
		switch {
		case told.completed.IsZero():
			found.lost++
		case told.completed.After(restarted):
			found.interrupted++
		}
	}
	return found, nil
}

// story is what the events of one run tell.
type story struct {
	completed         time.Time // zero where it has not
	repeated, retried int
}

func (s *server) story(ctx context.Context, run string) (told story, err error) {
	answer, err := s.get(ctx, "/v1/runs/"+run+"/events?limit=1000")
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return told, nil // there is none
	} else if err != nil {
		return told, err
	}
	if told, err = storyOf(answer); err != nil {
		return told, fmt.Errorf("the events of run %s: %w", run, err)
	}
	return told, nil
}

// storyOf reads a page that has all events of a run.
func storyOf(page []byte) (told story, err error) {
	var all struct {
		Events []struct {
			Type           event.Type
			At             time.Time
			Node           string
			Visit, Attempt int
		}
	}
	if err := json.Unmarshal(page, &all); err != nil {
		return told, err
	}
	type visit struct {
		node string
		n    int
	}
	seen := map[visit]bool{}
	for _, e := range all.Events {
		switch of := (visit{e.Node, e.Visit}); e.Type {
		case event.TypeNodeCompleted:
			if seen[of] {
				told.repeated++
			}
			seen[of] = true
		case event.TypeNodeStarted:
			if e.Attempt > 1 {
				told.retried++
			}
		case event.TypeRunCompleted:
			told.completed = e.At
		default: // tells nothing of this
		}
	}
	return told, nil
}
