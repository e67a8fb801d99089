package audit

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"testing"

	"github.com/minio/highwayhash"
)

// appendRecord writes a record as the server does.
func appendRecord(block []byte, sequence uint64, subject, headers, data string) []byte {
	begin := len(block)
	length := uint32(recordLeast + len(subject) + len(headers) + len(data))
	if headers != "" {
		length = (length + 4) | headersBit
	}
	block = binary.LittleEndian.AppendUint32(block, length)
	block = binary.LittleEndian.AppendUint64(block, sequence)
	block = binary.LittleEndian.AppendUint64(block, 1_700_000_000_000_000_000)
	block = binary.LittleEndian.AppendUint16(block, uint16(len(subject)))
	block = append(block, subject...)
	if headers != "" {
		block = binary.LittleEndian.AppendUint32(block, uint32(len(headers)))
	}
	block = append(append(block, headers...), data...)
	key := runs.blockKey(1)
	sum := highwayhash.Sum64(slices.Concat(block[begin+4:begin+20], []byte(subject+headers+data)), key[:])
	return binary.LittleEndian.AppendUint64(block, sum)
}

func someBlock() []byte {
	const headers = "NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: 7\r\n\r\n"
	block := appendRecord(nil, 8, "weir.runs.default.r", headers, `{"v":1}`)
	block = appendRecord(block, 9|erasedBit, "", "", "")
	block = appendRecord(block, 7|tombBit, "", "", "")
	return appendRecord(block, 10, "weir.runs.default.s", "", "data")
}

func TestRecords(t *testing.T) {
	block := someBlock()
	s := newScanner(block, runs.blockKey(1))
	var got []record
	for offset := 0; offset < len(block); {
		r, problem := s.record(offset)
		if problem != "" {
			t.Fatal(problem)
		}
		got = append(got, r)
		offset += r.length
	}
	wants := []record{{kind: message, sequence: 8}, {kind: erased, sequence: 9}, {kind: tombstone, sequence: 7}, {kind: message, sequence: 10}}
	for i, want := range wants {
		if got[i].kind != want.kind || got[i].sequence != want.sequence {
			t.Errorf("record %d is %+v", i, got[i])
		}
	}
	first, last := got[0], got[3]
	if behind, ok := first.behind(); !ok || behind != 7 || string(first.data) != `{"v":1}` || first.misfit {
		t.Errorf("the first message is %+v", first)
	}
	if _, ok := last.behind(); ok || string(last.data) != "data" || string(last.subject) != "weir.runs.default.s" {
		t.Errorf("the last message is %+v", last)
	}
}

// Whatever a block holds, its entries cover every byte of it once, and whole records keep being found.
func FuzzBlock(f *testing.F) {
	f.Add(0, []byte{})
	f.Add(0, someBlock())
	f.Add(3, []byte{0xff, 0xff, 0xff, 0x7f})
	f.Add(100, []byte("cmp\x01"))
	f.Add(40, bytes.Repeat([]byte{0}, 60))
	f.Fuzz(func(t *testing.T, at int, garbage []byte) {
		data := someBlock()
		at = min(max(at, 0), len(data))
		data = append(slices.Insert(data, at, garbage...), someBlock()...)
		r := &reader{stream: runs, seed: maphash.MakeSeed()}
		b := &block{blockFile: blockFile{number: 1}, data: data}
		r.scan(b)
		offset := 0
		for _, e := range b.entries {
			if e.offset != offset || e.length <= 0 {
				t.Fatalf("an entry of %d bytes at %d, expected at %d", e.length, e.offset, offset)
			}
			offset += e.length
		}
		if offset != len(data) {
			t.Fatalf("the entries end at %d of %d bytes", offset, len(data))
		}
		if last := b.entries[len(b.entries)-1]; last.kind == damage {
			t.Fatalf("the whole records at the end are not found again: %+v", last)
		}
	})
}
