package logtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/weirflow/weir/eventstore"
)

// lastError loops to the end and returns the error there.
func lastError[T any](each func(func(T, error) bool)) error {
	var last error
	for _, err := range each {
		last = err
	}
	return last
}

func endsWithContext(t *testing.T, log Log) {
	NewAuthor("r").Write(t, log, 1)
	if _, err := log.AppendRevision(t.Context(), eventstore.RevisionRecord{Workflow: "w", Number: 1}, 0); err != nil {
		t.Fatal(err)
	}
	reason := errors.New("had enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	var done sync.WaitGroup
	begun := make(chan struct{})
	done.Go(func() {
		var last error
		for _, err := range log.Follow(ctx, "r", 0) {
			if last = err; err == nil {
				close(begun)
			}
		}
		if !errors.Is(last, reason) {
			t.Errorf("follow ended with %v", last)
		}
	})
	done.Go(func() {
		if err := lastError(log.FollowAll(ctx)); !errors.Is(err, reason) {
			t.Errorf("follow all ended with %v", err)
		}
	})
	done.Go(func() {
		if err := lastError(log.Commits(ctx, 0)); !errors.Is(err, reason) {
			t.Errorf("commits ended with %v", err)
		}
	})
	<-begun
	cancel(reason)
	done.Wait()
	for range 100 { // however fast the answer would be
		for name, err := range map[string]error{
			"read": lastError(log.Read(ctx, "r", 0)), "scan": lastError(log.Scan(ctx)), "revisions": lastError(log.Revisions(ctx)),
			"commits": lastError(log.Commits(ctx, 0)),
		} {
			if !errors.Is(err, reason) {
				t.Errorf("%s ended with %v", name, err)
			}
		}
		if _, err := log.Last(ctx, "r"); !errors.Is(err, reason) {
			t.Errorf("last ended with %v", err)
		}
	}
	if err := log.Ready(); err != nil {
		t.Errorf("the log is not ready: %v", err)
	}
}

func endsWithClose(t *testing.T, log Log) {
	a := NewAuthor("r")
	a.Write(t, log, 1)
	var done sync.WaitGroup
	begun := make(chan struct{})
	done.Go(func() {
		var last error
		for raw, err := range log.Follow(t.Context(), "r", 0) {
			if last = err; err == nil && raw.N == 1 {
				close(begun)
			}
		}
		if !errors.Is(last, eventstore.ErrClosed) {
			t.Errorf("follow ended with %v", last)
		}
	})
	all := log.FollowAll(t.Context())
	read := make(chan struct{})
	done.Go(func() {
		var last error
		for commits, err := range log.Commits(t.Context(), 0) {
			if last = err; len(commits) > 0 && commits[0].First == 1 {
				close(read)
			}
		}
		if !errors.Is(last, eventstore.ErrClosed) {
			t.Errorf("commits ended with %v", last)
		}
	})
	<-begun
	<-read
	under := log.Append(a.Seal(1), a.Sequence)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	if _, err := result(under); err != nil {
		t.Errorf("an append under way when closing: %v", err)
	}
	if _, err := result(log.Append(NewAuthor("late").Seal(1), 0)); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("append: got %v, want ErrClosed", err)
	}
	if _, err := log.AppendRevision(t.Context(), eventstore.RevisionRecord{Workflow: "w"}, 0); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("append a revision: got %v, want ErrClosed", err)
	}
	_, last := log.Last(t.Context(), "r")
	for name, err := range map[string]error{
		"read": lastError(log.Read(t.Context(), "r", 0)), "scan": lastError(log.Scan(t.Context())), "last": last,
		"revisions": lastError(log.Revisions(t.Context())), "follow": lastError(log.Follow(t.Context(), "r", 0)),
		"commits":                  lastError(log.Commits(t.Context(), 0)),
		"follow all, begun before": lastError(all), "follow all": lastError(log.FollowAll(t.Context())), "ready": log.Ready(),
	} {
		if !errors.Is(err, eventstore.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
	if err := log.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
