package event

import (
	"fmt"
	"time"
)

// instantLayout is how a time stands in an event: RFC 3339 in UTC, with all nine digits of the nanoseconds, so that the
// texts sort as the times do.
const instantLayout = "2006-01-02T15:04:05.000000000Z"

// RFC 3339 has four digits for the year. A time beyond them is written as the nearest that can be written.
var (
	earliest = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

// appendTime appends t as instantLayout has it, without quotes. Writing the digits ourselves takes a third of the time of
// Time.AppendFormat, and every event has at least one.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	switch {
	case year < 0:
		return appendTime(dst, earliest)
	case year > 9999:
		return appendTime(dst, latest)
	}
	hour, minute, second := t.Clock()
	dst = append(appendDigits(dst, year, 4), '-')
	dst = append(appendDigits(dst, int(month), 2), '-')
	dst = append(appendDigits(dst, day, 2), 'T')
	dst = append(appendDigits(dst, hour, 2), ':')
	dst = append(appendDigits(dst, minute, 2), ':')
	dst = append(appendDigits(dst, second, 2), '.')
	return append(appendDigits(dst, t.Nanosecond(), 9), 'Z')
}

// appendDigits appends the last digits of i, which is not negative.
func appendDigits(dst []byte, i, digits int) []byte {
	end := len(dst) + digits
	dst = append(dst, "000000000"[:digits]...)
	for at := end - 1; i > 0 && at >= end-digits; at-- {
		dst[at] = byte('0' + i%10)
		i /= 10
	}
	return dst
}

// parseTime reads any RFC 3339 time.
func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not an RFC 3339 time", text)
	}
	return t.UTC(), nil
}
