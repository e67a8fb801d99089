package workflow

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weirflow/weir/actors/timetable"
)

// SchedulesMax is how many schedules a workflow may have.
const SchedulesMax = 100

// everyLeast is the shortest time between two times of a schedule.
const everyLeast = time.Second

var (
	scheduleKeys = keySet{of: "a schedule", known: []string{"cron", "time_zone", "every", "input", "overlap", "catch_up", "paused"}}
	overlaps     = []string{string(OverlapSkip), string(OverlapQueue), string(OverlapAllow)}
	catchUps     = []string{string(CatchUpNone), string(CatchUpOne), string(CatchUpAll)}
)

// schedules reads when runs are started by themselves.
func (p *parser) schedules(n *node) {
	t := under(nil, "schedules")
	if !p.object(n, t, "an object with the schedules by name", `write schedules: {nightly: {cron: "0 3 * * *"}}`) {
		return
	}
	if len(n.members) > SchedulesMax {
		p.error(n.members[SchedulesMax].at, t, CodeTooLarge, fmt.Sprintf("a workflow has at most %d schedules", SchedulesMax), "")
		return
	}
	for _, m := range n.members {
		at := under(t, m.key)
		p.checkName(m.key, "a schedule", m.at, at)
		if !p.object(m.value, at, "an object with cron or every", `write {cron: "0 3 * * *"} or {every: 30s}`) {
			continue
		}
		s := Schedule{Name: m.key}
		p.schedule(&s, m.value, at)
		p.def.Schedules = append(p.def.Schedules, s)
	}
}

func (p *parser) schedule(s *Schedule, n *node, t *trail) {
	f := p.fields(n, t, scheduleKeys)
	s.Overlap, s.CatchUp = OverlapSkip, CatchUpOne
	p.times(s, n, f, t)
	if v := f["input"]; v != nil {
		at := under(t, "input")
		if p.object(v, at, "an object", "write input: {mode: full}") {
			s.Input = p.template(v, at)
		}
	}
	if v := f["overlap"]; v != nil {
		s.Overlap = Overlap(p.oneOf(v, under(t, "overlap"), overlaps))
	}
	if v := f["catch_up"]; v != nil {
		s.CatchUp = CatchUp(p.oneOf(v, under(t, "catch_up"), catchUps))
	}
	if v := f["paused"]; v != nil {
		s.Paused = p.truth(v, under(t, "paused"))
	}
}

// times reads when a schedule is due.
func (p *parser) times(s *Schedule, n *node, f fields, t *trail) {
	line, every, zone := f["cron"], f["every"], f["time_zone"]
	switch {
	case line != nil && every != nil:
		p.error(every.at, under(t, "every"), CodeInvalidValue, "a schedule has either cron or every, not both", "remove one of them")
	case n.member("cron") == nil && n.member("every") == nil:
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s does not say when", t), `write cron: "0 3 * * *" or every: 30s`)
	case every != nil && zone != nil:
		p.error(zone.at, under(t, "time_zone"), CodeInvalidValue, "`time_zone` is for cron: every counts from 1970 in UTC", "remove it")
	case every != nil:
		p.every(s, every, under(t, "every"))
	case line != nil:
		p.cron(s, line, zone, t)
	}
}

func (p *parser) every(s *Schedule, n *node, t *trail) {
	d, ok := p.duration(n, t, 1)
	if !ok {
		return
	}
	if d < everyLeast {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be 1s or longer, not %s", t, quote(n.text)), "")
		return
	}
	s.Every, s.Table = d, timetable.Every(d)
}

// cron reads a line and its time zone. Both are what another version of this program may know better: where it is about a workflow that
// has been saved, what is wrong with them keeps nothing but the schedule from being in force.
func (p *parser) cron(s *Schedule, n, zone *node, t *trail) {
	at, inZone := under(t, "cron"), under(t, "time_zone")
	line, ok := p.text(n, at, `a cron line such as "0 3 * * *"`)
	s.Cron, s.TimeZone = line, "UTC"
	if zone != nil {
		name, named := p.text(zone, inZone, "the name of a time zone such as Europe/Berlin")
		s.TimeZone, ok = name, ok && named
	}
	if !ok {
		return
	}
	table, err := timetable.Cron(line, s.TimeZone)
	switch {
	case errors.Is(err, timetable.ErrZone):
		hint := "write the name of one in the tz database, such as Europe/Berlin"
		if near := p.near(s.TimeZone, timetable.Zones()); near != "" {
			hint = didYouMean(near)
		}
		p.refuse(zone.at, inZone, CodeInvalidValue, "there is no time zone "+quote(s.TimeZone), hint)
	case err != nil:
		p.refuse(n.at, at, CodeInvalidValue, "not a cron line: "+err.Error(), cronHint(line, s.TimeZone))
	default:
		s.Table = table
	}
}

// cronHint says what to write instead of what other programs take for a cron line.
func cronHint(line, zone string) string {
	fields := strings.Fields(line)
	if len(fields) == 2 && strings.EqualFold(fields[0], "@every") {
		return "write every: " + clip(fields[1])
	}
	if len(fields) > 0 && strings.Contains(fields[0], "TZ=") {
		return "name the time zone in time_zone"
	}
	if len(fields) == 6 {
		short := strings.Join(fields[1:], " ")
		if _, err := timetable.Cron(short, zone); err == nil {
			return fmt.Sprintf("there is no field for seconds: write %q, or every: 10s and the like", clip(short))
		}
	}
	return ""
}
