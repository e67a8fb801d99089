package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// A block is records, one behind the other. Numbers are little-endian:
//
//	offset  0  4 bytes  length of the whole record; the highest bit says that the message has headers
//	offset  4  8 bytes  sequence, with the bits of erased messages and of tombstones
//	offset 12  8 bytes  time, in nanoseconds since 1970
//	offset 20  2 bytes  length of the subject
//	offset 22           subject, then with headers 4 bytes their length and the headers, then the message
//	at the end 8 bytes  HighwayHash of the sequence, the time, the subject, the headers and the message
//
// The checksum leaves out the three lengths. Another length of the record or the subject gives other bytes to
// the checksum, but the length of the headers is held by nothing: whoever reads a message must find out
// whether its headers end where they say.
const (
	recordHead  = 22
	recordLeast = recordHead + checksumSize
	recordMost  = 32 << 20 // the server takes a longer one for damage
	headersBit  = 1 << 31
	erasedBit   = 1 << 63
	tombBit     = 1 << 62
	// sequenceMost bounds what is taken for a sequence: at a million messages a second it lasts nine years.
	sequenceMost = 1 << 48
)

type recordKind uint8

const (
	message   recordKind = iota
	erased               // takes the place of a message that was deleted, or of one that never was
	tombstone            // says that the message of this sequence, which lies before it, is deleted
)

// record is one record whose checksum is right. Its slices are parts of the block.
type record struct {
	kind           recordKind
	offset, length int
	sequence       uint64
	at             int64 // nanoseconds since 1970
	subject        []byte
	headers        []byte
	data           []byte
	misfit         bool // the length of the headers is damaged; where they end was found out
}

// scanner reads the records of one block.
type scanner struct {
	block []byte
	hash  *highwayhash.Digest64
	sum   [checksumSize]byte
}

func newScanner(block []byte, key [sha256.Size]byte) *scanner {
	hash, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	return &scanner{block: block, hash: hash}
}

// record reads the record at an offset, and says what is wrong where none is.
func (s *scanner) record(offset int) (r record, problem string) {
	rest := s.block[offset:]
	if len(rest) < recordHead {
		return record{}, "a record is cut off"
	}
	length, headed := binary.LittleEndian.Uint32(rest), false
	if length&headersBit != 0 {
		length, headed = length&^headersBit, true
	}
	begin := recordHead + int(binary.LittleEndian.Uint16(rest[20:]))
	if headed {
		begin += 4
	}
	switch {
	case length < recordLeast || length > recordMost || begin > int(length)-checksumSize:
		return record{}, "the length of a record cannot be right"
	case int(length) > len(rest):
		return record{}, "a record is cut off"
	}
	rest = rest[:length]
	end := len(rest) - checksumSize
	r = record{
		offset: offset, length: len(rest), at: int64(binary.LittleEndian.Uint64(rest[12:])),
		subject: rest[recordHead : recordHead+int(binary.LittleEndian.Uint16(rest[20:]))], data: rest[begin:end],
	}
	if !s.matches(rest[4:20], r.subject, r.data, rest[end:]) {
		return record{}, "the checksum of a record does not match"
	}
	r.sequence = binary.LittleEndian.Uint64(rest[4:])
	switch {
	case r.sequence&tombBit != 0:
		r.kind, r.sequence = tombstone, r.sequence&^(tombBit|erasedBit)
	case r.sequence&erasedBit != 0:
		r.kind, r.sequence = erased, r.sequence&^erasedBit
	}
	if r.sequence == 0 || r.sequence > sequenceMost {
		return record{}, "the sequence of a record cannot be right"
	}
	if headed {
		r.split(binary.LittleEndian.Uint32(rest[begin-4:]))
	}
	return r, ""
}

func (s *scanner) matches(head, subject, data, stated []byte) bool {
	s.hash.Reset()
	_, _ = s.hash.Write(head) // which never fails
	_, _ = s.hash.Write(subject)
	_, _ = s.hash.Write(data)
	return string(s.hash.Sum(s.sum[:0])) == string(stated)
}

var (
	headersBegin = []byte("NATS/1.0\r\n")
	headersEnd   = []byte("\r\n\r\n")
)

// split parts the headers from the message behind them.
func (r *record) split(length uint32) {
	if !bytes.HasPrefix(r.data, headersBegin) {
		r.misfit = true
		return
	}
	end := bytes.Index(r.data, headersEnd)
	if end < 0 {
		r.misfit = true
		return
	}
	end += len(headersEnd)
	r.misfit = uint32(end) != length
	r.headers, r.data = r.data[:end], r.data[end:]
}

// expectedHeader names the sequence of the last message on the same subject when this one was stored.
var expectedHeader = []byte("\r\nNats-Expected-Last-Subject-Sequence: ")

// behind returns the sequence of the message on the same subject that this one was stored behind.
func (r *record) behind() (sequence uint64, ok bool) {
	_, value, found := bytes.Cut(r.headers, expectedHeader)
	if !found {
		return 0, false
	}
	digits, _, _ := bytes.Cut(value, headersEnd[:2])
	sequence, err := strconv.ParseUint(string(digits), 10, 64)
	return sequence, err == nil
}

// ReplacedHeader is the header in which a commit that retires its run lists the sequences of all that the run
// had, as "3-5,9". Those need not be there any more.
const ReplacedHeader = "Weir-Replaced"

var replacedHeader = []byte("\r\n" + ReplacedHeader + ": ")

// replaced returns what the message took the place of, nil for most, and for a list that cannot be read.
func (r *record) replaced() []Span {
	_, value, found := bytes.Cut(r.headers, replacedHeader)
	if !found {
		return nil
	}
	list, _, _ := bytes.Cut(value, headersEnd[:2])
	var spans []Span
	for text := range bytes.SplitSeq(list, []byte{','}) {
		first, last, several := strings.Cut(string(text), "-")
		from, err := strconv.ParseUint(first, 10, 64)
		to := from
		if err == nil && several {
			to, err = strconv.ParseUint(last, 10, 64)
		}
		if err != nil || to < from || to >= r.sequence {
			return nil
		}
		spans = append(spans, Span{from, to})
	}
	return spans
}

// resync returns where behind a damaged record the next whole one begins: first where the damaged one says
// that it ends, then anywhere. It returns the block's length where there is none.
func (s *scanner) resync(offset int) int {
	if rest := s.block[offset:]; len(rest) >= recordHead {
		next := int(binary.LittleEndian.Uint32(rest) &^ headersBit)
		if next >= recordLeast && next < len(rest) {
			if _, problem := s.record(offset + next); problem == "" {
				return offset + next
			}
		}
	}
	for next := offset + 1; next+recordLeast <= len(s.block); next++ {
		if !s.mayBegin(next) {
			continue
		}
		if _, problem := s.record(next); problem == "" {
			return next
		}
	}
	return len(s.block)
}

// mayBegin sorts out nearly all offsets without a checksum.
func (s *scanner) mayBegin(offset int) bool {
	rest := s.block[offset:]
	length := binary.LittleEndian.Uint32(rest) &^ headersBit
	sequence := binary.LittleEndian.Uint64(rest[4:]) &^ (erasedBit | tombBit)
	return length >= recordLeast && length <= recordMost && int(length) <= len(rest) && sequence != 0 && sequence <= sequenceMost
}

// subjectAt returns what seems to be the subject of a damaged record, nil where that cannot be told.
func subjectAt(block []byte, offset int) []byte {
	if len(block) < offset+recordHead {
		return nil
	}
	rest := block[offset+recordHead:]
	length := int(binary.LittleEndian.Uint16(block[offset+20:]))
	return rest[:min(length, len(rest))]
}
