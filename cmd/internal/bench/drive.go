package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// driven is what clients have seen that did one thing after the other.
type driven struct {
	took    []time.Duration // each, the shortest first
	elapsed time.Duration
	err     error // the first
}

// drive has as many clients as concurrency says do one thing after the other: so many in all or, where runs is 0, until
// the duration is over, but no less than one for each client. What is done is told its number, from 0 on. The first error
// ends it.
func drive(ctx context.Context, concurrency, runs int, duration time.Duration, one func(i int) error) driven {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	took := make([][]time.Duration, concurrency)
	var next atomic.Int64
	var all sync.WaitGroup
	begun := time.Now()
	for client := range concurrency {
		all.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				now := time.Now()
				if runs > 0 && i >= runs || runs <= 0 && i >= concurrency && now.Sub(begun) >= duration {
					return
				}
				if err := one(i); err != nil {
					cancel(err)
					return
				}
				took[client] = append(took[client], time.Since(now))
			}
		})
	}
	all.Wait()
	d := driven{slices.Concat(took...), time.Since(begun), context.Cause(ctx)}
	slices.Sort(d.took)
	return d
}

// percentile is the duration that so much of a hundred of them do not exceed; they are sorted.
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// rate is how many there were a second.
func (d driven) rate() float64 { return float64(len(d.took)) / d.elapsed.Seconds() }

// median is the middle one, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// mean is the sum of them by their number.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
