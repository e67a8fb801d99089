package scripts_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

var scripts0 = scripts.New(scripts.Limits{})

func TestMain(m *testing.M) {
	scripts.RunWorker()
	goleak.VerifyTestMain(suite{m}, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")) // the clock of regular expressions ends by itself, seconds later
}

var visit = scripts.Context{
	Run: "run-1", Node: "score", Visit: 2, Attempt: 1,
	Now: time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.FixedZone("east", 7200)),
}

// run compiles and runs a body over a state, as a file of its own.
func run(t testing.TB, body, state string) (scripts.Result, error) {
	t.Helper()
	return runIn(t, scripts.New(scripts.Limits{}), body, scripts.Scope{State: document.MustParse(state), Ctx: visit})
}

func runIn(t testing.TB, e *scripts.Engine, body string, sc scripts.Scope) (scripts.Result, error) {
	t.Helper()
	if _, err := e.CompileBody(body, scripts.Origin{}); err != nil {
		t.Fatalf("compile %s: %v", body, err)
	}
	return runBoth(t.Context(), t, e, source{text: body}, sc)
}

// mustRun is run for scripts that succeed. It returns the state after the patch.
func mustRun(t testing.TB, body, state string) (scripts.Result, document.Value) {
	t.Helper()
	r, err := run(t, body, state)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	after, err := r.Patch.Apply(document.MustParse(state))
	if err != nil {
		t.Fatalf("%s: the patch %s does not fit: %v", body, r.Patch, err)
	}
	return r, after
}

// failure returns the *Error that err must be, of that kind.
func failure(t testing.TB, err error, kind string) *scripts.Error {
	t.Helper()
	var e *scripts.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is no *scripts.Error", err, err)
	}
	if e.Kind != kind {
		t.Fatalf("error %v has kind %s, want %s", e, e.Kind, kind)
	}
	return e
}

func eval(t testing.TB, expression, state string) (document.Value, error) {
	t.Helper()
	if _, err := scripts0.CompileExpression(expression, scripts.Origin{}); err != nil {
		t.Fatalf("compile %s: %v", expression, err)
	}
	return evalBoth(t, scripts0, source{text: expression}, scripts.Scope{
		State: document.MustParse(state),
		Input: document.MustParse(`{"code":"x","ids":[9007199254740993]}`),
		Ctx:   visit,
	})
}

func must(text string) document.Value { return document.MustParse(text) }

func quote(text string) string { return document.String(text).String() }
