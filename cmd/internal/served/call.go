//go:build powercut || scale || torture

package served

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// callTimeout bounds one call.
const callTimeout = time.Minute

var client = &http.Client{Timeout: callTimeout}

// JSON is the media type of most bodies.
const JSON = "application/json"

// Call sends a request to the server and returns the answer's status and text. An error means that there was no answer,
// or not all of one.
func (s *Server) Call(ctx context.Context, method, path, contentType, body string) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), err
}

// Get reads what the server must have.
func (s *Server) Get(path string) []byte {
	s.t.Helper()
	status, text, err := s.Call(s.t.Context(), http.MethodGet, path, JSON, "")
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v\n%s", path, status, err, text)
	}
	return []byte(text)
}

// Post sends what the server must accept.
func (s *Server) Post(path, contentType, body string) {
	s.t.Helper()
	status, text, err := s.Call(s.t.Context(), http.MethodPost, path, contentType, body)
	if err != nil || status >= http.StatusBadRequest {
		s.t.Fatalf("POST %s: %d %v\n%s", path, status, err, text)
	}
}
