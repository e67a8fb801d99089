package audit

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
)

// blockBytesMost bounds what is read of one block. The server begins the next at 8 MiB, or behind the one
// message that is larger.
const blockBytesMost = 64 << 20

// compressedBegin is how the server tells a compressed block. When it cannot decompress one it removes the stream.
var compressedBegin = []byte("cmp\x01")

// block is a block that was read.
type block struct {
	blockFile
	stream   stream
	data     []byte
	entries  []entry
	contents []content
	gone     bool // it was removed since it was listed
}

// reader reads the blocks of one stream.
type reader struct {
	dir    string
	stream stream
	seed   maphash.Seed
	keep   bool // the bytes of the blocks are handed on
}

// blocksAhead is how many blocks are read and verified at once.
const blocksAhead = 2

// blocks yields the blocks of the files, in order. Each is read and verified by a goroutine of its own, a
// few ahead. A block that was yielded is used again unless the reader keeps what it reads.
func (r *reader) blocks(ctx context.Context, files []blockFile) iter.Seq[*block] {
	return func(yield func(*block) bool) {
		var reading sync.WaitGroup
		defer reading.Wait()
		var ahead []chan *block
		var spare []*block
		next := 0
		start := func() {
			b, out := &block{}, make(chan *block, 1)
			if n := len(spare); n > 0 {
				b, spare = spare[n-1], spare[:n-1]
			}
			b.blockFile, b.stream = files[next], r.stream
			ahead = append(ahead, out)
			next++
			reading.Go(func() {
				r.read(b)
				out <- b
			})
		}
		for ctx.Err() == nil {
			for next < len(files) && len(ahead) < blocksAhead {
				start()
			}
			if len(ahead) == 0 {
				return
			}
			b := <-ahead[0]
			ahead = ahead[1:]
			if next < len(files) {
				start()
			}
			if !yield(b) {
				return
			}
			if !r.keep {
				spare = append(spare, b)
			}
		}
	}
}

// read reads and verifies one block. What cannot be read is damage to its end.
func (r *reader) read(b *block) {
	b.data, b.entries, b.contents = b.data[:0], b.entries[:0], b.contents[:0]
	err := b.load(r.dir)
	if b.gone = errors.Is(err, fs.ErrNotExist); b.gone {
		return
	}
	r.scan(b)
	if err != nil {
		b.unread("reading the file fails (" + cause(err) + ")")
	} else if b.bytes > blockBytesMost {
		b.add(entry{kind: damage, offset: len(b.data), length: int(b.bytes) - len(b.data)},
			content{reason: "the file goes on where no block does"})
	}
}

// scan tells the entries of a block apart. They cover every byte of it.
func (r *reader) scan(b *block) {
	s := newScanner(b.data, r.stream.blockKey(b.number))
	for offset := 0; offset < len(b.data); {
		rec, problem := s.record(offset)
		if problem != "" {
			next := s.resync(offset)
			e, c := entry{kind: damage, offset: offset, length: next - offset}, content{reason: problem}
			if offset == 0 && bytes.HasPrefix(b.data, compressedBegin) {
				e.fatal, c.reason = true, "the block begins as a compressed one does, which weir never writes"
			}
			b.add(e, c)
			offset = next
			continue
		}
		r.take(b, rec)
		offset += rec.length
	}
}

// unread notes that the rest of the block could not be read.
func (b *block) unread(reason string) {
	offset := len(b.data)
	if n := len(b.entries); n > 0 && b.entries[n-1].kind == damage {
		offset = b.entries[n-1].offset // the record that was cut off there
		b.entries = b.entries[:n-1]
	}
	b.add(entry{kind: damage, fatal: true, offset: offset, length: max(0, int(b.bytes)-offset)}, content{reason: reason})
}

// cause returns what went wrong without the file's path, which a finding has already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// load reads the block's file.
func (b *block) load(dir string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(b.path)))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	b.bytes = info.Size()
	size := int(min(b.bytes, blockBytesMost))
	if cap(b.data) < size {
		b.data = make([]byte, size)
	}
	n, err := io.ReadFull(f, b.data[:size])
	b.data = b.data[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // it was shorter than it said: the file is being written to, or replaced
	}
	return err
}
