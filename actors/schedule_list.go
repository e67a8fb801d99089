package actors

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// Schedule is a schedule that is in force, and where it stands.
type Schedule struct {
	Workflow string
	workflow.Schedule

	NextAt  time.Time // zero where it is paused, or has no time within ten years
	LastRun string    // "" where it has started none that is kept
	LastAt  time.Time // the time that run was due
	Waiting time.Time // the time that waits for the end of the last run, zero where none does
}

// ScheduleCounts is what the schedules have done since the engine was opened.
type ScheduleCounts struct {
	Started uint64 // runs
	Skipped uint64 // times at which the run before had not ended
	Refused uint64 // times whose run could not be started, as its input was not valid
}

// ScheduleCounts returns the counts.
func (s *System) ScheduleCounts() ScheduleCounts {
	return ScheduleCounts{s.schedules.started.Load(), s.schedules.skipped.Load(), s.schedules.refused.Load()}
}

// ScheduleListing asks for a page of schedules, sorted by workflow and name.
type ScheduleListing struct {
	Workflow                 string // "" is all of them
	AfterWorkflow, AfterName string // the last schedule of the page before
	Limit                    int
}

// Schedules returns a page of the schedules that are in force, those of the workflows' latest revisions; more says that others follow.
func (s *System) Schedules(ctx context.Context, l ScheduleListing) (page []Schedule, more bool, err error) {
	select {
	case <-s.schedules.loaded:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	page, unknown := s.schedules.list(&l)
	if more = len(page) > l.Limit; more {
		page = page[:l.Limit]
	}
	for i := range page {
		p := &page[i]
		if !unknown[p.Workflow+"/"+p.Name] {
			continue
		}
		last, err := s.schedules.listedLast(ctx, p.Workflow, p.Name)
		if err != nil {
			return nil, false, err
		}
		p.tell(last)
	}
	return page, more, nil
}

// tell has a schedule say which run was its last.
func (p *Schedule) tell(last *occasion) {
	if last != nil {
		p.LastRun, p.LastAt = last.run, last.at
	}
}

// list returns what is behind the page before. unknown has those whose last run nobody has looked for yet.
func (s *schedules) list(l *ScheduleListing) (all []Schedule, unknown map[string]bool) {
	now := time.Now()
	unknown = map[string]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, r := range s.inForce {
		if l.Workflow != "" && l.Workflow != name || name < l.AfterWorkflow {
			continue
		}
		for _, p := range r.plans {
			if name == l.AfterWorkflow && p.spec.Name <= l.AfterName {
				continue
			}
			entry := Schedule{Workflow: name, Schedule: *p.spec, Waiting: p.waits}
			if s.goesOn(p) {
				entry.NextAt = p.spec.Table.Next(now)
			}
			if entry.tell(p.last); !p.recalled {
				unknown[name+"/"+p.spec.Name] = true
			}
			all = append(all, entry)
		}
	}
	slices.SortFunc(all, func(a, b Schedule) int {
		return cmp.Or(cmp.Compare(a.Workflow, b.Workflow), cmp.Compare(a.Name, b.Name))
	})
	return all, unknown
}
