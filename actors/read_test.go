package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
)

// What cannot be the id of a run is the id of none, whatever is asked about it.
func TestNoRunHasAnInvalidID(t *testing.T) {
	e := open(t)
	for name, ask := range map[string]func(ctx context.Context, run string) error{
		"View":    func(ctx context.Context, run string) error { _, err := e.View(ctx, run); return err },
		"Wait":    func(ctx context.Context, run string) error { _, err := e.Wait(ctx, run); return err },
		"Events":  func(ctx context.Context, run string) error { _, err := e.Events(ctx, run, 0, 1); return err },
		"StateAt": func(ctx context.Context, run string) error { _, err := e.StateAt(ctx, run, 1); return err },
		"Cancel":  func(ctx context.Context, run string) error { _, err := e.Cancel(ctx, run, "", ""); return err },
		"Retry":   func(ctx context.Context, run string) error { _, err := e.Retry(ctx, run, ""); return err },
		"Follow": func(ctx context.Context, run string) error {
			for _, err := range e.Follow(ctx, run, 0) {
				return err
			}
			return nil
		},
	} {
		for _, run := range []string{"", "a*", "a.b", "a b", "../a", strings.Repeat("a", 65)} {
			if err := ask(t.Context(), run); !errors.Is(err, actors.ErrRunNotFound) {
				t.Errorf("%s of %q: %v, want ErrRunNotFound", name, run, err)
			}
		}
	}
}
