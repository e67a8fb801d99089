package workflow

import (
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

// TestChunks keeps what is set, and never changes lists that were taken before.
func TestChunks(t *testing.T) {
	var r chunks[document.Value]
	var taken []chunks[document.Value]
	for i := range 3 * chunkLength {
		taken = append(taken, r)
		k := i * 7 % (3 * chunkLength)
		r = r.with(k, document.Int(int64(k)))
	}
	for i := range 3 * chunkLength {
		k := i * 7 % (3 * chunkLength)
		if got := r.at(k); got.String() != document.Int(int64(k)).String() {
			t.Fatalf("value %d is %s", k, got)
		}
		if got := taken[i].at(k); !got.IsNull() {
			t.Fatalf("value %d was changed to %s in a list taken before", k, got)
		}
	}
	if !r.at(10 * chunkLength).IsNull() {
		t.Error("there is a value that nobody set")
	}
}
