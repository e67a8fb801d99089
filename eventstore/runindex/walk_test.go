package runindex

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// While runs come, go on and end between the pages, a walk in the order of the starts meets each run that is there from the beginning
// once, in that order; and an ascending one those that come, too.
func TestWalksAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLives(t)
		scratch(t, func(dir string) {
			x := openBlank(t, filepath.Join(dir, "runs.db"))
			defer closeTest(t, x)
			first := rapid.IntRange(0, len(s.commits)).Draw(t, "before the walk")
			apply(t, x, s.commits[:first]...)
			there := namesOf(listed(t, x, Listing{Ascending: true}))
			l := Listing{Ascending: rapid.Bool().Draw(t, "ascending"), Limit: rapid.IntRange(1, 6).Draw(t, "limit")}
			walked := []string{}
			for at := first; ; {
				page, err := x.Page(t.Context(), l)
				if err != nil {
					t.Fatal(err)
				}
				walked = append(walked, namesOf(page.Runs)...)
				if page.Next == "" {
					break
				}
				l.Cursor = page.Next
				more := rapid.IntRange(0, min(3, len(s.commits)-at)).Draw(t, "more")
				apply(t, x, s.commits[at:at+more]...)
				at += more
			}
			if l.Ascending {
				there = namesOf(listed(t, x, Listing{Ascending: true}))
				there = there[:max(len(walked), first/3)] // what came behind the last page is for the next
			} else {
				slices.Reverse(there)
			}
			if !slices.Equal(there, walked) {
				t.Fatalf("walked\n%v, not\n%v", walked, there)
			}
		})
	})
}

// A walk that ended goes on from its last cursor with what has come since: a list can be followed.
func TestCursorsOutliveTheFile(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 20)
	apply(t, x, s.commits...)
	for _, l := range []Listing{{}, {Order: ByEnd}, {Order: ByUpdate, Ascending: true}, {Order: ByWorkflow}} {
		l.Limit = 7
		first, err := x.Page(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		l.Cursor = first.Next
		want := namesOf(listed(t, x, l))
		if err := x.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		fold(t, x, s.commits...)
		if got := namesOf(listed(t, x, l)); !slices.Equal(got, want) || len(got) != 13 {
			t.Errorf("by %s: %v, not %v", l.Order, got, want)
		}
	}
}

func TestListingsThatAreRefused(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 5)
	apply(t, x, s.commits...)
	page, err := x.Page(t.Context(), Listing{Limit: 2, Order: ByWorkflow})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		l    Listing
		want error
		text string
	}{
		{Listing{Limit: -1}, ErrFilter, "use 1 to 1000"},
		{Listing{Limit: 1001}, ErrFilter, "use 1 to 1000"},
		{Listing{Order: "size"}, ErrFilter, `"size"; use one of [started ended updated workflow]`},
		{Listing{Filter: Filter{Statuses: []Status{"done"}}}, ErrFilter, `"done"; use one of [running`},
		{Listing{Filter: Filter{Text: " -!* "}}, ErrFilter, "no word"},
		{Listing{Cursor: "?"}, ErrCursor, "as it is"},
		{Listing{Cursor: "cnVuczox"}, ErrCursor, "as it is"},
		{Listing{Cursor: page.Next}, ErrCursor, "by workflow (down), not by started (down)"},
		{Listing{Cursor: page.Next, Order: ByWorkflow, Ascending: true}, ErrCursor, "not by workflow (up)"},
		{Listing{Cursor: page.Next[:len(page.Next)-9], Order: ByWorkflow}, ErrCursor, "as it is"},
	} {
		_, err := x.Page(t.Context(), c.l)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%+v: %v", c.l, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // whatever comes as a cursor
		l := Listing{Order: rapid.SampledFrom(orders).Draw(t, "order"), Cursor: rapid.OneOf(rapid.String(), rapid.StringMatching("[A-Za-z0-9_-]*")).Draw(t, "cursor")}
		if _, err := x.Page(t.Context(), l); err != nil && !errors.Is(err, ErrCursor) {
			t.Fatal(err)
		}
	})
}

// A walk that meets none of many runs is given up for the runs themselves, and the pages are the same.
func TestWalkThatIsGivenUp(t *testing.T) {
	x := openTest(t)
	const runs, old, limit = 400, 60, 2
	commits, want := []Commit{}, []string{}
	for i := range uint64(runs) {
		labels := ``
		if i < old {
			labels = `,"labels":{"era":"first"}`
			want = append(want, fmt.Sprint(i))
		}
		c := said(2*i+1, fmt.Sprint(i), 1, `RunStarted ,"workflow":"w"`+labels)
		end := said(2*i+2, fmt.Sprint(i), 2, `RunCompleted ,"state":"s"`)
		for k, text := range []*[]byte{&c.Raw[0].JSON, &end.Raw[0].JSON} {
			at := lifeBegun.Add(time.Duration(i)*time.Second + time.Duration(k))
			*text = regexp.MustCompile(`"at":"[^"]*"`).ReplaceAll(*text, []byte(`"at":"`+at.Format(time.RFC3339Nano)+`"`))
		}
		commits = append(commits, c, end)
	}
	fold(t, x, commits...)
	slices.Reverse(want)
	for _, order := range orders {
		l := Listing{Filter: Filter{Labels: map[string]string{"era": "first"}}, Order: order, Limit: limit}
		if got := namesOf(listed(t, x, l)); !slices.Equal(got, want) {
			t.Errorf("by %s: %v", order, got)
		}
	}
	// What makes this a test of giving up.
	tx, err := x.pools.readers.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	l := Listing{Filter: Filter{Labels: map[string]string{"era": "first"}}, Order: ByEnd, Limit: limit}
	s, err := l.selection()
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.plan(t.Context(), tx, l.Order, l.Limit); err != nil || len(p.instead.branches) == 0 || p.walk > runs-old {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

// Pages under one filter, in the order of the starts, and pages by status in any order, are walks along an index that has the order:
// nothing is sorted, and no table is read from its beginning.
func TestPagesAreWalks(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 5)
	apply(t, x, s.commits...)
	hour := lifeBegun.Add(time.Hour)
	for name, f := range map[string]Filter{
		"none": {}, "workflow": {Workflow: "flow"}, "status": {Statuses: []Status{Failed}}, "statuses": {Statuses: []Status{Failed, Running}},
		"workflow and status": {Workflow: "flow", Statuses: []Status{Failed}}, "label": {Labels: map[string]string{"n": "1"}},
		"label and status": {Labels: map[string]string{"n": "1"}, Statuses: []Status{Failed}}, "node": {Node: "a"}, "text": {Text: "refused"},
		"parent": {Parent: "p"}, "started": {StartedFrom: lifeBegun, StartedBefore: hour}, "workflow and started": {Workflow: "flow", StartedFrom: lifeBegun},
	} {
		for _, l := range listingsOf(f) {
			sel, err := l.selection()
			if err != nil {
				t.Fatal(err)
			}
			tx, err := x.pools.readers.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := sel.plan(t.Context(), tx, l.Order, l.Limit)
			if err != nil {
				t.Fatal(err)
			}
			q := l.statement(sel, &p.source, &position{id: 3, key: map[Order]any{ByEnd: 7, ByUpdate: 7, ByWorkflow: "w"}[l.Order]}, nil)
			rows, err := tx.Query("EXPLAIN QUERY PLAN "+q.text.String(), q.args...)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := take(rows, 100)
			if err = errors.Join(err, rows.Close(), tx.Rollback()); err != nil {
				t.Fatal(err)
			}
			steps := []string{}
			for _, row := range answer.Rows {
				steps = append(steps, row[3].(string))
			}
			// The 51 runs of the page are sorted at last, which is one sort; none must be within.
			plan := strings.Join(steps, "\n")
			within := steps[:max(0, len(steps)-1)]
			if slices.ContainsFunc(within, func(step string) bool {
				return strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") || strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN page") &&
					!strings.HasPrefix(step, "SCAN error_text VIRTUAL TABLE")
			}) {
				t.Errorf("%s by %s, %s:\n%s\n%s", name, l.Order, l.direction(), plan, q.text.String())
			}
		}
	}
}

// listingsOf are the listings under a filter that are to be walks.
func listingsOf(f Filter) (listings []Listing) {
	byStatus := f.Workflow == "" && f.Labels == nil && f.Node == "" && f.Text == "" && f.Parent == "" && f.StartedFrom.IsZero()
	for _, order := range orders {
		if order != ByStart && !byStatus {
			continue
		}
		for _, ascending := range []bool{false, true} {
			listings = append(listings, Listing{Filter: f, Order: order, Ascending: ascending, Limit: 50})
		}
	}
	return listings
}
