package audit

import (
	"fmt"
	"strconv"
	"strings"
)

// count writes a number with commas between the thousands.
func count[N int | int64 | uint64](n N) string {
	digits := strconv.FormatUint(uint64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes how many there are of something.
func plural[N int | int64 | uint64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

// bytesText writes a length exactly while it is short.
func bytesText(n int64) string {
	const exact, unit = 10_000_000, 1 << 20
	if n < exact {
		return plural(n, "byte")
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/unit)
}

func upperFirst(text string) string {
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

func lowerFirst(text string) string {
	return strings.ToLower(text[:min(1, len(text))]) + text[min(1, len(text)):]
}
