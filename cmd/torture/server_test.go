//go:build torture

package torture

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/served"
)

const (
	// readyTimeout bounds a start, recovery of all open runs included.
	readyTimeout = 60 * time.Second
	// stopTimeout bounds a stop in order.
	stopTimeout = 60 * time.Second
)

// server is a server with what its client asks of it.
type server struct {
	*served.Server
	t *testing.T
}

// start starts the program and returns at once.
func start(t *testing.T, program, data string) *server {
	t.Helper()
	return &server{served.Start(t, program, served.Options{Data: data, Flags: []string{"--allow-private-http"}}), t}
}

// save saves the workflows of testdata and reports whether the server has them all. A server that dies
// meanwhile is no failure.
func (s *server) save() bool {
	s.t.Helper()
	for _, name := range []string{"calls", "items", "pure", "pauses", "durable"} {
		source, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err != nil {
			s.t.Fatal(err)
		}
		if !s.post("saving "+name, "/v1/workflows", "application/yaml", string(source), http.StatusCreated, http.StatusOK) {
			return false
		}
	}
	return true
}

// startRun asks for a run and reports whether the server said that it has it.
func (s *server) startRun(o *order, url string) bool {
	s.t.Helper()
	body := fmt.Sprintf(`{"run_id":%q,"input":{"round":0,"sum":0,"trail":[],"rounds":%d,"url":%q}}`, o.id, o.rounds, url)
	return s.post("starting "+o.id, "/v1/workflows/"+o.workflow+"/runs", served.JSON, body, http.StatusAccepted, http.StatusOK)
}

// post reports whether the answer has one of the statuses. No answer is fine from a server that is being
// killed, any other answer is a failure.
func (s *server) post(what, path, contentType, body string, statuses ...int) bool {
	s.t.Helper()
	status, text, err := s.Call(s.t.Context(), http.MethodPost, path, contentType, body)
	switch {
	case err != nil:
		if !s.Killed() {
			s.t.Errorf("%s: %v", what, err)
		}
		return false
	case !slices.Contains(statuses, status):
		s.t.Errorf("%s: %d\n%s", what, status, text)
		return false
	}
	return true
}
