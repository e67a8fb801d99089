package actors

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// The sizes of a page of runs.
const (
	pageDefault = 50
	pageMax     = 1000
)

// Summary is a run in a list.
type Summary struct {
	Run, Workflow      string
	Revision           string // digest
	Status             workflow.Status
	StartedAt, EndedAt time.Time // EndedAt is zero while the run goes on
	LastEvent          uint64
	Labels             map[string]string
}

// RunFilter selects runs; an empty field selects every run.
type RunFilter struct {
	Workflow string
	Status   workflow.Status
	Labels   map[string]string // each must match
	Limit    int               // 1 to 1,000; 0 is 50
	Cursor   string            // RunPage.Next of the page before
}

// RunPage is one page of runs, newest first. Next is "" on the last page.
type RunPage struct {
	Runs []Summary
	Next string
}

// runList is the list of all runs, folded from the stream at start and kept by the actors' releases.
type runList struct {
	mu   sync.RWMutex
	at   map[string]int
	list []Summary // in the order they became known: their first commits' order
}

func newRunList() *runList { return &runList{at: map[string]int{}} }

// update enters a run or brings it up to date.
func (l *runList) update(s *workflow.State) {
	l.put(Summary{
		Run: s.Run, Workflow: s.Workflow, Revision: s.Revision, Status: s.Status(),
		StartedAt: s.StartedAt, EndedAt: s.EndedAt, LastEvent: s.N, Labels: s.Labels,
	})
}

func (l *runList) put(r Summary) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.at[r.Run]; ok {
		l.list[i] = r
		return
	}
	l.at[r.Run] = len(l.list)
	l.list = append(l.list, r)
}

// page walks the list from the newest run down. A cursor is a position in it, which never moves.
func (l *runList) page(f RunFilter) (RunPage, error) {
	limit := f.Limit
	if limit == 0 {
		limit = pageDefault
	}
	if limit < 1 || limit > pageMax {
		return RunPage{}, fmt.Errorf("%w: limit %d; use 1 to %d", ErrInvalidFilter, f.Limit, pageMax)
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	i := len(l.list)
	if f.Cursor != "" {
		var err error
		if i, err = position(f.Cursor, i); err != nil {
			return RunPage{}, err
		}
	}
	page := RunPage{Runs: []Summary{}}
	for i--; i >= 0; i-- {
		if !f.matches(&l.list[i]) {
			continue
		}
		if len(page.Runs) == limit {
			page.Next = cursor(i + 1)
			return page, nil
		}
		page.Runs = append(page.Runs, l.list[i])
	}
	return page, nil
}

func (f *RunFilter) matches(r *Summary) bool {
	if f.Workflow != "" && f.Workflow != r.Workflow || f.Status != "" && f.Status != r.Status {
		return false
	}
	for key, value := range f.Labels {
		if have, ok := r.Labels[key]; !ok || have != value {
			return false
		}
	}
	return true
}

func cursor(position int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("runs:" + strconv.Itoa(position)))
}

func position(cursor string, most int) (int, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	number, ok := strings.CutPrefix(string(text), "runs:")
	i, convErr := strconv.Atoi(number)
	if err != nil || !ok || convErr != nil || i < 0 || i > most {
		return 0, fmt.Errorf("%w: use the next_cursor of the page before as it is", ErrInvalidCursor)
	}
	return i, nil
}

var statuses = []workflow.Status{
	workflow.StatusRunning, workflow.StatusWaiting, workflow.StatusPaused,
	workflow.StatusCompleted, workflow.StatusFailed, workflow.StatusCancelled,
}

// Runs returns a page of runs, newest first. Errors: ErrInvalidFilter, ErrInvalidCursor.
func (s *System) Runs(_ context.Context, f RunFilter) (RunPage, error) {
	if f.Status != "" && !slices.Contains(statuses, f.Status) {
		return RunPage{}, fmt.Errorf("%w: no run has status %q; use one of %v", ErrInvalidFilter, f.Status, statuses)
	}
	return s.runs.page(f)
}
