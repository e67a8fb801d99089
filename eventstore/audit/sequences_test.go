package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A set of sequences does what a map would do.
func TestSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 3 * pageBits
		var set, other sequences
		model := make([]bool, most+1)
		edges := rapid.SampledFrom([]uint64{pageBits - 1, pageBits, pageBits + 1, 2*pageBits - 1, 2 * pageBits})
		some := rapid.OneOf(rapid.Uint64Range(1, most), edges)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := some.Draw(t, "sequence")
				set.add(n)
				model[n] = true
			},
			"addSpan": func(t *rapid.T) {
				span := Span{some.Draw(t, "from"), some.Draw(t, "to")}
				set.addSpan(span)
				for n := span.From; n <= span.To; n++ {
					model[n] = true
				}
			},
			"addOther": func(t *rapid.T) {
				n := some.Draw(t, "from")
				other.addSpan(Span{n, n + rapid.SampledFrom([]uint64{0, 5, pageBits, 2 * pageBits}).Draw(t, "length")})
			},
			"shared": func(t *rapid.T) {
				both := uint64(0)
				for n, in := range model {
					if in && other.has(uint64(n)) {
						both++
					}
				}
				if got := set.shared(&other); got != both {
					t.Fatalf("%d sequences are in both, want %d", got, both)
				}
			},
			"has": func(t *rapid.T) {
				if n := some.Draw(t, "sequence"); set.has(n) != model[n] {
					t.Fatalf("has %d: %v", n, set.has(n))
				}
			},
			"without": func(t *rapid.T) {
				span := Span{some.Draw(t, "from"), some.Draw(t, "to")}
				limit := rapid.IntRange(0, 5).Draw(t, "limit")
				var want []Span
				missing := uint64(0)
				for n := span.From; n <= span.To; n++ {
					if model[n] || other.has(n) {
						continue
					}
					missing++
					if last := len(want) - 1; last >= 0 && want[last].To == n-1 {
						want[last].To = n
					} else {
						want = append(want, Span{n, n})
					}
				}
				parts, count := without(span, limit, &set, &other)
				if diff := cmp.Diff(want[:min(limit, len(want))], parts); count != missing || len(parts) > 0 && diff != "" {
					t.Fatalf("%d missing, want %d; the parts differ:\n%s", count, missing, diff)
				}
			},
		})
	})
}
