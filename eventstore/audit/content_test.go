package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
)

// publish stores bytes that no store would store.
func publish(t testing.TB, js jetstream.JetStream, subject string, data []byte, expected uint64) {
	t.Helper()
	_, err := js.PublishMsg(t.Context(), &nats.Msg{
		Subject: subject, Data: data, Header: nats.Header{"Nats-Expected-Last-Subject-Sequence": {strconv.FormatUint(expected, 10)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sealed puts the right digest on bytes that no weir has written.
func sealed(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return []byte(text + `,"digest":"` + hex.EncodeToString(sum[:16]) + `"}`)
}

// Messages that the server keeps well and that are not what they should be.
func TestContent(t *testing.T) {
	const subject = "weir.runs.default.r"
	whole := &author{run: "r"}
	first := whole.commit(2)
	whole.moved(first, 1)
	second := whole.commit(2)
	late := *whole
	late.n++
	stranger := author{run: "stranger", n: whole.n, prev: whole.prev}
	forked := *whole
	forked.prev = strings.Repeat("0", 32)
	odd := *whole
	odd.prev = "not a digest"
	revision := func(text string) func(t *testing.T, js jetstream.JetStream) {
		return func(t *testing.T, js jetstream.JetStream) {
			publish(t, js, "weir.workflows.default.flow", []byte(`{"v":1,"workflow":"flow","number":1}`), 0)
			publish(t, js, "weir.workflows.default.flow", []byte(text), 1)
			publish(t, js, "weir.workflows.default.flow", []byte(`{"v":1,"workflow":"flow","number":3}`), 2)
		}
	}
	commit := func(data []byte) func(t *testing.T, js jetstream.JetStream) {
		return func(t *testing.T, js jetstream.JetStream) {
			publish(t, js, subject, first.Data, 0)
			publish(t, js, subject, data, 1)
			publish(t, js, subject, []byte("and more of it"), 2)
			other := author{run: "other"}
			publish(t, js, "weir.runs.default.other", other.commit(1).Data, 0)
		}
	}
	contents := map[string]func(t *testing.T, js jetstream.JetStream){
		"commit that goes on": func(t *testing.T, js jetstream.JetStream) {
			publish(t, js, subject, first.Data, 0)
			publish(t, js, subject, second.Data, 1)
		},
		"commit with a changed byte":       commit(bytes.Replace(second.Data, []byte("step"), []byte("stop"), 1)),
		"commit cut short":                 commit(second.Data[:len(second.Data)/2]),
		"commit without content":           commit(nil),
		"commit with a gap in its numbers": commit(late.commit(1).Data),
		"commit that repeats":              commit(first.Data),
		"commit of another run":            commit(stranger.commit(1).Data),
		"commit of another chain":          commit(forked.commit(1).Data),
		"commit with an odd digest":        commit(odd.commit(1).Data),
		"commit of a newer weir":           commit(sealed(`{"v":2,"runs":[]`)),
		"subject of no run": func(t *testing.T, js jetstream.JetStream) {
			publish(t, js, "weir.runs.default", first.Data, 0)
		},
		"revision that is not JSON":     revision(`{"v":1`),
		"revision without a number":     revision(`{"v":1,"workflow":"flow"}`),
		"revision of another workflow":  revision(`{"v":1,"workflow":"other","number":2}`),
		"revision of a newer weir":      revision(`{"v":2,"workflow":"flow","number":2}`),
		"revision with a gap before it": revision(`{"v":1,"workflow":"flow","number":7}`),
		"revision that goes on":         revision(`{"v":1,"workflow":"flow","number":2}`),
	}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shut(t, open(t, dir))
			js, stop := serve(t, dir)
			contents[name](t, js)
			stop()
			report := check(t, dir)
			golden(t, "content "+name, text(t, report))
			if name != "subject of no run" {
				agrees(t, dir, report)
			}
		})
	}
}

// agrees compares what the check says of the runs with what the store itself makes of them.
func agrees(t *testing.T, dir string, report *audit.Report) {
	t.Helper()
	s := open(t, dir)
	defer shut(t, s)
	broken := map[string]bool{}
	for _, f := range report.Findings {
		if f.Stream == runsStream {
			for _, id := range f.IDs {
				broken[id] = true
			}
		}
	}
	for _, run := range []string{"r", "other"} {
		var err error
		for _, err = range s.Read(t.Context(), run, 0) {
		}
		if errors.Is(err, eventstore.ErrNotFound) {
			continue
		}
		if readable := err == nil; readable == broken[run] {
			t.Errorf("run %s: the store reads it with the error %v, the check has it broken: %v", run, err, broken[run])
		}
	}
}
