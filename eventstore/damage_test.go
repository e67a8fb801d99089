package eventstore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/weirflow/weir/eventstore/event"
)

// forge puts bytes into a stream that no store would write.
func forge(t testing.TB, s *Store, subject string, data []byte) {
	t.Helper()
	js := jetStream(t, s)
	if _, err := js.Publish(t.Context(), subject, data); err != nil {
		t.Fatal(err)
	}
}

func jetStream(t testing.TB, s *Store) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.links.all[0].nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func streamInfo(t testing.TB, s *Store, name string) *jetstream.StreamInfo {
	t.Helper()
	stream, err := jetStream(t, s).Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo()
}

func updateStream(t testing.TB, s *Store, cfg jetstream.StreamConfig) {
	t.Helper()
	if _, err := jetStream(t, s).UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// Commits that cannot be right are reported by whoever reads them, behind what is right.
func TestDamagedCommits(t *testing.T) {
	whole := newAuthor("r")
	first := whole.seal(2)
	whole.moved(first, 1)
	second := whole.seal(2)
	stranger := newAuthor("stranger")
	stranger.n, stranger.prev = whole.n, whole.prev
	late := *whole
	late.n++
	forked := *whole
	forked.prev = strings.Repeat("0", 32)

	tests := map[string][]byte{
		"a changed byte":         bytes.Replace(second.Data, []byte(`"step"`), []byte(`"stop"`), 1),
		"a short message":        second.Data[:len(second.Data)/2],
		"no message":             {},
		"a gap in the numbers":   late.seal(1).Data,
		"a repeat":               first.Data,
		"another's commit":       stranger.seal(1).Data,
		"not the commit's child": forked.seal(1).Data,
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openTest(t, Config{Dir: dir})
			a := newAuthor("r")
			a.write(t, s, 2)
			forge(t, s, runsPrefix+"r", data)
			other := newAuthor("other")
			other.write(t, s, 1) // moves what is durable past the forged message

			commits, err := 0, error(nil)
			for _, err = range s.Read(t.Context(), "r", 0) {
				if err == nil {
					commits++
				}
			}
			wantDamage(t, "read", err)
			if commits != 1 {
				t.Errorf("read yields %d whole commits, want 1", commits)
			}
			events := 0
			for _, err = range s.Follow(timeout(t), "r", 0) {
				if err == nil {
					events++
				}
			}
			wantDamage(t, "follow", err)
			if events != 2 {
				t.Errorf("follow yields %d events, want 2", events)
			}
			commits = 0
			var damage error
			for _, err := range s.Scan(t.Context()) {
				if err == nil {
					commits++
				} else {
					damage = errors.Join(damage, err)
				}
			}
			if name != "not the commit's child" { // a scan checks numbers, not the chain
				wantDamage(t, "scan", damage)
			}
			if commits < 2 {
				t.Errorf("scan yields %d whole commits: the damage hides other runs", commits)
			}
		})
	}
}

func wantDamage(t *testing.T, who string, err error) {
	t.Helper()
	var damage *event.DamageError
	if !errors.As(err, &damage) {
		t.Errorf("%s: got %v, want an event.DamageError", who, err)
	}
}

// A live follower meets damage too, when it appears behind its back.
func TestFollowerMeetsDamage(t *testing.T) {
	s := openTest(t, Config{})
	a := newAuthor("r")
	a.write(t, s, 1)
	ended, begun := make(chan error), make(chan struct{})
	go func() {
		var last error
		for raw, err := range s.Follow(timeout(t), "r", 0) {
			if last = err; err == nil && raw.N == 1 {
				close(begun)
			}
		}
		ended <- last
	}()
	<-begun
	a.n++ // the next commit leaves a number out
	a.write(t, s, 1)
	wantDamage(t, "follow", <-ended)
}

// A message that the server itself cannot read any more is not taken for the end of the run.
func TestUnreadableMessages(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Config{Dir: dir})
	a, b := newAuthor("damaged"), newAuthor("whole")
	a.write(t, s, 1)
	b.write(t, s, 1)
	a.write(t, s, 2000)
	b.write(t, s, 1)
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", engineAccount, "streams", runsStream, "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("blocks %v, error %v", blocks, err)
	}
	// The server keeps what it wrote last in memory; a clean stop and start makes it read the file.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(blocks[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Config{Dir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last error
	for _, last = range s.Read(ctx, "damaged", 0) {
	}
	wantDamage(t, "read", last)
	var damage error
	for _, err := range s.Scan(ctx) {
		damage = errors.Join(damage, err)
	}
	wantDamage(t, "scan", damage)
}
