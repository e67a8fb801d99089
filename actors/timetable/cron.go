package timetable

import (
	_ "embed" // for the names of the time zones
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that a time zone can be loaded on any machine

	"github.com/netresearch/go-cron"
)

// lineMost is how long a cron line may be.
const lineMost = 256

// lines are what stands for a line.
var lines = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// parser reads the five fields. A day that a field restricts is enough where both are, as cron has it.
var parser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom).WithMaxSearchYears(10)

// everyHour has the bits of the hours.
const everyHour = 1<<24 - 1

//go:embed zones.txt
var zoneNames string

var zones = sync.OnceValue(func() []string { return strings.Fields(zoneNames) })

// Zones returns the names of the time zones, in order.
func Zones() []string { return zones() }

// ErrZone says that there is no time zone of a name.
var ErrZone = errors.New("there is no such time zone")

// Cron returns the table of a cron line on the clocks of a time zone; "" is UTC. The error says what is wrong with the line, or is
// ErrZone.
func Cron(line, zone string) (*Table, error) {
	if zone == "" {
		zone = "UTC"
	}
	if _, known := slices.BinarySearch(Zones(), zone); !known {
		return nil, ErrZone
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrZone, err)
	}
	spec, err := read(line)
	if err != nil {
		return nil, err
	}
	t := &Table{line: spec, zone: location, allHours: spec.Hour&everyHour == everyHour}
	if spec.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, fmt.Errorf("%q has no time: no such day ever comes", line)
	}
	return t, nil
}

// read parses a line.
func read(line string) (*cron.SpecSchedule, error) {
	text := strings.TrimSpace(line)
	if len(text) > lineMost {
		return nil, fmt.Errorf("the line is longer than %d bytes", lineMost)
	}
	if strings.HasPrefix(text, "@") {
		known, ok := lines[strings.ToLower(text)]
		if !ok {
			return nil, fmt.Errorf("%q stands for no line; @hourly, @daily, @weekly, @monthly and @yearly do", text)
		}
		text = known
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		found := fmt.Sprintf("%d fields", len(fields))
		if len(fields) == 1 {
			found = "1 field"
		}
		return nil, fmt.Errorf("%q has %s, and a line has five: minute, hour, day of the month, month, day of the week", line, found)
	}
	names := []string{"minute", "hour", "day of the month", "month", "day of the week"}
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if strings.HasPrefix(field, ",") || strings.HasSuffix(field, ",") || strings.Contains(field, ",,") {
			return nil, fmt.Errorf("the %s %q has a list with nothing between two commas, or at its end", names[i], field)
		}
		if _, err := parser.Parse(strings.Join(alone, " ")); err != nil {
			return nil, fmt.Errorf("the %s %q is wrong: %w", names[i], field, err)
		}
	}
	parsed, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q is no line of five fields", line)
	}
	spec.Location = time.UTC
	return spec, nil
}
