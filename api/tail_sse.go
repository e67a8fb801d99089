package api

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

func (s *Server) registerStream() {
	s.document(huma.Operation{
		OperationID: "stream-events", Method: http.MethodGet, Path: "/v1/runs/{id}/events/stream", Tags: []string{tagEvents},
		Summary: "Follow a run by server-sent events",
		Description: "Exactly the events after `Last-Event-ID` (or `from`), in order: what is stored first, then live. Each message has the event's number as `id` and its stored bytes as `data`. Comments keep a quiet stream open.\n\n" +
			"The stream ends after the event that ends the run. Browsers then reconnect by themselves; the answer 204 tells them that nothing more comes.\n\n" +
			"```\ncurl -N localhost:8000/v1/runs/review-7/events/stream\n```",
		Parameters: []*huma.Param{
			runParam("id", "review-7"),
			queryParam("from", "Events after this number; 0 begins with the first", &huma.Schema{Type: huma.TypeInteger, Minimum: ptr(0.0), Default: 0}),
			{Name: "Last-Event-ID", In: "header", Description: "The last id a broken stream gave; goes before from", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: ptr(0.0)}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "The events", Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema:  &huma.Schema{Type: huma.TypeString},
				Example: "id: 3\ndata: " + exampleEvent + "\n\n",
			}}},
			"204": {Description: "The run has ended and has no events after this number"},
			"404": s.problemReply("No such run"),
			"422": s.problemReply("A number that is none"),
		},
	}, s.serveStream)
}

// afterOf reads the number that a tail begins after.
func afterOf(r *http.Request) (uint64, *problem) {
	location, text := "query.from", r.URL.Query().Get("from")
	if id := strings.TrimSpace(r.Header.Get("Last-Event-ID")); id != "" {
		location, text = "header.Last-Event-ID", id
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, newProblem(kindInvalid, "%s", mistakes(1)).add(location, text, "expected the number of an event, 0 or more")
	}
	return n, nil
}

func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	run := r.PathValue("id")
	after, p := afterOf(r)
	if p != nil {
		p.write(w, r)
		return
	}
	view, err := s.system.View(r.Context(), run)
	if err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	if view.Status.Ended() && after >= view.LastEvent {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // a proxy must not gather events
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	in := pump(ctx, frames(s.history(ctx, run, after)))
	defer drain(in)
	defer cancel()
	stream := &eventStream{w: w, control: http.NewResponseController(w), last: after}
	if err := stream.run(ctx, s, in); err != nil && ctx.Err() == nil {
		s.logger.DebugContext(ctx, "an event stream broke", "run", run, "last", stream.last, "error", err)
	}
}

// eventStream writes one SSE reply.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buffer  []byte
	last    uint64 // number of the last event in the buffer or sent
}

// run sends frames as they come, several at once where several wait, until they end.
func (e *eventStream) run(ctx context.Context, s *Server, in <-chan delivery) error {
	e.comment("weir tail; resume with Last-Event-ID")
	if err := e.flush(); err != nil {
		return err
	}
	beat := time.NewTicker(s.pace.heartbeat)
	defer beat.Stop()
	for {
		select {
		case d, ok := <-in:
			if !ok {
				return nil
			}
			if d.err != nil {
				e.comment("the tail broke; resume from " + strconv.FormatUint(e.last, 10))
				_ = e.flush() // the connection is given up either way
				return d.err
			}
			e.message(d.frame)
			if len(in) > 0 && len(e.buffer) < flushBytes {
				continue
			}
		case <-beat.C:
			e.comment("still here")
		case <-s.closing.Done():
			e.comment("the server is shutting down; resume from " + strconv.FormatUint(e.last, 10))
			return e.flush()
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := e.flush(); err != nil {
			return err
		}
	}
}

// flushBytes is how much is gathered before it is sent.
const flushBytes = 64 << 10

func (e *eventStream) message(f frame) {
	e.buffer = append(e.buffer, "id: "...)
	e.buffer = strconv.AppendUint(e.buffer, f.n, 10)
	e.buffer = append(e.buffer, "\ndata: "...)
	e.buffer = append(e.buffer, f.data...) // one line: JSON text has no line breaks
	e.buffer = append(e.buffer, "\n\n"...)
	e.last = f.n
}

func (e *eventStream) comment(text string) {
	e.buffer = append(e.buffer, ": "...)
	e.buffer = append(e.buffer, text...)
	e.buffer = append(e.buffer, "\n\n"...)
}

func (e *eventStream) flush() error {
	_, err := e.w.Write(e.buffer) // the recorder gives it a deadline
	e.buffer = e.buffer[:0]
	if err != nil {
		return err
	}
	return e.control.Flush()
}

// delivery is a frame on its way from a sequence to a connection, or why there are no more.
type delivery struct {
	frame

	err error
}

// deliveriesMax is how many frames a pump reads ahead of its connection.
const deliveriesMax = 64

// pump reads a sequence that blocks, so that its reader can attend to other things, too. The channel is
// closed at the sequence's end. The caller cancels ctx and then drains the channel, which ends the pump.
func pump(ctx context.Context, frames iter.Seq2[frame, error]) <-chan delivery {
	out := make(chan delivery, deliveriesMax)
	go func() {
		defer close(out)
		for f, err := range frames {
			select {
			case out <- delivery{frame: f, err: err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// drain waits for a pump to end.
func drain(in <-chan delivery) {
	for range in {
	}
}
