package actors

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
)

// The labels of a run that a schedule has started.
const (
	labelSchedule    = "schedule"     // workflow/schedule
	labelScheduledAt = "scheduled_at" // the time that was due, RFC 3339 in UTC
)

// scheduleSpace is the namespace of the ids of runs that schedules start (RFC 9562, version 5).
var scheduleSpace = uuid.MustParse("0d5a2f5c-9b0e-5d0b-8a56-3f6a9be1c7d4")

// scheduledRun is the id of the run of one time of a schedule: whoever starts it, and however often, there is one.
func scheduledRun(workflow, schedule string, at time.Time) string {
	return uuid.NewSHA1(scheduleSpace, []byte("default\x00"+workflow+"\x00"+schedule+"\x00"+dueText(at))).String()
}

func dueText(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// look is one look at a plan: what it is at that time, and its progress.
type look struct {
	s                  *schedules
	plan               *plan
	workflow, revision string
	spec               *workflow.Schedule
	progress
}

// lookAt does what is to be done about a plan, which is not in the queue, and puts it back.
func (s *schedules) lookAt(p *plan) {
	s.mu.Lock()
	l := &look{s: s, plan: p, workflow: p.workflow, revision: p.revision, spec: p.spec, progress: p.progress}
	s.mu.Unlock()
	retry := l.look(s.system.running, time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	p.progress = l.progress
	switch {
	case retry:
		p.look = time.Now().Add(lookPause)
	case p.stirred:
		p.look = time.Now()
	case s.goesOn(p):
		p.look = p.spec.Table.Next(p.considered)
	}
	s.enter(p)
}

// look starts what is due. It reports whether something is to be tried again.
func (l *look) look(ctx context.Context, now time.Time) (retry bool) {
	if !l.recalled && !l.recall(ctx, now) {
		return true
	}
	if l.considered.After(now) { // the clock was set back
		l.considered = now
	}
	if l.last != nil && l.last.at.After(now) {
		l.last = nil // what there is of the times until then is found again when they come
	}
	if !l.waits.IsZero() && !l.open() {
		if !l.start(ctx, l.waits) {
			return true
		}
		l.waits = time.Time{}
	}
	for _, at := range due(l.spec.Table, l.spec.CatchUp, l.considered, now) {
		l.open()
		switch judge(l.spec.Overlap, at, l.last, !l.waits.IsZero()) {
		case verdictStart:
			if !l.start(ctx, at) {
				return true
			}
		case verdictWait:
			l.waits = at
			l.s.stirAfter(l.plan, l.last.run)
		case verdictSkip:
			l.s.skipped.Add(1)
			l.s.system.logger.Debug("a scheduled run is skipped: the last one has not ended", "workflow", l.workflow, "schedule", l.spec.Name, "due", at)
		case verdictDone:
		}
		l.considered = at
	}
	if passed := l.spec.Table.Prev(now); passed.After(l.considered) {
		l.considered = passed
	}
	return false
}

// open reports whether the last run has not ended.
func (l *look) open() bool {
	if l.last == nil {
		return false
	}
	l.last.open = l.s.system.carries(l.last.run)
	return l.last.open
}

// stirAfter has a plan looked at when a run has ended.
func (s *schedules) stirAfter(p *plan, run string) {
	s.system.wait.Go(func() {
		_, err := s.system.Wait(s.system.running, run)
		if s.system.running.Err() == nil {
			if err != nil {
				s.system.logger.Warn("a scheduled run waits no more for the last one", "run", run, "error", err)
			}
			s.stir(p)
		}
	})
}

// start starts the run of a time, which is durable then, or was refused for good. It reports false where it is to be tried again.
func (l *look) start(ctx context.Context, at time.Time) bool {
	s := l.s.system
	run := scheduledRun(l.workflow, l.spec.Name, at)
	input, err := l.input(ctx, run, at)
	var v View
	existed := false
	if err == nil {
		v, existed, err = s.Start(ctx, StartRequest{
			Workflow: l.workflow, Revision: l.revision, Run: run, Input: input, By: "schedule/" + l.spec.Name,
			Labels: map[string]string{labelSchedule: l.workflow + "/" + l.spec.Name, labelScheduledAt: dueText(at)},
		})
	}
	var (
		retired  *eventstore.RetiredError
		failure  *workflow.Failure
		problems workflow.Problems
	)
	switch {
	case ctx.Err() != nil:
		return false
	case err == nil:
		l.last = &occasion{run: run, at: at, startedAt: v.StartedAt, endedAt: v.EndedAt}
		if !existed {
			l.s.started.Add(1)
		}
	case errors.As(err, &retired), errors.Is(err, ErrRunExists): // it was started, with the input of another revision perhaps
		l.last = &occasion{run: run, at: at, startedAt: at}
	case errors.As(err, &failure), errors.As(err, &problems), errors.Is(err, ErrInvalidInput), errors.Is(err, ErrInvalidLabels):
		l.s.refused.Add(1)
		s.logger.Error("a scheduled run cannot be started", "workflow", l.workflow, "schedule", l.spec.Name, "due", at, "error", err)
	default:
		s.logger.Warn("a scheduled run cannot be started now; it is tried again",
			"workflow", l.workflow, "schedule", l.spec.Name, "due", at, "after", lookPause, "error", err)
		return false
	}
	return true
}

// input is the input of the run of a time. Its expressions see the time as ctx.now, and as now.
func (l *look) input(ctx context.Context, run string, at time.Time) (document.Value, error) {
	if l.spec.Input == nil {
		return document.Object(), nil
	}
	def, err := l.s.system.catalog.definition(l.revision)
	if err != nil {
		return document.Null, err
	}
	ev := &evaluator{engine: l.s.system.engineOf(def), ctx: ctx, outputBytes: InputBytesMax}
	return l.spec.Input.Eval(ev, workflow.Scope{State: document.Object(), Input: document.Object(), Run: run, Visit: 1, Attempt: 1, Now: at})
}
