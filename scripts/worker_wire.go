package scripts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// A frame is a message between a server and its worker: its length in four bytes, then its fields one after the other, in
// the order in which both sides, being the same program, know them. Documents travel as JSON text, which keeps
// every digit.

// frameMax bounds a frame. States and outputs are bounded elsewhere, and far below.
const frameMax = 1 << 30

var errFrame = errors.New("a message between the server and the process of a script is damaged")

// writer puts together one frame. Its memory is used again for the next.
type writer struct{ data []byte }

func (w *writer) begin(kind byte) {
	w.data = append(w.data[:0], 0, 0, 0, 0, kind)
}

// send ends the frame and writes it.
func (w *writer) send(to io.Writer) error {
	if len(w.data) > frameMax {
		return fmt.Errorf("a message of %d bytes is larger than %d", len(w.data), frameMax)
	}
	binary.BigEndian.PutUint32(w.data, uint32(len(w.data)-4)) //nolint:gosec // frameMax is smaller
	_, err := to.Write(w.data)
	if cap(w.data) > roomKept {
		w.data = nil
	}
	return err
}

// roomKept is how much memory is kept for the next frame.
const roomKept = 1 << 20

func (w *writer) number(n int) { w.long(int64(n)) }

func (w *writer) long(n int64) { w.data = binary.AppendVarint(w.data, n) }

func (w *writer) flag(b bool) {
	if b {
		w.data = append(w.data, 1)
		return
	}
	w.data = append(w.data, 0)
}

func (w *writer) text(s string) {
	w.number(len(s))
	w.data = append(w.data, s...)
}

func (w *writer) time(t time.Time) {
	w.flag(!t.IsZero())
	if !t.IsZero() {
		w.long(t.Unix())
		w.long(int64(t.Nanosecond()))
	}
}

func (w *writer) document(v document.Value) { w.json(v) }

func (w *writer) patch(p document.Patch) { w.json(p) }

// json writes a JSON text behind its length, which has a place of its own since it is known afterwards.
func (w *writer) json(v interface{ AppendJSON(dst []byte) []byte }) {
	at := len(w.data)
	w.data = v.AppendJSON(append(w.data, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(w.data[at:], uint32(len(w.data)-at-4)) //nolint:gosec // send refuses what is longer
}

// reader takes a frame apart. After a mistake every field is zero and err says so.
type reader struct {
	data []byte
	err  error
}

// receive reads one frame into room, which may grow.
func receive(from io.Reader, room []byte) (*reader, []byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, room, err
	}
	size := int(binary.BigEndian.Uint32(head[:]))
	if size == 0 || size > frameMax {
		return nil, room, errFrame
	}
	data := room
	if cap(data) < size {
		data = make([]byte, size)
	}
	data = data[:size]
	if _, err := io.ReadFull(from, data); err != nil {
		return nil, room, err
	}
	if cap(data) <= roomKept {
		room = data
	}
	return &reader{data: data}, room, nil
}

func (r *reader) kind() byte {
	if len(r.data) == 0 {
		r.err = errFrame
		return 0
	}
	kind := r.data[0]
	r.data = r.data[1:]
	return kind
}

func (r *reader) number() int {
	n := r.long()
	if n > math.MaxInt || n < math.MinInt {
		r.err, r.data = errFrame, nil
		return 0
	}
	return int(n)
}

func (r *reader) long() int64 {
	n, size := binary.Varint(r.data)
	if size <= 0 {
		r.err, r.data = errFrame, nil
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) duration() time.Duration { return time.Duration(r.long()) }

func (r *reader) flag() bool { return r.kind() == 1 }

func (r *reader) bytes() []byte {
	n := r.number()
	if n < 0 || n > len(r.data) {
		r.err, r.data = errFrame, nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) time() time.Time {
	if !r.flag() {
		return time.Time{}
	}
	return time.Unix(r.long(), r.long())
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) document() document.Value {
	if len(r.data) < 4 || uint64(binary.BigEndian.Uint32(r.data)) > uint64(len(r.data)-4) {
		r.err, r.data = errFrame, nil
		return document.Null
	}
	end := 4 + int(binary.BigEndian.Uint32(r.data))
	data := r.data[4:end]
	r.data = r.data[end:]
	v, err := document.ParseDepth(data, wireDepth)
	if err != nil {
		r.err = err
	}
	return v
}

// wireDepth is more than the nesting of any document that there can be.
const wireDepth = 2 * document.MaxDepth

func (r *reader) patch() document.Patch {
	v := r.document()
	if r.err != nil {
		return nil
	}
	p, err := document.PatchOf(v)
	if err != nil {
		r.err = err
	}
	return p
}
