package actors_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// clockwork is an engine in virtual time, which begins at midnight of 2000-01-01 UTC, a Saturday.
type clockwork struct {
	*world
	system *actors.System
}

// inVirtualTime runs a test of schedules over a log with the given faults.
func inVirtualTime(t *testing.T, faults memlog.Faults, test func(t *testing.T, c *clockwork)) {
	t.Helper()
	engine := scripts.New(scripts.Limits{})
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{world: &world{t: t, engine: engine, logger: slog.New(slog.DiscardHandler)}}
		c.log = memlog.Open(faults)
		c.system = c.open(c.log)
		test(t, c)
		if err := c.system.Close(t.Context()); err != nil {
			t.Error(err)
		}
		c.forget()
		if err := c.log.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (c *clockwork) save(source string) {
	c.t.Helper()
	if _, _, err := c.system.Save(c.t.Context(), actors.Source{Data: []byte(source), File: "w.yaml"}); err != nil {
		c.t.Fatal(err)
	}
}

// die ends the process, and the next one begins after a while.
func (c *clockwork) die(e memlog.Ending, down time.Duration) {
	c.t.Helper()
	next := c.log.Restart(e)
	if err := c.system.Close(c.t.Context()); err != nil {
		c.t.Error(err)
	}
	c.forget()
	c.log = next
	time.Sleep(down)
	c.system = c.open(c.log)
}

// until lets time pass up to a little after an instant; a date may be left out on the first day.
func (c *clockwork) until(text string) {
	c.t.Helper()
	if !strings.Contains(text, "T") {
		text = "2000-01-01T" + text
	}
	at, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		c.t.Fatal(err)
	}
	if at.Before(time.Now()) {
		c.t.Fatalf("%s is over", text)
	}
	time.Sleep(time.Until(at.Add(500 * time.Millisecond)))
	synctest.Wait()
}

// allRuns is every run, the first that was started first.
func (c *clockwork) allRuns() (all []runindex.Run) {
	c.t.Helper()
	l := runindex.Listing{Limit: runindex.PageMax, Ascending: true}
	for {
		page, err := c.system.Runs(c.t.Context(), l)
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, page.Runs...)
		if l.Cursor = page.Next; l.Cursor == "" {
			return all
		}
	}
}

// want compares the times of the runs that schedules have started. Where a run was started later than half a second after its
// time, that follows: "02:00:00 at 05:00:00". No run may be early, and none may have been started twice.
func (c *clockwork) want(want ...string) {
	c.t.Helper()
	var got []string
	seen := map[string]bool{}
	for _, r := range c.allRuns() {
		due, err := time.Parse(time.RFC3339, r.Labels["scheduled_at"])
		if err != nil {
			c.t.Fatalf("run %s: %v", r.Run, err)
		}
		late := r.StartedAt.Sub(due)
		if late < 0 {
			c.t.Errorf("the run of %s was started at %s", due, r.StartedAt)
		}
		if name := r.Labels["schedule"] + " " + due.String(); seen[name] {
			c.t.Errorf("there are two runs of %s", name)
		} else {
			seen[name] = true
		}
		if _, name, _ := strings.Cut(r.Labels["schedule"], "/"); r.StartedBy != "schedule/"+name {
			c.t.Errorf("run %s was started by %s", r.Run, r.StartedBy)
		}
		format := "15:04:05"
		if due.YearDay() != 1 {
			format = "2006-01-02T15:04:05"
		}
		text := due.Format(format)
		if late > 500*time.Millisecond {
			text += " at " + r.StartedAt.Format(format)
		}
		got = append(got, text)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("the runs are other ones (-want +got):\n%s", diff)
	}
}

// skipped compares how many times were skipped.
func (c *clockwork) skipped(want uint64) {
	c.t.Helper()
	if got := c.system.ScheduleCounts().Skipped; got != want {
		c.t.Errorf("%d times were skipped, want %d", got, want)
	}
}

// flow is a workflow whose runs take a while, with one schedule.
func flow(takes time.Duration, schedule string) string {
	return fmt.Sprintf("name: w\nnodes: {work: {sleep: %s}}\nschedules:\n  s: %s\n", takes, schedule)
}
