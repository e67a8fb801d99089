package scripts

import (
	"hash/fnv"
	"strconv"
	"time"
)

// JavaScript's local time is Go's, which is the machine's: two machines would disagree about one replay. Goja
// knows no time zone of a single runtime, so the whole process lives in UTC.
func init() { time.Local = time.UTC }

// now is the instant of the visit.
func (x *execution) now() time.Time {
	if d := x.durable; d != nil && !d.at.IsZero() {
		return d.at
	}
	if x.scope.Ctx.Now.IsZero() {
		return time.Unix(0, 0)
	}
	return x.scope.Ctx.Now
}

// randomSource is SplitMix64. Its numbers are part of what a replay repeats: neither it nor its seed may change.
type randomSource struct {
	state  uint64
	seeded bool
}

// nextRandom returns the next Math.random of the visit: a multiple of 2^-53 in [0, 1). The attempt does not count, so
// that a repeated attempt sees the same numbers.
func (x *execution) nextRandom() float64 {
	if !x.random.seeded {
		h := fnv.New64a()
		c := &x.scope.Ctx
		_, _ = h.Write([]byte(c.Run + "\x00" + c.Node + "\x00" + strconv.Itoa(c.Visit)))
		if item := x.scope.Item; item != nil {
			_, _ = h.Write([]byte("\x00" + strconv.Itoa(item.Index)))
		}
		x.random = randomSource{state: h.Sum64(), seeded: true}
	}
	x.random.state += 0x9E3779B97F4A7C15
	z := x.random.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}
