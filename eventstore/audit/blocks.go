package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"
)

// Found is a message that was found.
type Found struct {
	Subject  string
	Sequence uint64
	At       time.Time
	Data     []byte
	// Behind is the sequence of the message on the same subject that this one was stored behind.
	Behind uint64
}

// Blocks finds single messages of the runs stream in its blocks, beside the server that has them open. To give one
// message the server reads the whole block, makes an index of its messages and one of its subjects, and keeps all that in
// memory for a while; this reads as much as markEvery and keeps where that was.
//
// It only ever finds what is there: a message whose record is whole and undamaged. It does not find what lies in the
// newest block, which the server writes to, and what was moved or cut off since; whoever needs to know why must ask the
// server. A deleted message may still be found. Its methods may be used by many goroutines at once.
type Blocks struct {
	dir string // the data directory

	mu     sync.Mutex
	sealed []*sealedBlock // by their first sequence
	listed time.Time      // when they were
}

// sealedBlock is a block that another one follows.
type sealedBlock struct {
	blockFile
	first uint64
	file  os.FileInfo // of which marks tells
	marks []blockMark
}

// blockMark is where in a block a message begins.
type blockMark struct {
	sequence uint64
	offset   int64
}

const (
	// markEvery is the distance of marks in a block, in bytes.
	markEvery = 128 << 10
	// listingRest is for how long a list of the blocks is not made again because a message is not in any of them.
	listingRest = time.Second
)

// NewBlocks returns what finds messages below a data directory.
func NewBlocks(dir string) *Blocks { return &Blocks{dir: dir} }

// Find returns the message at a sequence of the runs stream, and false where it is not found.
func (b *Blocks) Find(sequence uint64) (Found, bool) {
	s := b.block(sequence)
	if s == nil {
		return Found{}, false
	}
	f, err := os.Open(filepath.Join(b.dir, filepath.FromSlash(s.path)))
	if err != nil {
		return Found{}, false
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return Found{}, false
	}
	w := newWalk(f)
	defer w.end()
	w.marks = b.marks(s, info)
	record := w.find(sequence)
	b.learn(s, info, w.marks)
	if record == nil {
		return Found{}, false
	}
	r, problem := newScanner(record, runs.blockKey(s.number)).record(0)
	if problem != "" || r.misfit {
		return Found{}, false
	}
	behind, ok := r.behind()
	return Found{Subject: string(r.subject), Sequence: r.sequence, At: time.Unix(0, r.at).UTC(), Data: bytes.Clone(r.data), Behind: behind}, ok
}

// marks returns what is known of a block, if its file is still the one that it was learnt from.
func (b *Blocks) marks(s *sealedBlock, now os.FileInfo) []blockMark {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.unchanged(now) {
		return nil
	}
	return s.marks
}

// unchanged reports whether the block's file is as it was when its marks were learnt. The mutex is held.
func (s *sealedBlock) unchanged(now os.FileInfo) bool {
	return s.file != nil && os.SameFile(s.file, now) && s.file.Size() == now.Size() && s.file.ModTime().Equal(now.ModTime())
}

// learn keeps what a walk has found out of a block.
func (b *Blocks) learn(s *sealedBlock, file os.FileInfo, marks []blockMark) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.unchanged(file) || len(marks) > len(s.marks) {
		s.file, s.marks = file, slices.Clip(marks)
	}
}

// block returns the sealed block that a sequence lies in, nil where none does as far as is known.
func (b *Blocks) block(sequence uint64) *sealedBlock {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range 2 {
		// The last one was the newest when they were listed.
		if i := sort.Search(len(b.sealed), func(i int) bool { return b.sealed[i].first > sequence }); i > 0 && i < len(b.sealed) {
			return b.sealed[i-1]
		}
		if time.Since(b.listed) < listingRest {
			return nil
		}
		b.list()
	}
	return nil
}

// list looks which blocks there are, in their order. The ones that are known stay as they are.
func (b *Blocks) list() {
	b.listed = time.Now()
	files, _, err := runs.blocks(b.dir)
	if err != nil {
		return
	}
	known := make(map[uint32]*sealedBlock, len(b.sealed))
	for _, s := range b.sealed {
		known[s.number] = s
	}
	b.sealed = b.sealed[:0]
	for _, f := range files {
		s := known[f.number]
		if s == nil {
			s = &sealedBlock{blockFile: f, first: firstSequence(filepath.Join(b.dir, filepath.FromSlash(f.path)))}
		}
		if s.first > 0 {
			b.sealed = append(b.sealed, s)
		}
	}
}
