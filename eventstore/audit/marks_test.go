package audit

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is known of a block is learnt anew once its file has changed, though there be less to know.
func TestMarksAreLearntAnew(t *testing.T) {
	b := NewBlocks(t.TempDir())
	s := &sealedBlock{blockFile: blockFile{number: 1, path: runs.path(messagesDir, blockName(1))}, first: 1}
	path := filepath.Join(b.dir, filepath.FromSlash(s.path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, records := range []int{50, 20} {
		if err := os.WriteFile(path, headsOf(records, markEvery/4), 0o600); err != nil {
			t.Fatal(err)
		}
		b.sealed, b.listed = []*sealedBlock{s, {first: 51}}, time.Now()
		for range 2 {
			b.Find(uint64(records))
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(b.marks(s, info)), (records-1)/4; got != want {
			t.Errorf("of a block of %d records %d marks are known, want %d", records, got, want)
		}
	}
}

// headsOf is a block of records that have nothing but a length and a sequence, from 1.
func headsOf(records, length int) []byte {
	block := make([]byte, records*length)
	for i := range records {
		head := block[i*length:]
		binary.LittleEndian.PutUint32(head, uint32(length))
		binary.LittleEndian.PutUint64(head[4:], uint64(i+1))
	}
	return block
}
