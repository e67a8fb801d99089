package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestHugeConstants refuses what the compiler would work out for ever, where it stands, and nothing else.
func TestHugeConstants(t *testing.T) {
	for body, column := range map[string]int{
		`return 10n ** 1000000000n`:                           8,
		`return 1n << 1000000000000n`:                         8,
		`return -(7n ** 99999999n)`:                           10,
		`if (true || 3n ** 9999999n) return 1`:                13,
		`return (2n ** 64n) ** 64n`:                           9,
		`return [` + strings.Repeat("9n**9999n,", 1000) + `]`: 0,
		`export default () => 10n ** 1000000000n`:             0,
	} {
		_, err := scripts0.CompileBody(body, scripts.Origin{})
		if f := failure(t, err, scripts.KindLimit); column > 0 && f.Column != column {
			t.Errorf("%.40s is refused in column %d, want %d", body, f.Column, column)
		}
	}
	for body, want := range map[string]string{
		`return String(2n ** 64n)`:                       `"18446744073709551616"`,
		`return String(1n << 70n)`:                       `"1180591620717411303424"`,
		`const n = 70n; return String((1n << n) >> 69n)`: `"2"`,
		`return [2 ** 10, 1 << 4]`:                       `[1024,16]`,
	} {
		if r, err := run(t, body, `{}`); err != nil || r.Returned.String() != want {
			t.Errorf("%s returns %s, %v; want %s", body, r.Returned, err, want)
		}
	}
}
