package runindex

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Order is what a listing is sorted by; runs that are equal in it are sorted by their start.
type Order string

// The orders. Only the first never changes for a run, so only a walk through its pages is sure to meet each run once.
const (
	ByStart    Order = "started"  // in which the stream has the runs' first commits
	ByEnd      Order = "ended"    // runs that go on are behind those that have ended
	ByUpdate   Order = "updated"  // the time of the last event
	ByWorkflow Order = "workflow" // the name
)

var orders = []Order{ByStart, ByEnd, ByUpdate, ByWorkflow}

// The sizes of a page.
const (
	PageDefault = 50
	PageMax     = 1000
)

// Listing asks for a page of runs.
type Listing struct {
	Filter

	Order     Order  // "" is ByStart
	Ascending bool   // the oldest, or the first by name, come first; otherwise the newest and the last do
	Limit     int    // 1 to PageMax; 0 is PageDefault
	Cursor    string // Page.Next of the page before, with the same filter, order and direction; "" is the first page
}

// Page is one page of runs. Next is "" on the last page.
type Page struct {
	Runs []Run
	Next string
}

// Run is a run in the list.
type Run struct {
	Run, Workflow string
	Revision      string // digest
	Status        Status
	Labels        map[string]string
	StartedAt     time.Time
	UpdatedAt     time.Time // of its last event
	EndedAt       time.Time // zero while it goes on
	Due           time.Time // of its next timer or retry; zero where there is none
	LastEvent     uint64
	First, Last   uint64  // sequences of its first and last commit in the stream
	Current       []Visit // the open visits, in the order they began; none of a run that has ended
	Error         *Error  // of a failed run
	Parent        string  // the run that started it, "" where none did
	StartedBy     string
	Queue         *Queue // nil where it did not wait in a queue, nor does
}

// Visit is an open visit.
type Visit struct {
	Node           string
	Visit, Attempt int
	Phase          Phase
	Due            time.Time // zero where it waits for no time
	Signal         string    // the signal that it waits for, "" where it waits for none
	Child          string    // the run that its attempt has started, "" where none
}

// Error says why a run failed. Of a long message it has the beginning.
type Error struct {
	Kind, Message string
	Node          string // "" where no visit is to blame
	Visit         int
}

// Page returns a page of runs. Errors: ErrFilter, ErrCursor, ErrDamaged, ErrClosed, and what the disk says.
//
// By start, each run that is there from the first page to the last is listed once, whatever is folded meanwhile; a run that comes
// during the walk is listed at most once, and surely in an ascending one. In the other orders a run moves when it goes on or ends: it
// may be listed again, or be missed where it moved to pages that have been read. A cursor stays good for ever, also over a rebuild.
func (x *Index) Page(ctx context.Context, l Listing) (Page, error) {
	s, err := l.selection()
	if err != nil {
		return Page{}, err
	}
	if l.Order == "" {
		l.Order = ByStart
	}
	if l.Limit == 0 {
		l.Limit = PageDefault
	}
	if !slices.Contains(orders, l.Order) {
		return Page{}, fmt.Errorf("%w: runs cannot be sorted by %q; use one of %v", ErrFilter, l.Order, orders)
	}
	if l.Limit < 1 || l.Limit > PageMax {
		return Page{}, fmt.Errorf("%w: limit %d; use 1 to %d", ErrFilter, l.Limit, PageMax)
	}
	from, err := l.position()
	if err != nil {
		return Page{}, err
	}
	page := Page{Runs: []Run{}}
	if len(s.statuses) == 0 { // no run can be what is asked for
		return page, x.ready()
	}
	err = x.reading(ctx, "list", func(tx *sql.Tx) error {
		page.Runs, err = l.read(ctx, tx, s, from)
		if err != nil || len(page.Runs) <= l.Limit {
			return err
		}
		page.Runs = page.Runs[:l.Limit]
		page.Next = l.cursor(&page.Runs[l.Limit-1])
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}
