package profiles_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/profiles"
	"github.com/weirflow/weir/eventstore"
)

// waitHere is what the profile of waits must name.
//
//go:noinline
func waitHere() {
	done := make(chan struct{})
	time.AfterFunc(20*time.Millisecond, func() { close(done) })
	<-done
}

// TestWaitsAreKept shows that waits are told from after a store was opened, which has a server of its own.
func TestWaitsAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	end, err := profiles.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	profiles.KeepWaits()
	waitHere()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu", "allocs", "mutex", "block"} {
		if text := unzipped(t, filepath.Join(dir, name+".pprof")); name == "block" && !bytes.Contains(text, []byte("waitHere")) {
			t.Error("block.pprof does not tell of a wait after the store was opened")
		}
	}
}

func unzipped(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
