package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Items is where an open visit of a map stands. It is never changed once it is there.
type Items struct {
	Total  int
	Done   int     // have completed
	Failed int     // have failed for good, and their errors were collected
	Open   []*Item // have begun and are neither, in the order they began; never changed once they are there

	next      int                    // how many have begun
	attempt   int                    // the attempt of the visit that has counted them, and
	countedAt time.Time              // when: `over` is always evaluated as it was then
	bytes     int                    // of the results
	results   chunks[document.Value] // of those that are done or failed, by position; empty where nobody wants them
	over      *over                  // remembered from Decide; nil in a replayed visit, where it is evaluated again
}

// Item is one item of a map that has begun and not ended.
type Item struct {
	Number    int // counts from 1
	Attempt   int
	Phase     Phase     // PhaseRunning, PhaseBackoff, PhaseChild, or PhaseFailed: it has failed the visit, and a retry of the run repeats it
	Due       time.Time // PhaseBackoff; PhaseChild: when the map has taken too long, zero for never
	Child     string    // the run that the attempt has started, "" before and in maps of other work
	Begun     uint64    // number of the event that it began with
	StartedAt time.Time // its time

	recorded    bool // the event is a NodeStarted of its own
	tries       int  // failed attempts that count against retry.max
	interrupted int  // interrupted attempts in a row
}

// ItemKey is the idempotency key of an item of the visit, equal for all its attempts.
func (v *Visit) ItemKey(run string, i *Item) string {
	return fmt.Sprintf("%s/%d", v.Key(run), i.Number)
}

// settled reports whether nothing is left to do.
func (i *Items) settled() bool { return i.Done+i.Failed == i.Total }

// waiting reports whether there are items under way and all of them are child runs.
func (i *Items) waiting() bool {
	return i != nil && len(i.Open) > 0 &&
		!slices.ContainsFunc(i.Open, func(k *Item) bool { return k.Phase != PhaseChild })
}

// ItemScope is what the work of a map sees of an item. The evaluator is asked for nothing where Decide has begun or
// taken up the visit's latest attempt since its events were folded.
func (s *State) ItemScope(v *Visit, i *Item, ev Evaluator) (Scope, error) {
	o, failure := s.over(v, ev)
	if failure != nil {
		return Scope{}, failure
	}
	sc := s.Scope(v)
	sc.Attempt, sc.Now, sc.Item = i.Attempt, i.StartedAt, o.item(i.Number)
	return sc, nil
}

// ItemArguments evaluates the `with` of a map's work; a tool without one is given the item.
func (s *State) ItemArguments(v *Visit, sc Scope, ev Evaluator) (document.Value, error) {
	if with := s.def.Nodes[v.at].Map.Work.With; with != nil {
		return with.Eval(ev, sc)
	}
	return sc.Item.Value, nil
}

// over returns what an open visit goes over.
func (s *State) over(v *Visit, ev Evaluator) (*over, *Failure) {
	if v.Items.over != nil {
		return v.Items.over, nil
	}
	sc := s.Scope(v)
	sc.Attempt, sc.Now = v.Items.attempt, v.Items.countedAt
	return s.evalOver(&s.def.Nodes[v.at], sc, ev)
}

func (s *State) evalOver(node *Node, sc Scope, ev Evaluator) (*over, *Failure) {
	value, err := node.Map.Over.Eval(ev, sc)
	if err != nil {
		return nil, asFailure(err)
	}
	return overOf(node, value, s.def.Limits.FanOut)
}

// due is when something is to be done for the items of a running visit.
func (s *State) itemsDue(v *Visit, due time.Time) time.Time {
	if timeout := s.def.Nodes[v.at].Timeout; timeout > 0 {
		due = earlier(due, v.StartedAt.Add(timeout))
	}
	for _, i := range v.Items.Open {
		if i.Phase == PhaseBackoff {
			due = earlier(due, i.Due)
		}
	}
	return due
}

// count notes at the begin of a visit's attempt how many items there are, unless an earlier attempt has.
func (v *Visit) count(e event.Event, b event.NodeStarted, node *Node) {
	items := Items{Total: b.Items, attempt: b.Attempt, countedAt: e.At}
	if v.Items != nil && v.Items.Total > 0 {
		items = *v.Items
	}
	items.refill(e, node)
	v.Items = &items
}

// refill opens the next items where they begin unseen: with the event that makes room for them.
func (i *Items) refill(e event.Event, node *Node) {
	if !node.Map.unseen() || len(i.Open) >= node.Map.Concurrency || i.next == i.Total {
		return
	}
	i.Open = slices.Clone(i.Open)
	for len(i.Open) < node.Map.Concurrency && i.next < i.Total {
		i.begin(e, false)
	}
}

// begin opens the next item. The list of those that are open must be the caller's own.
func (i *Items) begin(e event.Event, recorded bool) {
	i.next++
	i.Open = append(i.Open, &Item{
		Number: i.next, Attempt: 1, Phase: PhaseRunning, Begun: e.N, StartedAt: e.At, recorded: recorded,
	})
}

// item returns the place of an open item, -1 if it is not open.
func (i *Items) item(number int) int {
	return slices.IndexFunc(i.Open, func(k *Item) bool { return k.Number == number })
}

// change replaces an open item.
func (i *Items) change(at int, k Item) {
	i.Open = slices.Clone(i.Open)
	i.Open[at] = &k
}

// settle closes an open item, whose result is kept where somebody wants it.
func (i *Items) settle(at int, node *Node, result document.Value) {
	if node.Into != "" {
		i.results = i.results.with(i.Open[at].Number-1, result)
		i.bytes += result.Size() + len(",")
	}
	i.Open = slices.Delete(slices.Clone(i.Open), at, at+1)
}

// halt has items that were being executed, or whose child runs went on, begin again at the visit's next attempt. What
// began unseen just goes on.
func (v *Visit) halt(at time.Time) {
	items := *v.Items
	for k, i := range items.Open {
		if i.Phase == PhaseRunning && i.recorded || i.Phase == PhaseChild {
			halted := *i
			halted.Phase, halted.Due, halted.Child = PhaseBackoff, at, ""
			items.change(k, halted)
		}
	}
	v.Items = &items
}

// reopen has items that failed the visit, or were waiting for another attempt, begin again at once, with all their tries.
func (v *Visit) reopen(at time.Time) {
	items := *v.Items
	for k, i := range items.Open {
		again := *i
		again.tries, again.interrupted = 0, 0
		if i.Phase != PhaseRunning {
			again.Phase, again.Due = PhaseBackoff, at
		}
		items.change(k, again)
	}
	v.Items = &items
}

// openItem finds the visit and the item that an event is about.
func (s *State) openItem(e event.Event, node string, visit, number, attempt int) (*Visit, int, error) {
	v := s.visit(node, visit)
	if v == nil || v.Items == nil {
		return nil, 0, foldError(e, "the visit of the map is not open")
	}
	at := v.Items.item(number)
	if at < 0 || v.Items.Open[at].Attempt != attempt {
		return nil, 0, foldError(e, fmt.Sprintf("attempt %d of item %d is not open", attempt, number))
	}
	return v, at, nil
}

func (s *State) itemStarted(e event.Event, b event.NodeStarted) error {
	if b.Attempt == 1 {
		v := s.visit(b.Node, b.Visit)
		if v == nil || v.Items == nil || b.Item != v.Items.next+1 || b.Item > v.Items.Total {
			return foldError(e, fmt.Sprintf("item %d is not the next of an open map", b.Item))
		}
		items := *v.Items
		items.Open = slices.Clone(items.Open)
		items.begin(e, true)
		v.Items = &items
		return nil
	}
	v, at, err := s.openItem(e, b.Node, b.Visit, b.Item, b.Attempt-1)
	if err != nil {
		return err
	}
	items, i := *v.Items, *v.Items.Open[at]
	i.Attempt, i.Phase, i.Due, i.Child, i.Begun, i.StartedAt, i.recorded = b.Attempt, PhaseRunning, time.Time{}, "", e.N, e.At, true
	items.change(at, i)
	v.Items = &items
	return nil
}

func (s *State) itemCompleted(e event.Event, b event.NodeCompleted) error {
	v, at, err := s.openItem(e, b.Node, b.Visit, b.Item, b.Attempt)
	if err != nil {
		return err
	}
	node, items, result := &s.def.Nodes[v.at], *v.Items, b.Result
	if node.Map.Collect {
		result = collected(result)
	}
	items.settle(at, node, result)
	items.Done++
	items.refill(e, node)
	v.Items, v.interrupted = &items, 0
	return nil
}

func (s *State) itemFailed(e event.Event, b event.NodeFailed) error {
	v, at, err := s.openItem(e, b.Node, b.Visit, b.Item, b.Attempt)
	if err != nil {
		return err
	}
	node, items, i := &s.def.Nodes[v.at], *v.Items, *v.Items.Open[at]
	if b.Kind == FailureInterrupted {
		i.interrupted++
	} else {
		i.tries++
		i.interrupted = 0
	}
	switch {
	case !b.RetryAt.IsZero():
		i.Phase, i.Due = PhaseBackoff, b.RetryAt
		items.change(at, i)
	case node.Map.Collect:
		items.settle(at, node, collectedError(errorValue(&b)))
		items.Failed++
		items.refill(e, node)
	default:
		i.Phase, i.Due = PhaseFailed, time.Time{}
		items.change(at, i)
	}
	v.Items = &items
	return nil
}
