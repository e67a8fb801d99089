package timetable

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustCron(t *testing.T, line, zone string) *Table {
	t.Helper()
	table, err := Cron(line, zone)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestClockChanges holds the rule of the package comment: in Berlin clocks went from 2 to 3 on 2026-03-29, and from 3 to 2 on 2026-10-25.
func TestClockChanges(t *testing.T) {
	tests := []struct {
		name, line, from string
		want             []string // with the offset that the clocks have then
	}{
		{"a time that is left out is due when clocks are put forward", "30 2 * * *", "2026-03-27T12:00:00+01:00", []string{
			"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
		}},
		{"several that are left out are due once", "*/20 2 * * *", "2026-03-28T02:20:00+01:00", []string{
			"2026-03-28T02:40:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00",
		}},
		{"the first time behind is due once", "0 2,3 * * *", "2026-03-28T12:00:00+01:00", []string{
			"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00", "2026-03-30T03:00:00+02:00",
		}},
		{"a time that comes twice is due the first time", "30 2 * * *", "2026-10-24T12:00:00+02:00", []string{
			"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",
		}},
		{"from between both", "30 2 * * *", "2026-10-25T02:10:00+01:00", []string{"2026-10-26T02:30:00+01:00"}},
		{"even hours", "0 */2 * * *", "2026-10-24T23:00:00+02:00", []string{
			"2026-10-25T00:00:00+02:00", "2026-10-25T02:00:00+02:00", "2026-10-25T04:00:00+01:00",
		}},
		{"all hours leave out what clocks leave out", "*/30 * * * *", "2026-03-29T01:00:00+01:00", []string{
			"2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00",
		}},
		{"all hours come in both hours", "@hourly", "2026-10-25T01:00:00+02:00", []string{
			"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := mustCron(t, test.line, "Europe/Berlin")
			var want, got []time.Time
			next := at(t, test.from)
			for _, text := range test.want {
				want = append(want, at(t, text).UTC())
				next = table.Next(next)
				got = append(got, next)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", test.from, diff)
			}
			if diff := cmp.Diff(want, table.Latest(at(t, test.from), want[len(want)-1], 100)); diff != "" {
				t.Errorf("looking back to %s (-want +got):\n%s", test.from, diff)
			}
		})
	}
}

// minuteByMinute is the same rule by walking through every minute.
func minuteByMinute(t *Table, from, to time.Time) (due []time.Time) {
	matches := func(clock time.Time) bool { return t.line.Next(clock.Add(-1)).Equal(clock) }
	latest := t.shown(from.Add(-48 * time.Hour))
	for minute := from.Add(-48 * time.Hour); !minute.After(to); minute = minute.Add(time.Minute) {
		clock, found := t.shown(minute), false
		if t.allHours {
			found = matches(clock)
		} else {
			for latest.Before(clock) {
				latest = latest.Add(time.Minute)
				found = found || matches(latest)
			}
		}
		if found && minute.After(from) {
			due = append(due, minute)
		}
	}
	return due
}

func TestTableIsWhatClocksShow(t *testing.T) {
	changes := map[string]string{ // a day near which clocks are changed
		"Europe/Berlin": "2026-03-29", "America/New_York": "2026-11-01", "Australia/Lord_Howe": "2026-04-04", "Pacific/Apia": "2011-12-30",
		"America/Sao_Paulo": "2018-11-04", "Asia/Beirut": "2026-03-29", "Africa/Casablanca": "2026-03-22", "Asia/Kathmandu": "2026-01-01", "UTC": "2026-02-28",
	}
	minutes := []string{"*", "0", "30", "*/7", "10-40/15", "0,59"}
	hours := []string{"*", "0", "1", "2", "3", "*/2", "22-3", "0-23", "1,2,23"}
	days := []string{"* * *", "*/2 * *", "29 3 *", "30 12 *", "* * sun", "1 * mon-wed", "* nov-mar 7"}
	rapid.Check(t, func(r *rapid.T) {
		zone := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for zone := range changes {
				if !yield(zone) {
					return
				}
			}
		})).Draw(r, "zone")
		line := strings.Join([]string{
			rapid.SampledFrom(minutes).Draw(r, "minute"), rapid.SampledFrom(hours).Draw(r, "hour"), rapid.SampledFrom(days).Draw(r, "days"),
		}, " ")
		day, err := time.Parse(time.DateOnly, changes[zone])
		if err != nil {
			r.Fatal(err)
		}
		table, err := Cron(line, zone)
		if err != nil {
			r.Fatal(err)
		}
		from := day.Add(time.Duration(rapid.IntRange(-2*24*60, 24*60).Draw(r, "from")) * time.Minute)
		to := from.Add(72 * time.Hour)
		want := minuteByMinute(table, from, to)
		var forward []time.Time
		for next := table.Next(from); !next.IsZero() && !next.After(to); next = table.Next(next) {
			forward = append(forward, next)
		}
		if diff := cmp.Diff(want, forward); diff != "" {
			r.Fatalf("%s in %s after %s (-want +got):\n%s", line, zone, from, diff)
		}
		if diff := cmp.Diff(want, table.Latest(from, to, 10_000)); diff != "" {
			r.Fatalf("%s in %s back from %s (-want +got):\n%s", line, zone, to, diff)
		}
	})
}

func TestEvery(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		each := time.Duration(rapid.Int64Range(int64(time.Second), int64(1000*time.Hour)).Draw(r, "every"))
		table := Every(each)
		from := time.Unix(0, rapid.Int64Range(-1e18, 4e18).Draw(r, "from"))
		next, prev := table.Next(from), table.Prev(from)
		if next.UnixNano()%int64(each) != 0 || !next.After(from) || next.Sub(from) > each {
			r.Fatalf("every %s after %s is %s", each, from, next)
		}
		if !prev.Add(each).Equal(next) {
			r.Fatalf("every %s has %s and then %s", each, prev, next)
		}
	})
}

func TestLines(t *testing.T) {
	from := at(t, "2026-01-01T00:00:00Z") // a Thursday
	for line, want := range map[string]string{
		"0 3 * * *": "2026-01-01T03:00:00Z", " 0  3\t* * * ": "2026-01-01T03:00:00Z", "*/15 * * * *": "2026-01-01T00:15:00Z",
		"0 0 * * 7": "2026-01-04T00:00:00Z", "0 0 * * SUN": "2026-01-04T00:00:00Z", "0 9 * * mon-fri": "2026-01-01T09:00:00Z",
		"0 9 1-7 * mon": "2026-01-01T09:00:00Z", "0 0 29 feb *": "2028-02-29T00:00:00Z", "@daily": "2026-01-02T00:00:00Z",
		"@Weekly": "2026-01-04T00:00:00Z", "@monthly": "2026-02-01T00:00:00Z", "@yearly": "2027-01-01T00:00:00Z", "0 0 13 * fri": "2026-01-02T00:00:00Z",
		"5,10-12 0 * dec,jan *": "2026-01-01T00:05:00Z", "0 22-2 * * *": "2026-01-01T01:00:00Z",
	} {
		if got := mustCron(t, line, "").Next(from); !got.Equal(at(t, want)) {
			t.Errorf("%q after %s is %s, want %s", line, from, got, want)
		}
	}
	for line, want := range map[string]string{
		"":                                      "0 fields, and a line has five: minute, hour, day of the month, month, day of the week",
		"* * * *":                               "4 fields, and a line has five",
		"0 0 3 * * *":                           "6 fields, and a line has five",
		"0 0 3 * * * *":                         "7 fields, and a line has five",
		"TZ=UTC":                                "1 field, and a line has five",
		"CRON_TZ=UTC * * * *":                   "the minute",
		"@every 5m":                             "stands for no line; @hourly, @daily",
		"60 * * * *":                            `the minute "60" is wrong`,
		"0 24 * * *":                            `the hour "24" is wrong`,
		"0 0 0 * *":                             `the day of the month "0" is wrong`,
		"0 0 * 13 *":                            `the month "13" is wrong`,
		"0 0 * * mond":                          `the day of the week "mond" is wrong`,
		"1,,2 * * * *":                          "nothing between two commas",
		"0 0 30 feb *":                          "no such day ever comes",
		"0 0 L * *":                             `the day of the month "L" is wrong`,
		"H * * * *":                             `the minute "H" is wrong`,
		strings.Repeat("1,", 200) + "1 * * * *": "longer than 256 bytes",
	} {
		if table, err := Cron(line, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v %v, want an error with %q", line, table, err, want)
		}
	}
}

func FuzzCron(f *testing.F) {
	f.Add("0 3 * * *", int64(0))
	f.Add("*/7 22-3 1,15 jan-mar mon", int64(1<<31))
	f.Add("TZ= * * * *", int64(1))
	f.Fuzz(func(t *testing.T, line string, seconds int64) {
		table, err := Cron(line, "Europe/Berlin")
		if err != nil {
			return
		}
		from := time.Unix(seconds%(1<<33), 0)
		if next := table.Next(from); !next.After(from) || !table.Prev(next).Equal(next) {
			t.Errorf("%q after %s is %s, and before that %s", line, from, next, table.Prev(next))
		}
	})
}

// TestZones loads every zone, and sees that the list has those of the Go release.
func TestZones(t *testing.T) {
	for _, zone := range Zones() {
		if _, err := Cron("@daily", zone); err != nil {
			t.Errorf("%s: %v", zone, err)
		}
	}
	for _, zone := range []string{"Local", "Europe/Berln", "europe/berlin", "../etc"} {
		if _, err := Cron("@daily", zone); err != ErrZone { //nolint:errorlint // this very one
			t.Errorf("%s: %v", zone, err)
		}
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, file := range archive.File {
		if _, known := slices.BinarySearch(Zones(), file.Name); !known && !strings.HasSuffix(file.Name, "/") {
			t.Errorf("zones.txt lacks %s, which this Go release has", file.Name)
		}
	}
}
