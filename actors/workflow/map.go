package workflow

import (
	"fmt"

	"github.com/weirflow/weir/eventstore/document"
)

// Map is what a node of KindMap does: its work, once for each item of a list or of an object.
type Map struct {
	Over        *Template // the list or object, evaluated when the visit begins
	As          string    // the name under which the work's scripts and templates see the item
	Work        *Node     // a tool, a script, a set or a run of another workflow, with the name of the map
	Concurrency int       // how many items may be open at once
	Collect     bool      // an item that fails leaves its error among the results, and does not fail the map
}

// unseen reports whether items begin without an event of their own: what scripts and templates do shows nothing to
// anybody, so that they may be begun again if their outcome is lost. Of tools this package knows nothing.
func (m *Map) unseen() bool { return m.Work.Kind != KindTool && m.Work.Kind != KindChild }

// The defaults of a map.
const (
	mapAs          = "item"
	mapConcurrency = 8
)

// over is what a map goes over.
type over struct {
	values document.Value // an array
	keys   []string       // of an object, in its order; nil for an array
}

// overOf takes the value apart that a map's `over` gave.
func overOf(node *Node, v document.Value, most int) (*over, *Failure) {
	o := &over{values: v}
	switch v.Kind() {
	case document.KindArray:
	case document.KindObject:
		o.keys = v.Keys()
		values := make([]document.Value, 0, v.Len())
		for _, x := range v.Members() {
			values = append(values, x)
		}
		o.values = document.Array(values...)
	default:
		return nil, &Failure{Kind: FailureScript, Message: fmt.Sprintf(
			"node %q goes over %s, which has no items; let `over` give an array or an object, such as \"${state.list}\" or, where it may be missing, \"${state.list ?? []}\"",
			node.Name, describe(v))}
	}
	if n := v.Len(); n > most {
		return nil, &Failure{Kind: FailureFanOutLimit, Message: fmt.Sprintf(
			"node %q goes over %s items; limits.fan_out allows %s: raise it, or go over the list in parts", node.Name, grouped(n), grouped(most))}
	}
	return o, nil
}

// ScopeItem is the item of a map that a script, or an expression, is about.
type ScopeItem struct {
	Value document.Value
	Index int    // ctx.index: counts from 0, as JavaScript does
	Key   string // ctx.key, of an object
	Keyed bool   // it is of an object
}

func (o *over) item(number int) *ScopeItem {
	i := &ScopeItem{Index: number - 1, Value: o.values.At(number - 1), Keyed: o.keys != nil}
	if i.Keyed {
		i.Key = o.keys[i.Index]
	}
	return i
}

// gather returns the results of all items as the map's own: an array, or an object with the keys of that which the map
// went over.
func (o *over) gather(r chunks[document.Value]) document.Value {
	values := make([]document.Value, o.values.Len())
	for i := range values {
		values[i] = r.at(i)
	}
	if o.keys == nil {
		return document.Array(values...)
	}
	members := make([]document.Member, len(values))
	for i, key := range o.keys {
		members[i] = document.Member{Key: key, Value: values[i]}
	}
	return document.Object(members...)
}

// With on_error: collect each result says which of the two it is, since what an item brings may itself be an object
// with an error in it.

func collected(result document.Value) document.Value {
	return document.Object(document.Member{Key: "value", Value: result})
}

func collectedError(err document.Value) document.Value {
	return document.Object(document.Member{Key: "error", Value: err})
}
