package actors

import (
	"context"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// Tried is what a script did that was run once and recorded nowhere.
type Tried struct {
	State       document.Value // after it: its changes in place, then what it returned, merged key by key
	Patch       document.Patch // the same
	Returned    document.Value
	HasReturned bool
	Console     []scripts.Line
	Took        time.Duration
}

// Try runs a script once, outside of any run. Its returned object is merged as keys without a reducer are, and anything else
// that it returns is left out of the state. What fails is a *scripts.Error.
func Try(ctx context.Context, script *scripts.Script, scope scripts.Scope) (Tried, error) {
	if scope.Input.IsNull() {
		scope.Input = document.Object()
	}
	began := time.Now()
	result, err := script.Run(ctx, scope)
	took := time.Since(began)
	if err != nil {
		return Tried{}, err
	}
	state, err := result.Patch.Apply(scope.State)
	if err != nil {
		return Tried{}, err
	}
	if result.HasReturned && scope.Item == nil && result.Returned.Kind() == document.KindObject {
		for key, value := range result.Returned.Members() {
			state = state.With(key, value)
		}
	}
	if err := workflow.CheckKeys(state); err != nil { // a run would fail here, too
		return Tried{}, &scripts.Error{Kind: scripts.KindScript, Message: "the script would write to the state: " + err.Error(), Console: result.Console}
	}
	return Tried{
		State: state, Patch: document.Diff(scope.State, state), Returned: result.Returned, HasReturned: result.HasReturned,
		Console: result.Console, Took: took,
	}, nil
}

// CheckScript says what is wrong with a script that stands by itself, as Check does of those of a workflow. Its file is its path
// among the source's files, whose ending says its language.
func (s *System) CheckScript(src Source, expression bool) workflow.Problems {
	return workflow.CheckScript(string(src.Data), expression, workflow.Options{File: src.File, Checker: s.catalog.checker, Files: src.Files})
}
