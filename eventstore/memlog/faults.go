package memlog

import (
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Faults is what goes wrong, and how often. The zero Faults is a log that never fails.
type Faults struct {
	Seed uint64
	// Delay bounds how long each way takes: to the log, and to the disk. Late messages and answers take up to
	// ten times as long.
	Delay time.Duration

	// How many appends of a hundred meet each of these.
	Late        int // are lost on their way and sent again: they arrive late
	LostAnswers int // are stored, and their writers learn it late
	Repeats     int // arrive once more, some time after they were stored
	Rivals      int // find that another owner was there first, with the same events; runs only
	Failures    int // are the last: the log fails before, while or after it stores them, and nobody is told

	// Disruptions is the most rivals and failures that one run, or workflow, meets. It lets a test come to
	// an end.
	Disruptions int

	Logger *slog.Logger // told about everything that goes wrong; nil: nobody is
}

// end is what an append comes to.
type end string

const (
	endWell    end = "well"
	endRival   end = "rival"   // another owner's commit stands in its place
	endBefore  end = "before"  // the log fails when it arrives
	endStored  end = "stored"  // … once it is stored
	endDurable end = "durable" // … once it is durable
	endTold    end = "told"    // … once its writer knows
)

// fate is what one append meets.
type fate struct {
	way    time.Duration // until it arrives
	sync   time.Duration // from there until it is durable
	settle time.Duration // where positive: its answer is lost, and found out so long after it was stored
	repeat time.Duration // where positive: it arrives again, so much later
	end    end
}

// schedule deals out fates. It outlives the Log that it began with.
type schedule struct {
	faults Faults

	mu        sync.Mutex
	subjects  map[string]*draws
	survivors *rand.Rand
}

// draws is what one run, or workflow, has coming.
type draws struct {
	*rand.Rand
	disruptions int
	appends     int
}

func newSchedule(f Faults) *schedule {
	if f.Logger == nil {
		f.Logger = slog.New(slog.DiscardHandler)
	}
	return &schedule{faults: f, subjects: map[string]*draws{}, survivors: rand.New(rand.NewPCG(f.Seed, 0))}
}

// next deals out the fate of a subject's next append.
func (s *schedule) next(subject string, ofRun bool) fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.subjects[subject]
	if d == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(subject)) // a hash takes everything
		d = &draws{Rand: rand.New(rand.NewPCG(s.faults.Seed, h.Sum64()))}
		s.subjects[subject] = d
	}
	d.appends++
	f := d.fate(&s.faults)
	if f.end != endWell {
		if d.disruptions == s.faults.Disruptions || f.end == endRival && !ofRun {
			f.end = endWell
		} else {
			d.disruptions++
		}
	}
	if f.settle > 0 || f.repeat > 0 || f.end != endWell {
		s.faults.Logger.Debug("fate of an append", slog.String("subject", subject), slog.Int("append", d.appends),
			slog.Duration("way", f.way), slog.Duration("settle", f.settle), slog.Duration("repeat", f.repeat), slog.String("end", string(f.end)))
	}
	return f
}

// fate draws everything, needed or not, so that one chance more or less leaves the other draws as they are.
func (d *draws) fate(f *Faults) fate {
	late, lost, repeated, rival, failure := d.IntN(100), d.IntN(100), d.IntN(100), d.IntN(100), d.IntN(100)
	way, sync := d.upTo(f.Delay), d.upTo(f.Delay)
	longer, settle, repeat := d.upTo(10*f.Delay), d.upTo(10*f.Delay), d.upTo(10*f.Delay)
	at := []end{endBefore, endStored, endDurable, endTold}[d.IntN(4)]
	dealt := fate{way: way, sync: sync, end: endWell}
	if late < f.Late {
		dealt.way += longer
	}
	if lost < f.LostAnswers {
		dealt.settle = 1 + settle
	}
	if repeated < f.Repeats {
		dealt.repeat = 1 + repeat
	}
	switch {
	case rival < f.Rivals:
		dealt.end = endRival
	case failure < f.Failures:
		dealt.end = at
	}
	return dealt
}

func (d *draws) upTo(most time.Duration) time.Duration {
	return time.Duration(d.Int64N(int64(most) + 1))
}

// survive draws how many of n records that were not durable a power cut leaves.
func (s *schedule) survive(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.Failures == 0 || n == 0 {
		return 0
	}
	return max(0, s.survivors.IntN(2*(n+1))-(n+1)) // none in every second case
}
