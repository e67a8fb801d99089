package actors

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// TestScheduleUnderAClockThatIsSet looks at a schedule at times of its own, which go back and leap ahead.
func TestScheduleUnderAClockThatIsSet(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	synctest.Test(t, func(t *testing.T) {
		log := memlog.Open(memlog.Faults{})
		index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "clock"})
		if err != nil {
			t.Fatal(err)
		}
		registry, err := tools.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Config{
			Store: log, Index: index, Tools: registry, Scripts: engine, Logger: slog.New(slog.DiscardHandler), Unscheduled: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		source := "name: w\nnodes: {end: {set: {x: 1}}}\nschedules: {s: {every: 1m}}\n"
		if _, _, err := s.Save(t.Context(), Source{Data: []byte(source)}); err != nil {
			t.Fatal(err)
		}
		midnight := time.Now().Truncate(time.Hour)
		p := s.schedules.inForce["w"].plans["s"]
		var got []string
		for _, now := range []time.Duration{
			time.Minute, 2*time.Minute + 10*time.Second,
			time.Minute + 50*time.Second,                      // set back: 2 comes again
			2*time.Minute + time.Millisecond, 3 * time.Minute, // 2 has been started
			2*time.Minute + 59*time.Second + 999*time.Millisecond, // a little back, over 3
			3 * time.Minute, 4 * time.Minute, // 3 has been started
			24 * time.Hour,                                  // ahead: the latest of those that were left out
			5*time.Minute + 30*time.Second, 6 * time.Minute, // back to where it was
		} {
			before := s.ScheduleCounts().Started
			l := &look{s: s.schedules, plan: p, workflow: "w", revision: p.revision, spec: p.spec, progress: p.progress}
			if l.look(t.Context(), midnight.Add(now)) {
				t.Errorf("at %s something is to be tried again", now)
			}
			p.progress = l.progress
			synctest.Wait()
			if started := s.ScheduleCounts().Started - before; started > 0 {
				got = append(got, l.last.at.Format("15:04"))
			} else {
				got = append(got, "")
			}
		}
		want := []string{"00:01", "00:02", "", "", "00:03", "", "", "00:04", "00:00", "", "00:06"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := index.Close(); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
}
