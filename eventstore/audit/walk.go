package audit

import (
	"encoding/binary"
	"io"
	"os"
	"slices"
	"sort"
	"sync"
)

// firstSequence returns the sequence of the first message in a block, 0 where it has none near its beginning.
func firstSequence(path string) uint64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close() //nolint:errcheck // it was only read
	w := newWalk(f)
	defer w.end()
	for offset := int64(0); offset < markEvery; {
		length, sequence := w.head(offset)
		if length == 0 {
			return 0
		}
		if sequence < sequenceMost {
			return sequence
		}
		offset += length
	}
	return 0
}

// walk goes from record to record of a block.
type walk struct {
	block  io.ReaderAt
	at     int64   // where in the block the buffer begins
	buffer *[]byte // what was read last
	marks  []blockMark
}

var walkBuffers = sync.Pool{New: func() any { return new([]byte) }}

func newWalk(block io.ReaderAt) *walk {
	w := &walk{block: block, buffer: walkBuffers.Get().(*[]byte)}
	*w.buffer = (*w.buffer)[:0]
	return w
}

// end gives the buffer to the next walk, unless a large message has made it large.
func (w *walk) end() {
	if cap(*w.buffer) <= 2*markEvery {
		walkBuffers.Put(w.buffer)
	}
}

// find returns the record of a message, nil where there is none, until the walk goes on.
func (w *walk) find(sequence uint64) []byte {
	offset, marked := int64(0), int64(0)
	if n := len(w.marks); n > 0 {
		marked = w.marks[n-1].offset
		if i := sort.Search(n, func(i int) bool { return w.marks[i].sequence > sequence }); i > 0 {
			offset = w.marks[i-1].offset
		}
	}
	for {
		length, found := w.head(offset)
		switch {
		case length == 0:
			return nil
		case found == sequence:
			return w.view(offset, length)
		case found >= sequenceMost: // of something that was deleted
		case found > sequence:
			return nil
		case offset-marked >= markEvery:
			w.marks = append(w.marks, blockMark{found, offset})
			marked = offset
		}
		offset += length
	}
}

// head returns the length and the sequence of the record at an offset, with the bits that it has if it is no message. A
// length of 0 is that of no record.
func (w *walk) head(offset int64) (length int64, sequence uint64) {
	head := w.view(offset, recordHead)
	if head == nil {
		return 0, 0
	}
	length = int64(binary.LittleEndian.Uint32(head) &^ headersBit)
	if length < recordLeast || length > recordMost {
		return 0, 0
	}
	return length, binary.LittleEndian.Uint64(head[4:])
}

// view returns a part of the block, nil where it ends before.
func (w *walk) view(offset, length int64) []byte {
	if offset < w.at || offset+length > w.at+int64(len(*w.buffer)) {
		size := int(max(length, markEvery))
		*w.buffer = slices.Grow((*w.buffer)[:0], size)[:size]
		n, _ := w.block.ReadAt(*w.buffer, offset) // what cannot be read is not there
		*w.buffer, w.at = (*w.buffer)[:n], offset
		if int64(n) < length {
			return nil
		}
	}
	from := offset - w.at
	return (*w.buffer)[from : from+length]
}
