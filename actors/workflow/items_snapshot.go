package workflow

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// itemsSnapshot is the items of an open map as text. What the map goes over is left out: it is evaluated again.
type itemsSnapshot struct {
	Total, Done, Failed, Next, Attempt, Bytes int
	CountedAt                                 time.Time
	Open                                      []itemSnapshot
	Results                                   []resultSnapshot // those that are not null
}

// itemSnapshot has the item's fields that are not exported, too.
type itemSnapshot struct {
	Item
	Recorded           bool
	Tries, Interrupted int
}

type resultSnapshot struct {
	At    int
	Value document.Value
}

func (i *Items) snapshot() *itemsSnapshot {
	if i == nil {
		return nil
	}
	c := &itemsSnapshot{
		Total: i.Total, Done: i.Done, Failed: i.Failed, Next: i.next, Attempt: i.attempt, Bytes: i.bytes, CountedAt: i.countedAt,
	}
	for _, k := range i.Open {
		c.Open = append(c.Open, itemSnapshot{*k, k.recorded, k.tries, k.interrupted})
	}
	for at := range i.Total {
		if v := i.results.at(at); !v.IsNull() {
			c.Results = append(c.Results, resultSnapshot{at, v})
		}
	}
	return c
}

func (c *itemsSnapshot) restore() *Items {
	if c == nil {
		return nil
	}
	i := &Items{
		Total: c.Total, Done: c.Done, Failed: c.Failed, next: c.Next, attempt: c.Attempt, bytes: c.Bytes, countedAt: c.CountedAt,
	}
	for _, k := range c.Open {
		item := k.Item
		item.recorded, item.tries, item.interrupted = k.Recorded, k.Tries, k.Interrupted
		i.Open = append(i.Open, &item)
	}
	for _, r := range c.Results {
		i.results = i.results.with(r.At, r.Value)
	}
	return i
}
