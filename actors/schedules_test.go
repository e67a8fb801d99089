package actors_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
)

func TestScheduleStartsRuns(t *testing.T) {
	inVirtualTime(t, memlog.Faults{Delay: 20 * time.Millisecond}, func(t *testing.T, c *clockwork) {
		c.save(flow(time.Second, `{cron: "*/20 * * * *", input: {mode: full, at: "${ctx.now}", day: "${new Date().getUTCDay()}"}}`))
		c.until("01:00:00")
		c.want("00:20:00", "00:40:00", "01:00:00")
		runs := c.allRuns()
		v, err := c.system.View(t.Context(), runs[0].Run)
		if err != nil {
			t.Fatal(err)
		}
		if want := document.MustParse(`{"mode": "full", "at": "2000-01-01T00:20:00.000Z", "day": 6}`); !document.Equal(v.Input, want) {
			t.Errorf("the input is %s, want %s", v.Input, want)
		}
		if v.Labels["schedule"] != "w/s" || v.Labels["scheduled_at"] != "2000-01-01T00:20:00Z" {
			t.Errorf("the labels are %v", v.Labels)
		}
		page, more, err := c.system.Schedules(t.Context(), actors.ScheduleListing{Limit: 10})
		if err != nil || more || len(page) != 1 {
			t.Fatal(page, more, err)
		}
		if p := page[0]; p.Workflow != "w" || p.Name != "s" || !p.NextAt.Equal(time.Date(2000, 1, 1, 1, 20, 0, 0, time.UTC)) ||
			p.LastRun != runs[2].Run || !p.LastAt.Equal(time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)) {
			t.Errorf("the schedule is listed as %+v", p)
		}
	})
}

func TestScheduleOverlaps(t *testing.T) {
	tests := []struct {
		policy  string
		want    []string
		skipped uint64
	}{
		{"skip", []string{"00:01:00", "00:04:00", "00:07:00"}, 5},
		{"queue", []string{"00:01:00", "00:02:00 at 00:03:30", "00:04:00 at 00:06:00"}, 4},
		{"allow", []string{"00:01:00", "00:02:00", "00:03:00", "00:04:00", "00:05:00", "00:06:00", "00:07:00", "00:08:00"}, 0},
	}
	for _, test := range tests {
		t.Run(test.policy, func(t *testing.T) {
			inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
				c.save(flow(150*time.Second, "{every: 1m, overlap: "+test.policy+"}"))
				c.until("00:08:00")
				c.want(test.want...)
				c.skipped(test.skipped)
			})
		})
	}
}

// A process dies with a run under way that goes on for three minutes, and the next one comes after ten minutes and a half.
func TestScheduleCatchesUp(t *testing.T) {
	tests := []struct {
		policy string
		want   []string
	}{
		{"none", []string{"00:01:00", "00:02:00", "00:13:00"}},
		{"one", []string{"00:01:00", "00:02:00", "00:12:00 at 00:12:30", "00:13:00"}},
		{"all", []string{
			"00:01:00", "00:02:00", "00:03:00 at 00:12:30", "00:04:00 at 00:12:30", "00:05:00 at 00:12:30", "00:06:00 at 00:12:30", "00:07:00 at 00:12:30",
			"00:08:00 at 00:12:30", "00:09:00 at 00:12:30", "00:10:00 at 00:12:30", "00:11:00 at 00:12:30", "00:12:00 at 00:12:30", "00:13:00",
		}},
	}
	for _, test := range tests {
		t.Run(test.policy, func(t *testing.T) {
			inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
				c.save(flow(3*time.Minute, "{every: 1m, overlap: allow, catch_up: "+test.policy+"}"))
				c.until("00:02:00")
				c.die(memlog.PowerCut, 10*time.Minute+30*time.Second-500*time.Millisecond)
				c.until("00:13:00")
				c.want(test.want...)
				c.die(memlog.Killed, time.Second) // what was caught up is not caught up again
				c.until("00:13:20")
				c.want(test.want...)
			})
		})
	}
}

func TestScheduleCatchesUpAHundred(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(t *testing.T, c *clockwork) {
		c.save(flow(time.Second, "{every: 1s, overlap: allow, catch_up: all}"))
		c.until("00:00:10")
		c.die(memlog.PowerCut, time.Hour)
		c.until("01:00:12")
		if got := len(c.allRuns()); got != 10+100+2 {
			t.Errorf("there are %d runs", got)
		}
	})
}

// What came while the engine was up and the last run open has been skipped, and is not missed after a restart.
func TestScheduleSkippedIsNotMissed(t *testing.T) {
	tests := map[string][]string{
		"skip":  {"00:01:00", "00:06:00"},
		"queue": {"00:01:00", "00:02:00 at 00:04:30"},
	}
	for policy, want := range tests {
		t.Run(policy, func(t *testing.T) {
			inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
				c.save(flow(210*time.Second, "{every: 1m, catch_up: all, overlap: "+policy+"}"))
				c.until("00:04:40")
				c.die(memlog.PowerCut, 0) // 2, 3 and 4 were skipped, or waited for
				if policy == "skip" {
					c.until("00:04:50")
					c.want("00:01:00")
					c.die(memlog.PowerCut, 0)
					c.until("00:05:00")
					c.want("00:01:00", "00:05:00")
					return
				}
				c.until("00:05:00")
				c.want(want...)
			})
		})
	}
}

// The last run has been let go of when the next process begins, and the list of runs does not have it. It was open until 6:30.
func TestScheduleRemembersRetiredRuns(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.save(flow(150*time.Second, "{every: 1m, catch_up: all}"))
		c.until("00:06:00")
		c.want("00:01:00", "00:04:00")
		c.retention = actors.Retention{Every: time.Second, Keep: map[runindex.Status]actors.Keep{runindex.Completed: {Age: time.Second}}}
		c.die(memlog.PowerCut, 0)
		c.until("00:06:40")
		c.want()
		c.die(memlog.PowerCut, 5*time.Second)
		c.until("00:06:50") // 5 and 6 were skipped, and 4 had its run
		c.want()
		c.until("00:07:00")
		c.want("00:07:00")
	})
}

// A run that waits for the last one when the process dies is waited for again.
func TestScheduleWaitsAgain(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.save(flow(5*time.Minute, "{every: 2m, overlap: queue}"))
		c.until("00:04:30") // the run of 2 goes on until 7, and 4 waits
		c.die(memlog.PowerCut, 20*time.Second)
		c.until("00:07:00")
		c.want("00:02:00", "00:04:00 at 00:07:00")
	})
}

// Berlin's clocks went from 2 to 3 on 2000-03-26, and from 3 to 2 on 2000-10-29.
func TestScheduleWhenClocksChange(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.until("2000-03-25T00:00:00")
		c.save(flow(time.Second, `{cron: "30 2 * * *", time_zone: Europe/Berlin}`))
		c.until("2000-03-27T12:00:00")
		c.want("2000-03-25T01:30:00", "2000-03-26T01:00:00", "2000-03-27T00:30:00")
	})
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.until("2000-10-28T12:00:00")
		c.save(flow(time.Second, `{cron: "30 2 * * *", time_zone: Europe/Berlin}`))
		c.until("2000-10-30T12:00:00")
		c.want("2000-10-29T00:30:00", "2000-10-30T01:30:00")
	})
}

func TestScheduleOfAnotherRevision(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.save(flow(time.Second, "{every: 1m, input: {revision: 1}}"))
		c.until("00:02:30")
		c.save(flow(time.Second, "{every: 1m, input: {revision: 2}}")) // the same times go on
		c.until("00:03:30")
		c.save(flow(time.Second, "{every: 1m, paused: true}"))
		c.until("00:05:30")
		c.save(flow(time.Second, "{every: 1m}")) // what came while it was paused was not missed
		c.until("00:06:30")
		c.save(flow(time.Second, `{cron: "*/5 * * * *"}`))
		c.until("00:11:00")
		c.save("name: w\nnodes: {work: {sleep: 1s}}\n")
		c.until("00:20:00")
		c.want("00:01:00", "00:02:00", "00:03:00", "00:06:00", "00:10:00")
	})
}

// Nothing is caught up from before a schedule was saved as it is, whether or not an engine was there then.
func TestScheduleIsNotMissedBeforeItWasSaved(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(_ *testing.T, c *clockwork) {
		c.save(flow(time.Second, `{cron: "0 * * * *", catch_up: all, overlap: allow, paused: true}`))
		c.until("02:30:00")
		c.save(flow(time.Second, `{cron: "0 * * * *", catch_up: all, overlap: allow}`))
		c.until("02:40:00")
		c.save(flow(time.Second, `{cron: "0 * * * *", catch_up: all, overlap: allow, input: {more: true}}`))
		c.die(memlog.PowerCut, 2*time.Hour)
		c.until("04:50:00")
		c.want("03:00:00 at 04:40:00", "04:00:00 at 04:40:00")
	})
}

func TestScheduleForAThousandAtOnce(t *testing.T) {
	const workflows, each = 10, schedulesEach
	inVirtualTime(t, memlog.Faults{Delay: 5 * time.Millisecond}, func(t *testing.T, c *clockwork) {
		for i := range workflows {
			var source strings.Builder
			fmt.Fprintf(&source, "name: w%d\nnodes: {work: {sleep: 1s}}\nschedules:\n", i)
			for j := range each {
				fmt.Fprintf(&source, "  s%d: {cron: \"0 1 * * *\"}\n", j)
			}
			c.save(source.String())
		}
		c.until("01:00:00") // half a second later
		runs := c.allRuns()
		if len(runs) != workflows*each {
			t.Errorf("there are %d runs", len(runs))
		}
		ids := map[string]bool{}
		for _, r := range runs {
			ids[r.Run] = true
		}
		if len(ids) != workflows*each {
			t.Errorf("they have %d ids", len(ids))
		}
		c.until("01:00:02") // they have ended
		c.die(memlog.PowerCut, 24*time.Hour)
		c.until("2000-01-02T01:00:05")
		if runs := c.allRuns(); len(runs) != 2*workflows*each {
			t.Errorf("after a day there are %d runs", len(runs))
		}
	})
}

// The log fails before, while and after it stores the start of a run, and the next process begins soon.
func TestScheduleOutlivesCrashes(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			faults := memlog.Faults{Seed: seed, Delay: 200 * time.Millisecond, LostAnswers: 20, Repeats: 20, Failures: 40, Disruptions: 1}
			inVirtualTime(t, faults, func(t *testing.T, c *clockwork) {
				for {
					_, _, err := c.system.Save(t.Context(), actors.Source{Data: []byte(flow(time.Second, "{every: 10m}"))})
					if err == nil {
						break
					}
					c.die(memlog.PowerCut, 0)
				}
				crashes := 0
				end := time.Date(2000, 1, 1, 2, 5, 0, 0, time.UTC)
				for time.Now().Before(end) {
					select {
					case <-c.log.Down():
						crashes++
						c.die([]memlog.Ending{memlog.PowerCut, memlog.Killed}[crashes%2], time.Minute)
					case <-time.After(time.Until(end)):
					}
				}
				if crashes == 0 {
					t.Fatal("nothing has failed")
				}
				due := map[string]bool{}
				for _, r := range c.allRuns() {
					if due[r.Labels["scheduled_at"]] {
						t.Errorf("there are two runs of %s", r.Labels["scheduled_at"])
					}
					due[r.Labels["scheduled_at"]] = true
				}
				for at := time.Date(2000, 1, 1, 0, 10, 0, 0, time.UTC); at.Before(end); at = at.Add(10 * time.Minute) {
					if !due[at.Format(time.RFC3339)] {
						t.Errorf("there is no run of %s after %d crashes", at, crashes)
					}
				}
			})
		})
	}
}

// An input that cannot be made starts no run, and keeps no other from being started.
func TestScheduleWithoutInput(t *testing.T) {
	inVirtualTime(t, memlog.Faults{}, func(t *testing.T, c *clockwork) {
		c.save(flow(time.Second, `{every: 1m, input: {at: "${new Date().getUTCMinutes() === 2 ? input.a.b : 1}"}}`))
		c.until("00:03:00")
		c.want("00:01:00", "00:03:00")
		if counts := c.system.ScheduleCounts(); counts != (actors.ScheduleCounts{Started: 2, Refused: 1}) {
			t.Errorf("%+v", counts)
		}
	})
}

// The example's runs in its first night, up to four by Berlin's clocks.
func TestScheduleExample(t *testing.T) {
	source, err := os.ReadFile("../examples/schedule.yaml")
	if err != nil {
		t.Fatal(err)
	}
	inVirtualTime(t, memlog.Faults{}, func(t *testing.T, c *clockwork) {
		c.until("01:58:00")
		c.save(string(source))
		c.until("02:00:00")
		c.want("01:58:30", "01:59:00", "01:59:30", "02:00:00", "02:00:00")
		for _, r := range c.allRuns() {
			v, err := c.system.View(t.Context(), r.Run)
			if err != nil {
				t.Fatal(err)
			}
			want := `"quick: 6 of orders"`
			if r.StartedBy == "schedule/nightly" {
				want = `"full: 17 of orders, visits, stock"`
				if day, _ := v.Input.Get("day"); !document.Equal(day, document.String("2000-01-01")) {
					t.Errorf("the day is %s", day)
				}
			}
			if summary, _ := v.State.Get("summary"); !document.Equal(summary, document.MustParse(want)) {
				t.Errorf("the run of %s ends with %s, want %s", r.StartedBy, v.State, want)
			}
		}
	})
}
