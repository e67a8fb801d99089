package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// change is what a completed visit does to the shared state.
type change struct {
	patch document.Patch
	doc   document.Value // the state after it
	bytes int            // size of the result
}

// merge turns what a visit changed and returned into one patch: in-place changes first, then the returned
// object key by key through its reducer. A result that cannot be merged is a Failure.
func (s *State) merge(v *Visit, o *Outcome) (change, *Failure) {
	node := s.nodeOf(v)
	c := change{patch: o.Patch, doc: s.Doc}
	if o.HasResult {
		c.bytes = o.Result.Size()
	}
	if size := c.bytes + o.Patch.Size(); size > s.def.Limits.OutputBytes {
		return change{}, &Failure{Kind: FailureOutputTooLarge, Message: fmt.Sprintf(
			"node %q brought %d bytes; limits.output_size allows %d", v.Node, size, s.def.Limits.OutputBytes)}
	}
	if failure := s.checkInPlace(v, o.Patch); failure != nil {
		return change{}, failure
	}
	if len(o.Patch) > 0 {
		if failure := s.mergePatch(v, o.Patch, &c); failure != nil {
			return change{}, failure
		}
	}
	if o.HasResult {
		if failure := s.mergeResult(node, o.Result, &c); failure != nil {
			return change{}, failure
		}
	}
	if s.def.parallel {
		if failure := s.mergeBeside(v, o, &c); failure != nil {
			return change{}, failure
		}
	}
	if err := checkPatch(c.patch); err != nil {
		return change{}, &Failure{Kind: resultFailure(node.Kind), Message: fmt.Sprintf("node %q would write to the state: %s", v.Node, err)}
	}
	if depth := c.doc.Depth(); depth > document.MaxDepth {
		return change{}, &Failure{Kind: resultFailure(node.Kind), Message: fmt.Sprintf(
			"node %q would nest the state %d deep; at most %d levels are kept", v.Node, depth, document.MaxDepth)}
	}
	if size := c.doc.Size(); size > s.def.Limits.StateBytes {
		return change{}, &Failure{Kind: FailureStateTooLarge, Message: fmt.Sprintf(
			"node %q would grow the state to %d bytes; limits.state_size allows %d", v.Node, size, s.def.Limits.StateBytes)}
	}
	return c, nil
}

// mergePatch makes a visit's in-place changes of the state as it is now. Where another has given a key the same value
// since the visit saw it, nothing is left to do; that it is the same, mergeBeside sees to.
func (s *State) mergePatch(v *Visit, p document.Patch, c *change) *Failure {
	misfit := func(err error) *Failure {
		return &Failure{Kind: FailureScript, Message: "its changes do not fit the state: " + err.Error()}
	}
	if !s.def.parallel || document.Same(c.doc, v.Seen) {
		doc, err := p.Apply(c.doc)
		if err != nil {
			return misfit(err)
		}
		c.doc = doc
		return nil
	}
	mine, err := p.Apply(v.Seen)
	if err != nil {
		return misfit(err)
	}
	c.patch = nil
	for _, key := range s.changedKeys(p) {
		before, had := v.Seen.Get(key)
		now, has := c.doc.Get(key)
		value, keeps := mine.Get(key)
		switch {
		case had == has && document.Equal(before, now):
			for _, op := range p {
				if topKey(op.Path) == key {
					c.patch = append(c.patch, op)
				}
			}
		case keeps:
			c.patch = append(c.patch, document.Op{Op: document.OpAdd, Path: document.Pointer(key), Value: value})
		case has:
			c.patch = append(c.patch, document.Op{Op: document.OpRemove, Path: document.Pointer(key)})
		}
	}
	doc, err := c.patch.Apply(c.doc)
	if err != nil {
		return misfit(err)
	}
	c.doc = doc
	return nil
}

// mergeBeside refuses what conflicts with what other branches have written. What is written and changes nothing is
// recorded all the same, for those that come later.
func (s *State) mergeBeside(v *Visit, o *Outcome, c *change) *Failure {
	keys := s.changedKeys(c.patch)
	beside := s.live() > 1
	for _, key := range s.returnedKeys(v, o) {
		if slices.Contains(keys, key) || !s.def.Reducers[key].exclusive() {
			continue
		}
		keys = append(keys, key)
		if value, exists := c.doc.Get(key); exists && beside {
			c.patch = append(slices.Clip(c.patch), document.Op{Op: document.OpReplace, Path: document.Pointer(key), Value: value})
		}
	}
	return s.conflict(v, c.doc, keys)
}

// returnedKeys returns the keys that a result is merged under.
func (s *State) returnedKeys(v *Visit, o *Outcome) []string {
	if !o.HasResult {
		return nil
	}
	if into := s.nodeOf(v).Into; into != "" {
		return []string{into}
	}
	var keys []string
	for key := range o.Result.Members() {
		keys = append(keys, key)
	}
	return keys
}

// checkInPlace refuses in-place changes of keys that change only through their reducer.
func (s *State) checkInPlace(v *Visit, p document.Patch) *Failure {
	if len(s.def.Reducers) == 0 {
		return nil
	}
	for _, op := range p {
		key := topKey(op.Path)
		if r, ok := s.def.Reducers[key]; ok && r != ReduceLast {
			return &Failure{Kind: FailureScript, Message: fmt.Sprintf(
				"node %q changed state.%s in place, but its reducer is %s; return {%s: …} instead", v.Node, key, r, key)}
		}
	}
	return nil
}

func topKey(pointer string) string {
	key, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if strings.Contains(key, "~") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
	}
	return key
}

func (s *State) mergeResult(node *Node, result document.Value, c *change) *Failure {
	if node.Into != "" {
		return s.mergeKey(node, node.Into, result, c)
	}
	if result.IsNull() {
		return nil
	}
	if result.Kind() != document.KindObject {
		return &Failure{Kind: resultFailure(node.Kind), Message: fmt.Sprintf(
			"the result of node %q is %s and cannot be merged into the state; return an object, or write `into: key` to keep it under a key",
			node.Name, describe(result))}
	}
	for key, x := range result.Members() {
		if failure := s.mergeKey(node, key, x, c); failure != nil {
			return failure
		}
	}
	return nil
}

func resultFailure(k Kind) string {
	switch k {
	case KindTool:
		return FailureTool
	case KindChild:
		return FailureChild
	case KindWait:
		return FailureSignal
	case KindScript, KindSet, KindSleep, KindUntil, KindMap:
	}
	return FailureScript
}

func (s *State) mergeKey(node *Node, key string, x document.Value, c *change) *Failure {
	reducer := s.def.Reducers[key]
	old, exists := c.doc.Get(key)
	if reducer == ReduceAppend {
		if old.Kind() == document.KindArray {
			c.appendItems(key, old, x)
			return nil
		}
		if !exists || old.IsNull() {
			reducer, x = ReduceLast, listOf(x)
		}
	}
	value, err := reduce(reducer, old, exists, x)
	if err != nil {
		return &Failure{Kind: resultFailure(node.Kind), Message: fmt.Sprintf(
			"node %q returned %s for state.%s, whose reducer is %s: %s", node.Name, describe(x), key, reducer, err)}
	}
	if !exists {
		c.patch = append(c.patch, document.Op{Op: "add", Path: document.Pointer(key), Value: value})
	} else {
		before := len(c.patch)
		c.patch = append(c.patch[:before:before], document.DiffAt(document.Pointer(key), old, value)...)
		if len(c.patch) == before {
			return nil
		}
	}
	c.doc = c.doc.With(key, value)
	return nil
}

// appendItems adds to a list at the cost of the new items alone.
func (c *change) appendItems(key string, list, x document.Value) {
	path := document.Pointer(key, "-")
	items := []document.Value{x}
	if x.Kind() == document.KindArray {
		items = items[:0]
		for _, item := range x.Items() {
			items = append(items, item)
		}
	}
	for _, item := range items {
		c.patch = append(c.patch, document.Op{Op: "add", Path: path, Value: item})
	}
	c.doc = c.doc.With(key, list.Append(items...))
}

func listOf(x document.Value) document.Value {
	if x.Kind() == document.KindArray {
		return x
	}
	return document.Array(x)
}

func describe(v document.Value) string {
	switch v.Kind() {
	case document.KindNull:
		return "null"
	case document.KindBool:
		return "a boolean"
	case document.KindNumber:
		return "a number"
	case document.KindString:
		return "a string"
	case document.KindArray:
		return "an array"
	default:
		return "an object"
	}
}
