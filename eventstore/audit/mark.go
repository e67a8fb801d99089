package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Mark says how far both streams were on the disk when it was written. What lies up to it was acknowledged,
// or may have been, and has to be there for ever after; what lies behind it may have been acknowledged too,
// since the next mark, but need not have been.
type Mark struct {
	Count     uint64 `json:"count"` // of the marks written before it
	Runs      uint64 `json:"runs"`  // last durable sequence of WEIR_RUNS
	Workflows uint64 `json:"workflows"`
}

// ErrMark says that the mark's file holds no mark any more: neither of its slots is what was written.
var ErrMark = errors.New("the durable mark cannot be read")

// A mark's file is two slots of one length, which are written in turn: of a torn write one survives. Numbers
// are little-endian.
//
//	offset  0  8 bytes  "weirmrk1"
//	offset  8  8 bytes  count
//	offset 16  8 bytes  last durable sequence of WEIR_RUNS
//	offset 24  8 bytes  last durable sequence of WEIR_WORKFLOWS
//	offset 32 16 bytes  zero
//	offset 48 16 bytes  first half of the SHA-256 of all bytes before
const (
	markName  = "weir.mark"
	markMagic = "weirmrk1"
	slots     = 2
	slotBytes = 64
	slotSum   = 48
)

// encode returns the mark as one slot.
func (m Mark) encode() [slotBytes]byte {
	var slot [slotBytes]byte
	copy(slot[:], markMagic)
	binary.LittleEndian.PutUint64(slot[8:], m.Count)
	binary.LittleEndian.PutUint64(slot[16:], m.Runs)
	binary.LittleEndian.PutUint64(slot[24:], m.Workflows)
	sum := sha256.Sum256(slot[:slotSum])
	copy(slot[slotSum:], sum[:])
	return slot
}

// decodeMark reads one slot, and returns false where it is not what encode wrote.
func decodeMark(slot []byte) (Mark, bool) {
	if len(slot) != slotBytes {
		return Mark{}, false
	}
	m := Mark{
		Count:     binary.LittleEndian.Uint64(slot[8:]),
		Runs:      binary.LittleEndian.Uint64(slot[16:]),
		Workflows: binary.LittleEndian.Uint64(slot[24:]),
	}
	written := m.encode()
	return m, bytes.Equal(slot, written[:])
}

// ReadMark returns the newest mark of a data directory. Without one the error is fs.ErrNotExist, and ErrMark
// where both slots are damaged.
func ReadMark(dir string) (Mark, error) {
	m, _, err := readMark(dir)
	return m, err
}

// readMark also returns how many slots are damaged.
func readMark(dir string) (newest Mark, damaged int, err error) {
	path := filepath.Join(dir, markName)
	data, err := os.ReadFile(path)
	if err != nil {
		return Mark{}, 0, fmt.Errorf("read the durable mark: %w", err)
	}
	for i := range slots {
		begin, end := min(len(data), i*slotBytes), min(len(data), (i+1)*slotBytes)
		m, ok := decodeMark(data[begin:end])
		switch {
		case !ok:
			damaged++
		case m.Count >= newest.Count:
			newest = m
		}
	}
	if damaged == slots {
		return Mark{}, damaged, fmt.Errorf("%s: %w", path, ErrMark)
	}
	return newest, damaged, nil
}

// MarkFile is the mark of an open store. One goroutine at a time may use it.
type MarkFile struct {
	file   *os.File
	newest Mark
}

// OpenMark opens the mark of a data directory. Where there is none it makes one that says nothing, whole and
// durably, so that a file that cannot be read is damage and never a file that was being made. The error is
// ErrMark where both slots are damaged: they are not replaced in silence.
func OpenMark(dir string) (*MarkFile, error) {
	newest, err := ReadMark(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = makeMark(dir)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, markName), os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open the durable mark: %w", err)
	}
	return &MarkFile{file: file, newest: newest}, nil
}

func makeMark(dir string) error {
	empty := Mark{}.encode()
	path := filepath.Join(dir, markName)
	err := writeDurably(path+".tmp", bytes.Repeat(empty[:], slots))
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err == nil {
		err = SyncPath(dir)
	}
	if err != nil {
		return fmt.Errorf("make the durable mark: %w", err)
	}
	return nil
}

// Write replaces the older of the two slots with a mark, whose Count it sets. It is one write of 64 bytes and no
// sync: the mark is on the disk after the next sync of the store, which is why it has to name what the one
// before brought there.
func (f *MarkFile) Write(m Mark) error {
	m.Count = f.newest.Count + 1
	slot := m.encode()
	if _, err := f.file.WriteAt(slot[:], int64(m.Count%slots)*slotBytes); err != nil {
		return fmt.Errorf("write the durable mark: %w", err)
	}
	f.newest = m
	return nil
}

// Close brings the last mark to the disk and gives the file up.
func (f *MarkFile) Close() error {
	if err := errors.Join(f.file.Sync(), f.file.Close()); err != nil {
		return fmt.Errorf("close the durable mark: %w", err)
	}
	return nil
}
