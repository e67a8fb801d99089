//go:build powercut

package powercut

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/served"
)

// program is the compiled weir, made once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "weir")
	return path, served.Compile(interrupted, path)
})

// server is a server with what its client asks of it.
type server struct {
	*served.Server
	t *testing.T
}

// launch starts a server over a data directory.
func launch(t *testing.T, data string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return &server{served.Start(t, path, served.Options{Data: data}), t}
}

// serve launches a server and waits until it is ready.
func serve(t *testing.T, data string) *server {
	t.Helper()
	s := launch(t, data)
	s.MustBeReady(interrupted, patience)
	return s
}

// awaitReady waits until the server is ready, or has ended.
func (s *server) awaitReady() bool {
	s.t.Helper()
	return s.AwaitReady(interrupted, patience)
}

// awaitFailure waits until the server has ended by itself, and checks that it says why: with exit code 1 and
// an error that holds one of the reasons.
func (s *server) awaitFailure(reasons ...string) {
	s.t.Helper()
	select {
	case <-s.Ended():
	case <-interrupted.Done():
		s.t.Fatal("interrupted")
	case <-time.After(patience):
		s.t.Fatalf("the server has not ended after %s\n%s", patience, s.Log())
	}
	code := s.ExitCode()
	_, message, told := strings.Cut("\n"+s.Log(), "\nweir: ")
	s.t.Logf("exit code %d: %s", code, message)
	holds := func(reason string) bool { return strings.Contains(message, reason) }
	if code != 1 || !told || !slices.ContainsFunc(reasons, holds) {
		s.t.Errorf("want exit code 1 and a message that tells the reason, one of %q\n%s", reasons, s.Log())
	}
}

// end ends the server in order.
func (s *server) end() {
	s.t.Helper()
	s.Stop(patience)
}

// call sends a request and returns the answer's status, 0 where there is none.
func (s *server) call(ctx context.Context, method, path, body string) (status int, text string) {
	status, text, err := s.Call(ctx, method, path, served.JSON, body)
	if err != nil {
		return 0, err.Error()
	}
	return status, text
}

// keep is a workflow that counts to input.rounds over the disk, with a load that fills it.
const keep = `{
	"name": "keep",
	"start": "count",
	"nodes": {"count": {"script": "state.round += 1", "checkpoint": true}},
	"edges": {"count": [{"when": "state.round < input.rounds", "to": "count", "loop": true}, {"to": "$end"}]}
}`

// saveKeep saves the workflow.
func (s *server) saveKeep() {
	s.t.Helper()
	if status, text := s.call(s.t.Context(), "POST", "/v1/workflows", keep); status != http.StatusCreated && status != http.StatusOK {
		s.t.Fatalf("save the workflow: %d %s", status, text)
	}
}

// clients is how many start runs at once.
const clients = 8

// keeper starts runs and remembers which were accepted.
type keeper struct {
	load, rounds int

	mu       sync.Mutex
	accepted []string
	refused  map[int]string // one text for each status
}

// start asks for a run, and reports whether it was accepted.
func (k *keeper) start(ctx context.Context, s *server, id string) bool {
	body := fmt.Sprintf(`{"run_id": %q, "input": {"round": 0, "rounds": %d, "load": %q}}`, id, k.rounds, letters[:k.load])
	status, text := s.call(ctx, "POST", "/v1/workflows/keep/runs", body)
	k.mu.Lock()
	defer k.mu.Unlock()
	if status == http.StatusAccepted {
		k.accepted = append(k.accepted, id)
		return true
	}
	if k.refused == nil {
		k.refused = map[int]string{}
	}
	k.refused[status] = text
	return false
}

// startMany starts runs, several at a time, until the server refuses or until is closed.
func (k *keeper) startMany(s *server, name string, until <-chan struct{}) *sync.WaitGroup {
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for n := 0; k.start(context.Background(), s, fmt.Sprintf("%s-%d-%d", name, i, n)); n++ {
				select {
				case <-until:
					return
				default:
				}
			}
		})
	}
	return &all
}

// check waits until every accepted run is through, with nothing lost of it, and starts another.
func (k *keeper) check(s *server) {
	t := s.t
	t.Helper()
	for status, text := range k.refused {
		t.Logf("refused with %d: %.300s", status, text)
	}
	t.Logf("%d runs were accepted", len(k.accepted))
	if len(k.accepted) == 0 {
		t.Error("nothing was accepted: the test shows nothing")
	}
	if !k.start(t.Context(), s, "afterwards") {
		t.Errorf("the server does not go on: %v", k.refused)
	}
	deadline := time.Now().Add(patience)
	for _, id := range k.accepted {
		for {
			status, text := s.call(t.Context(), "GET", "/v1/runs/"+id, "")
			var view struct {
				Status string
				State  struct {
					Round int
					Load  string
				}
			}
			if err := json.Unmarshal([]byte(text), &view); status != http.StatusOK || err != nil {
				t.Errorf("%s was accepted, and is answered with %d %.300s", id, status, text)
				break
			}
			if view.Status == "completed" {
				if view.State.Round != k.rounds || view.State.Load != letters[:k.load] {
					t.Errorf("%s ended after round %d of %d with a load of %d bytes", id, view.State.Round, k.rounds, len(view.State.Load))
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is %s after %s", id, view.Status, patience)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
