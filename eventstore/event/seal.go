package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// A sealed commit is one JSON object, its members in this order and without spaces:
//
//	{"v":1,"run":"…","workflow":"…","first":7,"epoch":"…","prev":"…","events":[{…},{…}],"digest":"…"}
//
// The digest comes last and covers every byte before its comma.
const (
	digestLabel  = `,"digest":"`
	digestLength = 2 * digestBytes
	digestBytes  = sha256.Size / 2
	sealLength   = len(digestLabel) + digestLength + len(`"}`)
)

// Seal makes the bytes of a commit and the digest over them. It panics where the events are not what Open would accept again:
// none at all, not numbered densely from First, or of another run.
func Seal(c Commit) Sealed {
	s := Sealed{
		Run: c.Run, Workflow: c.Workflow, First: c.First, Last: c.First + uint64(len(c.Events)) - 1, Epoch: c.Epoch, Prev: c.Prev,
		Raw: make([]Raw, len(c.Events)),
	}
	if len(c.Events) == 0 || c.First == 0 {
		panic(fmt.Sprintf("event: Seal of %d events from number %d", len(c.Events), c.First))
	}
	data := make([]byte, 0, sizeGuess(c))
	data = append(data, `{"v":`...)
	data = strconv.AppendInt(data, Version, 10)
	data = appendText(data, "run", c.Run)
	data = appendText(data, "workflow", c.Workflow)
	data = strconv.AppendUint(appendName(data, "first"), c.First, 10)
	data = appendText(data, "epoch", c.Epoch)
	data = appendText(data, "prev", c.Prev)
	data = append(appendName(data, "events"), '[')
	// The slice may still move while it grows, so the events are cut out of it afterwards, by their lengths.
	lengths := make([]int, len(c.Events))
	start := len(data)
	for i, e := range c.Events {
		if e.Run != c.Run || e.N != c.First+uint64(i) {
			panic(fmt.Sprintf("event: Seal of event %d of run %q as number %d of run %q", e.N, e.Run, c.First+uint64(i), c.Run))
		}
		if i > 0 {
			data = append(data, ',')
		}
		before := len(data)
		data = e.AppendJSON(data)
		lengths[i] = len(data) - before
	}
	data = append(data, ']')
	derived := digest(data)
	s.Digest = string(derived[:])
	data = append(data, digestLabel...)
	data = append(data, s.Digest...)
	s.Data = append(data, `"}`...)
	for i, e := range c.Events {
		end := start + lengths[i]
		s.Raw[i] = Raw{Run: c.Run, Workflow: c.Workflow, N: e.N, Type: e.Type(), JSON: s.Data[start:end:end]}
		start = end + len(",")
	}
	return s
}

func digest(data []byte) (text [digestLength]byte) {
	sum := sha256.Sum256(data)
	hex.Encode(text[:], sum[:digestBytes])
	return text
}

// sizeGuess returns about how long the bytes of a commit will be. What can be large counts exactly.
func sizeGuess(c Commit) int {
	const commit, each, line = 256, 200, 60
	size := commit + each*len(c.Events)
	for _, e := range c.Events {
		switch b := e.Body.(type) {
		case StateChanged:
			size += b.Patch.Size()
		case RunStarted:
			size += b.Input.Size()
		case ScriptLogged:
			for _, l := range b.Lines {
				size += line + len(l.Text) + len(l.File)
			}
		case NodeFailed:
			size += len(b.Message)
		default: // small
		}
	}
	return size
}
