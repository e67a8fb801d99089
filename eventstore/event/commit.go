package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/weirflow/weir/eventstore/document"
)

// Raw is one event's bytes as stored; do not modify them.
type Raw struct {
	Run, Workflow string
	N             uint64
	Type          Type
	JSON          []byte
}

// Commit is the events of one or more decisions of one run.
type Commit struct {
	Run, Workflow string
	First         uint64
	Epoch, Prev   string
	Events        []Event
}

// Sealed is a commit with its bytes and digest.
type Sealed struct {
	Run, Workflow       string
	First, Last         uint64
	Epoch, Prev, Digest string
	Data                []byte
	Raw                 []Raw
}

// DamageError says that stored bytes are not what was written.
type DamageError struct{ Run, Reason string }

func (e *DamageError) Error() string {
	return fmt.Sprintf("run %s: damaged commit: %s", e.Run, e.Reason)
}

// Seal encodes a commit.
func Seal(c Commit) Sealed {
	s := Sealed{Run: c.Run, Workflow: c.Workflow, First: c.First, Last: c.First + uint64(len(c.Events)) - 1, Epoch: c.Epoch, Prev: c.Prev}
	dst := document.AppendString([]byte(`{"v":1,"run":`), c.Run)
	dst = appendText(dst, "workflow", c.Workflow)
	dst = strconv.AppendUint(appendName(dst, "first"), c.First, 10)
	dst = appendText(dst, "epoch", c.Epoch)
	dst = appendText(dst, "prev", c.Prev)
	dst = append(appendName(dst, "events"), '[')
	for i, e := range c.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		j := e.AppendJSON(nil)
		s.Raw = append(s.Raw, Raw{Run: c.Run, Workflow: c.Workflow, N: e.N, Type: e.Type(), JSON: j})
		dst = append(dst, j...)
	}
	dst = append(dst, ']')
	sum := sha256.Sum256(dst)
	s.Digest = hex.EncodeToString(sum[:16])
	s.Data = append(appendText(dst, "digest", s.Digest), '}')
	return s
}

// Open reads a sealed commit and verifies it.
func Open(data []byte) (Sealed, error) {
	var c struct {
		V                                  int
		Run, Workflow, Epoch, Prev, Digest string
		First                              uint64
		Events                             []json.RawMessage
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return Sealed{}, &DamageError{Reason: err.Error()}
	}
	i := bytes.LastIndex(data, []byte(`,"digest"`))
	if sum := sha256.Sum256(data[:max(i, 0)]); i < 0 || hex.EncodeToString(sum[:16]) != c.Digest {
		return Sealed{}, &DamageError{Run: c.Run, Reason: "the digest does not match"}
	}
	s := Sealed{Run: c.Run, Workflow: c.Workflow, First: c.First, Last: c.First + uint64(len(c.Events)) - 1, Epoch: c.Epoch, Prev: c.Prev, Digest: c.Digest, Data: data}
	for _, j := range c.Events {
		var e struct {
			N    uint64
			Type Type
		}
		_ = json.Unmarshal(j, &e)
		s.Raw = append(s.Raw, Raw{Run: c.Run, Workflow: c.Workflow, N: e.N, Type: e.Type, JSON: j})
	}
	return s, nil
}

// Events decodes the commit's events.
func (s Sealed) Events() ([]Event, error) {
	out := make([]Event, 0, len(s.Raw))
	for _, r := range s.Raw {
		e, err := Decode(r.JSON)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// ValidID reports whether s may name a run, workflow or node: [A-Za-z0-9_-]{1,64}.
func ValidID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}
