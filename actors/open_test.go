package actors

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// openQuiet opens a system without tools over a real store, which says nothing of what it does, for tests that look inside
// it. It is closed at the test's end.
func openQuiet(t *testing.T) *System {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: t.TempDir(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := tools.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: store.ID()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Store: store, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(context.Background()), index.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}
