package actors

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
)

// recall finds out how far a schedule has come, from the runs that there are and from when it was saved. It reports false where that
// cannot be told now.
func (l *look) recall(ctx context.Context, now time.Time) bool {
	last, err := l.s.listedLast(ctx, l.workflow, l.spec.Name)
	if err != nil {
		return false
	}
	if l.considered.IsZero() {
		var since time.Time
		if last != nil {
			since = last.at
		}
		l.considered = since
		if pending := l.spec.Table.Latest(since, now, caughtUpMost); len(pending) > 0 {
			if saved := l.savedBefore(pending[0]); saved.After(since) {
				l.considered = saved
			}
		}
		if last == nil {
			if last, err = l.probe(ctx, now); err != nil {
				return false
			}
		}
	}
	if last != nil && last.at.After(l.considered) {
		l.considered = last.at
	}
	l.last, l.recalled = last, true
	return true
}

// savedBefore is when the schedule, with these times, was saved first, or a time before the one that is asked for since when it has
// been in force.
func (l *look) savedBefore(at time.Time) time.Time {
	c := l.s.system.catalog
	c.mu.RLock()
	known := slices.Clone(c.names[l.workflow])
	c.mu.RUnlock()
	var saved time.Time
	for _, e := range slices.Backward(known) {
		def := c.revision(e).Definition
		if def == nil {
			break
		}
		i := slices.IndexFunc(def.Schedules, func(s workflow.Schedule) bool { return s.Name == l.spec.Name })
		if i < 0 || def.Schedules[i].Paused || !def.Schedules[i].SameTimes(l.spec) {
			break
		}
		if saved = e.record.SavedAt; saved.Before(at) {
			break
		}
	}
	return saved
}

// listedLast is the last run of a schedule that the list of runs has, nil where it has none or cannot be asked.
func (s *schedules) listedLast(ctx context.Context, workflow, schedule string) (*occasion, error) {
	page, err := s.system.Runs(ctx, runindex.Listing{Limit: 10, Filter: runindex.Filter{
		Workflow: workflow, Labels: map[string]string{labelSchedule: workflow + "/" + schedule},
	}})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		s.system.logger.Warn("the last run of a schedule cannot be looked up in the list of runs", "workflow", workflow, "schedule", schedule, "error", err)
		return nil, nil //nolint:nilnil // the log tells it, too
	}
	for i := range page.Runs {
		r := &page.Runs[i]
		at, err := time.Parse(time.RFC3339, r.Labels[labelScheduledAt])
		if err == nil && r.Run == scheduledRun(workflow, schedule, at) { // anybody may give a run such labels
			return &occasion{run: r.Run, at: at.UTC(), startedAt: r.StartedAt, endedAt: r.EndedAt, earlier: true}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// probe looks for the last run in the log itself, by the ids that the latest times give: the list does not have retired runs.
func (l *look) probe(ctx context.Context, now time.Time) (*occasion, error) {
	s := l.s.system
	for _, at := range slices.Backward(l.spec.Table.Latest(l.considered, now, caughtUpMost)) {
		run := scheduledRun(l.workflow, l.spec.Name, at)
		if _, err := s.store.Last(ctx, run); errors.Is(err, eventstore.ErrNotFound) {
			continue
		}
		found := &occasion{run: run, at: at, startedAt: at, earlier: true}
		v, err := s.View(ctx, run)
		var retired *eventstore.RetiredError
		switch {
		case errors.As(err, &retired):
			found.startedAt, found.endedAt = retired.StartedAt, retired.EndedAt
		case err == nil:
			found.startedAt, found.endedAt = v.StartedAt, v.EndedAt
		case errors.Is(err, eventstore.ErrUnavailable), ctx.Err() != nil:
			return nil, err
		}
		return found, nil
	}
	return nil, nil //nolint:nilnil // there is none
}
