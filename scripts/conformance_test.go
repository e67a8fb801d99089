package scripts_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// The tests of this package are one suite over both isolations: whatever they run by these functions runs in this process
// and in one of its own, and must come to the same, to the last letter of an error, its place and what was logged before
// it. What is returned is the outcome in this process.

// pool0 has the processes. The suite ends it.
var pool0 = scripts.NewPool(scripts.PoolConfig{Size: 2})

type suite struct{ *testing.M }

// Run runs the tests and then ends the processes, so that none is left where leaks are looked for.
func (s suite) Run() int {
	code := s.M.Run()
	_ = pool0.Close() // it never fails
	return code
}

// reporter is what testing.TB and rapid.TB have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// source is a script as a test gives it.
type source struct {
	text, item string
	origin     scripts.Origin
}

// runBoth runs a body over a scope.
func runBoth(ctx context.Context, t testing.TB, e *scripts.Engine, s source, sc scripts.Scope) (scripts.Result, error) {
	t.Helper()
	return codeBoth(ctx, t, e, scripts.Code{Source: s.text, Origin: s.origin, Item: s.item}, sc)
}

// codeBoth runs a script, which may be a module, over a scope.
func codeBoth(ctx context.Context, t testing.TB, e *scripts.Engine, c scripts.Code, sc scripts.Scope) (scripts.Result, error) {
	t.Helper()
	here, err := e.Compile(c)
	apart, again := e.Isolated(pool0).Compile(c)
	if err != nil {
		sameError(t, c.Source, err, again)
		return scripts.Result{}, err
	}
	return runPair(ctx, t, here, apart, c.Source, sc)
}

// runPair runs a body that was compiled for both.
func runPair(ctx context.Context, t reporter, here, apart *scripts.Script, text string, sc scripts.Scope) (scripts.Result, error) {
	t.Helper()
	r, err := here.Run(ctx, sc)
	other, failed := apart.Run(ctx, sc)
	sameError(t, text, err, failed)
	if r.Patch.String() != other.Patch.String() || r.HasReturned != other.HasReturned || r.Returned.String() != other.Returned.String() {
		t.Errorf("%s\nchanged %s, returned %s\nin a process of its own\nchanged %s, returned %s", text, r.Patch, r.Returned, other.Patch, other.Returned)
	}
	sameLines(t, text, r.Console, other.Console)
	return r, err
}

// evalBoth evaluates an expression over a scope.
func evalBoth(t testing.TB, e *scripts.Engine, s source, sc scripts.Scope) (document.Value, error) {
	t.Helper()
	here, err := e.CompileItemExpression(s.text, s.origin, s.item)
	apart, again := e.Isolated(pool0).CompileItemExpression(s.text, s.origin, s.item)
	if err != nil {
		sameError(t, s.text, err, again)
		return document.Null, err
	}
	v, err := here.Eval(t.Context(), sc)
	other, failed := apart.Eval(t.Context(), sc)
	sameError(t, s.text, err, failed)
	if v.String() != other.String() {
		t.Errorf("%s is %s, in a process of its own %s", s.text, v, other)
	}
	return v, err
}

// holdsBoth asks whether an expression holds.
func holdsBoth(t testing.TB, e *scripts.Engine, s source, sc scripts.Scope) (bool, error) {
	t.Helper()
	here, err := e.CompileExpression(s.text, s.origin)
	if err != nil {
		t.Fatal(err)
	}
	apart, err := e.Isolated(pool0).CompileExpression(s.text, s.origin)
	if err != nil {
		t.Fatal(err)
	}
	holds, err := here.Test(t.Context(), sc)
	also, failed := apart.Test(t.Context(), sc)
	sameError(t, s.text, err, failed)
	if holds != also {
		t.Errorf("%s holds: %v, in a process of its own %v", s.text, holds, also)
	}
	return holds, err
}

func sameError(t reporter, text string, here, apart error) {
	t.Helper()
	if (here == nil) != (apart == nil) {
		t.Fatalf("%s\nfailed with %v, in a process of its own with %v", text, here, apart)
	}
	if here == nil {
		return
	}
	var a, b *scripts.Error
	if !errors.As(here, &a) || !errors.As(apart, &b) {
		t.Fatalf("%s\n%T and %T are not both *scripts.Error", text, here, apart)
	}
	if a.Kind != scripts.KindTimeout { // how far it came is chance, and what was logged is lost with a process
		sameLines(t, text, a.Console, b.Console)
	}
	one, other := *a, *b
	one.Console, other.Console = nil, nil
	if a.Kind == scripts.KindTimeout { // where a loop is at that instant is chance, and a native one ends with its process alone
		one.Line, one.Column, other.Line, other.Column = 0, 0, 0, 0
		other.Message, _, _ = strings.Cut(other.Message, " (it could not be stopped")
	}
	if diff := cmp.Diff(one, other, cmp.AllowUnexported(scripts.Error{}), cmp.Comparer(func(x, y error) bool { return errors.Is(x, y) })); diff != "" {
		t.Errorf("%s\nin a process of its own (+) it fails otherwise:\n%s", text, diff)
	}
}

func sameLines(t reporter, text string, here, apart []scripts.Line) {
	t.Helper()
	if diff := cmp.Diff(here, apart); diff != "" && len(here)+len(apart) > 0 {
		t.Errorf("%s\nin a process of its own (+) it logs otherwise:\n%s", text, diff)
	}
}
