package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// socket is a WebSocket client.
type socket struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

// dial opens a WebSocket that must be accepted.
func (e *engine) dial(path string, protocols ...string) *socket {
	e.t.Helper()
	s, response, err := e.tryDial(path, &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		e.t.Fatalf("dialing %s: %v %v", path, err, response)
	}
	return s
}

func (e *engine) tryDial(path string, options *websocket.DialOptions) (*socket, *http.Response, error) {
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	e.t.Cleanup(cancel)
	conn, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(e.http.URL, "http")+path, options)
	if err != nil {
		return nil, response, err
	}
	conn.SetReadLimit(64 << 20)
	e.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{t: e.t, ctx: ctx, conn: conn}, response, nil
}

// next is the next message.
func (s *socket) next() string {
	s.t.Helper()
	_, data, err := s.conn.Read(s.ctx)
	if err != nil {
		s.t.Fatalf("reading a message: %v", err)
	}
	return string(data)
}

// rest is every message up to the close, and the close.
func (s *socket) rest() (messages []string, closed websocket.CloseError) {
	s.t.Helper()
	for {
		_, data, err := s.conn.Read(s.ctx)
		if err == nil {
			messages = append(messages, string(data))
			continue
		}
		if !errors.As(err, &closed) {
			s.t.Fatalf("the connection broke after %d messages: %v", len(messages), err)
		}
		return messages, closed
	}
}

// stream is an SSE client.
type stream struct {
	t        *testing.T
	response *http.Response
	lines    *bufio.Reader
}

func (e *engine) stream(path string, headers ...string) *stream {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	e.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.http.URL+path, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := e.client.Do(request)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = response.Body.Close() })
	return &stream{t: e.t, response: response, lines: bufio.NewReader(response.Body)}
}

// message is one SSE message; comments have neither id nor data.
type message struct{ id, data, comment string }

// next reads up to the next empty line.
func (s *stream) next() (m message, ok bool) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return m, false
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "":
			return m, true
		case strings.HasPrefix(line, ": "):
			m.comment = line[2:]
		case strings.HasPrefix(line, "id: "):
			m.id = line[4:]
		case strings.HasPrefix(line, "data: "):
			m.data = line[6:]
		default:
			s.t.Fatalf("a line of no known field: %q", line)
		}
	}
}

// rest is every event up to the stream's end, and the last comment.
func (s *stream) rest() (events []message, comment string) {
	s.t.Helper()
	for {
		m, ok := s.next()
		if !ok {
			return events, comment
		}
		if m.comment != "" {
			comment = m.comment
			continue
		}
		events = append(events, m)
	}
}

// eventsOf is a run's events by the list, page by page, as text.
func (e *engine) eventsOf(run string, limit int) []string {
	e.t.Helper()
	var events []string
	for cursor := ""; ; {
		a := e.call("GET", fmt.Sprintf("/v1/runs/%s/events?limit=%d&from=0&cursor=%s", run, limit, cursor), nil)
		page := e.want(http.StatusOK, a)
		// The bytes themselves: an event's text is found in the answer by its value's text.
		for _, event := range at(page, "/events").Items() {
			events = append(events, event.String())
		}
		if cursor = textAt(page, "/next_cursor"); cursor == "" {
			return events
		}
	}
}
