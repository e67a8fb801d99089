package examples_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
)

// An order is charged once, waits for its approval, and is shipped, or refunded.
func TestDurable(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	keys := map[string]bool{}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if key := r.Header.Get("Idempotency-Key"); key == "" || keys[key] {
			t.Errorf("%s was called with the key %q", r.URL.Path, key)
		} else {
			keys[key] = true
		}
		paths = append(paths, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]string{"id": "c-1"}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(shop.Close)
	system := open(t)
	for verdict, outcome := range map[string]string{`{"approved": true, "by": "ada"}`: `"shipped"`, `{"approved": false}`: `"refunded"`} {
		paths = nil
		started, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "durable", Input: document.Object(
			document.Member{Key: "shop", Value: document.String(shop.URL)}, document.Member{Key: "pause", Value: document.String("1ms")},
			document.Member{Key: "amount", Value: document.Int(40)},
		)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := system.Signal(t.Context(), started.Run, "approve", "", document.MustParse(verdict), ""); err != nil {
			t.Fatal(err)
		}
		view, err := system.Wait(t.Context(), started.Run)
		if err != nil {
			t.Fatal(err)
		}
		want(t, view.State, map[string]string{"/outcome": outcome})
		slices.Sort(paths[1:])
		if calls := [][]string{{"/charge", "/notify", "/ship"}, {"/charge", "/refund"}}; !slices.Equal(paths, calls[0]) && !slices.Equal(paths, calls[1]) {
			t.Errorf("the shop was called at %q", paths)
		}
	}
}
