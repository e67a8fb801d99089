package scripts_test

import (
	"context"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestAllocations holds what the smallest executions allocate against a budget: a step of a workflow is two of them and little
// else. About 30 of each are goja's, for a fresh runtime and one call: see BenchmarkCondition/goja.
func TestAllocations(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context()) // as that of a run, which can be cancelled
	defer cancel()
	sc := scope(orders(1 << 10))
	for _, c := range []struct {
		name, source string
		most         float64
	}{
		{"nothing", "", 35},
		{"a change in place", "state.round += 1", 50},
		{"a returned object", "return {round: state.round + 1}", 60},
		{"a line of the console", "console.log('round', state.round)", 58},
	} {
		s, err := scripts0.CompileBody(c.source, scripts.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		withinBudget(t, c.name, c.most, func() error {
			_, err := s.Run(ctx, sc)
			return err
		})
	}
	x, err := scripts0.CompileExpression(condition, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	withinBudget(t, "a condition", 40, func() error {
		_, err := x.Test(ctx, sc)
		return err
	})
}

// TestRecordAllocations holds what a list of records costs against a budget for each: to look at it, to make another of it and
// to give it back.
func TestRecordAllocations(t *testing.T) {
	sc := scope(orders(100 << 10))
	list, _ := sc.State.Get("orders")
	s, err := scripts0.CompileBody("return {totals: state.orders.map(o => ({id: o.id, total: o.price * o.quantity}))}", scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	withinBudget(t, "a list of records", 37*float64(list.Len()), func() error {
		_, err := s.Run(t.Context(), sc)
		return err
	})
}

func withinBudget(t *testing.T, name string, most float64, do func() error) {
	t.Helper()
	var failed error
	got := testing.AllocsPerRun(20, func() {
		if err := do(); err != nil {
			failed = err
		}
	})
	if failed != nil {
		t.Fatalf("%s: %v", name, failed)
	}
	if got > most {
		t.Errorf("%s costs %v allocations, the budget is %v", name, got, most)
	}
}
