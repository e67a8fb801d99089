package workflow

import "time"

// callsSnapshot is the journal of a visit as text.
type callsSnapshot struct {
	Seen, Attempt, Next, Bytes int
	BegunAt                    time.Time
	Calls                      []callSnapshot
	Ends                       []int // places
	Open                       []int // places
}

// callSnapshot has the call's fields that are not exported, too.
type callSnapshot struct {
	Call
	Tries, Interrupted int
}

func (c *Calls) snapshot() *callsSnapshot {
	if c == nil {
		return nil
	}
	k := &callsSnapshot{Seen: c.Seen, Attempt: c.attempt, BegunAt: c.begunAt, Next: c.next, Bytes: c.bytes}
	for i := range c.made {
		call := c.At(i)
		k.Calls = append(k.Calls, callSnapshot{*call, call.tries, call.interrupted})
	}
	for i := range c.ended {
		k.Ends = append(k.Ends, c.End(i).Place)
	}
	for _, call := range c.Open {
		k.Open = append(k.Open, call.Place)
	}
	return k
}

func (k *callsSnapshot) restore() *Calls {
	if k == nil {
		return nil
	}
	c := &Calls{Seen: k.Seen, attempt: k.Attempt, begunAt: k.BegunAt, next: k.Next, bytes: k.Bytes}
	for i := range k.Calls {
		call := k.Calls[i].Call
		call.tries, call.interrupted = k.Calls[i].Tries, k.Calls[i].Interrupted
		c.all, c.made = c.all.with(i, &call), i+1
	}
	for _, place := range k.Ends {
		c.ends, c.ended = c.ends.with(c.ended, c.At(place)), c.ended+1
	}
	for _, place := range k.Open {
		c.Open = append(c.Open, c.At(place))
	}
	return c
}
