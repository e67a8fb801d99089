package api

import (
	"context"
	"iter"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
)

// frame is one message of a tail: the bytes to send, and the number of the event they come from.
type frame struct {
	n    uint64
	data []byte
}

// history yields the events of a run after the given one, first the stored ones, then each as it becomes
// durable, and ends after the event that ends the run. A terminal event that a retry took back does not
// end it. A number beyond the run's last event waits for what comes after it.
func (s *Server) history(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error] {
	return func(yield func(event.Raw, error) bool) {
		view, err := s.system.View(ctx, run)
		if err != nil {
			yield(event.Raw{}, err)
			return
		}
		if view.Status.Ended() && after >= view.LastEvent {
			return
		}
		for raw, err := range s.system.Follow(ctx, run, min(after, view.LastEvent)) {
			if err != nil {
				yield(event.Raw{}, err)
				return
			}
			if raw.N > after && !yield(raw, nil) {
				return
			}
			if !raw.Type.Terminal() {
				continue
			}
			ended, err := s.endedAt(ctx, run, raw.N)
			if err != nil {
				yield(event.Raw{}, err)
				return
			}
			if ended {
				return
			}
		}
		// The events ended and the run did not.
		if err := ctx.Err(); err != nil {
			yield(event.Raw{}, err)
			return
		}
		yield(event.Raw{}, actors.ErrClosed)
	}
}

// endedAt reports whether event n, which is terminal, is where the run ends. The view of a run may become
// known a moment after its events.
func (s *Server) endedAt(ctx context.Context, run string, n uint64) (bool, error) {
	const pause = time.Millisecond
	for {
		view, err := s.system.View(ctx, run)
		if err != nil {
			return false, err
		}
		if view.LastEvent >= n {
			return view.LastEvent == n && view.Status.Ended(), nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// frames are the events as they are stored.
func frames(events iter.Seq2[event.Raw, error]) iter.Seq2[frame, error] {
	return func(yield func(frame, error) bool) {
		for raw, err := range events {
			if !yield(frame{n: raw.N, data: raw.JSON}, err) {
				return
			}
		}
	}
}

// endReason says how a run ended, for the close of its tail.
func (s *Server) endReason(ctx context.Context, run string) string {
	view, err := s.system.View(ctx, run)
	if err != nil || !view.Status.Ended() {
		return "the run has ended"
	}
	return "run " + string(view.Status)
}
