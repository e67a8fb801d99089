//go:build torture

package torture

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// counter is the outside world: a server that counts calls by their Idempotency-Key, answers each key with
// a value of its own, and fails some keys once, so that the workflow's retries have something to do.
type counter struct {
	url  string
	seed uint64

	mu    sync.Mutex
	calls map[string]int // by key; "" is a call without one, which no run may make
}

func newCounter(t *testing.T, seed uint64) *counter {
	c := &counter{seed: seed, calls: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(c.answer))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *counter) answer(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	c.mu.Lock()
	c.calls[key]++
	first := c.calls[key] == 1
	c.mu.Unlock()

	hash := c.hash(key)
	time.Sleep(time.Duration(hash%60) * time.Millisecond) // the work that a kill can interrupt
	if first && hash%7 == 0 {
		http.Error(w, "come again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]int{"value": c.value(key)}); err != nil {
		return // the caller was killed
	}
}

// value is what the key is answered with, however often it comes.
func (c *counter) value(key string) int { return int(c.hash(key) % 1000) }

func (c *counter) hash(key string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s", c.seed, key)
	return h.Sum64()
}

func (c *counter) count(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[key]
}

func (c *counter) keys() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make(map[string]int, len(c.calls))
	for key, n := range c.calls {
		keys[key] = n
	}
	return keys
}

func (c *counter) total() int {
	total := 0
	for _, n := range c.keys() {
		total += n
	}
	return total
}
