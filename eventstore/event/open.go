package event

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// ErrUnknownVersion is wrapped by Open's error for an intact commit in a format that this version does not know: a newer
// weir has written it.
var ErrUnknownVersion = errors.New("unknown format of commit, written by a newer weir")

// Open verifies the bytes of a sealed commit, every one of them, and tells its events apart without decoding them. Bytes
// that are not what Seal wrote are a *[DamageError]. The commit keeps data, which nobody may modify afterwards.
func Open(data []byte) (Sealed, error) {
	s := scanner{data: data, apart: true}
	if err := s.scan(); err != nil {
		return Sealed{}, err
	}
	return Sealed{
		Run: s.raw[0].Run, Workflow: s.raw[0].Workflow, First: s.p.First, Last: s.p.Last, Epoch: string(s.epoch), Prev: string(s.p.Prev),
		Digest: string(s.p.Digest), Data: data, Raw: s.raw,
	}, nil
}

// Proof is what a commit that is whole says of itself. Its texts are parts of the commit's bytes.
type Proof struct {
	Run         []byte
	First, Last uint64
	Prev        []byte // empty for a run's first
	Digest      []byte
}

// Verify is Open for who only wants to know whether a commit is whole and where it belongs. It allocates nothing.
func Verify(data []byte) (Proof, error) {
	s := scanner{data: data}
	if err := s.scan(); err != nil {
		return Proof{}, err
	}
	return s.p, nil
}

// scanner reads the bytes of a commit from front to back. Its methods return false once something is wrong, which is then
// in reason.
type scanner struct {
	data     []byte // up to the digest's comma once that is verified
	at       int
	p        Proof
	workflow []byte
	epoch    []byte
	apart    bool // the events are told apart
	raw      []Raw
	newer    bool
	reason   string
}

func (s *scanner) scan() error {
	if s.verify() && s.version() && s.header() && s.events() {
		return nil
	}
	if s.newer {
		return fmt.Errorf("event: %w", ErrUnknownVersion)
	}
	return &DamageError{Run: s.run(), Reason: s.reason}
}

func (s *scanner) fail(format string, args ...any) bool {
	s.reason = fmt.Sprintf(format, args...)
	return false
}

// verify checks the digest at the end.
func (s *scanner) verify() bool {
	end := len(s.data) - sealLength
	if end < 0 {
		return s.fail("it has only %d bytes", len(s.data))
	}
	seal := s.data[end:]
	s.data = s.data[:end]
	stated, labelled := bytes.CutPrefix(seal, []byte(digestLabel))
	stated, closed := bytes.CutSuffix(stated, []byte(`"}`))
	if !labelled || !closed {
		return s.fail("it does not end with its digest")
	}
	if derived := digest(s.data); string(derived[:]) != string(stated) {
		return s.fail("its %d bytes have the digest %s, not %s", end, string(derived[:]), stated)
	}
	s.p.Digest = stated
	return true
}

// run returns the run that the bytes seem to be about, for a message about their damage.
func (s *scanner) run() string {
	_, after, _ := bytes.Cut(s.data[:min(len(s.data), 256)], []byte(`,"run":"`))
	if name, _, closed := bytes.Cut(after, []byte{'"'}); closed && ValidID(string(name)) {
		return string(name)
	}
	return ""
}

// What follows is about bytes whose digest is right. That they are wrong all the same means that something else than Seal
// has written them.

func (s *scanner) version() bool {
	version, ok := uint64(0), s.skip(`{"v":`)
	if ok {
		version, ok = s.number()
	}
	if !ok {
		return s.fail("it does not begin with a version")
	}
	s.newer = version > Version
	return version == Version || s.fail("it has the version %d", version)
}

func (s *scanner) header() bool {
	var named, numbered, owned bool
	s.p.Run, named = s.textAfter(`,"run":`)
	if named {
		s.workflow, named = s.textAfter(`,"workflow":`)
	}
	if !named || !validID(s.p.Run) || !validID(s.workflow) {
		return s.fail("it does not name its run and workflow")
	}
	if numbered = s.skip(`,"first":`); numbered {
		s.p.First, numbered = s.number()
	}
	if !numbered || s.p.First == 0 {
		return s.fail("it does not say the number of its first event")
	}
	s.epoch, owned = s.textAfter(`,"epoch":`)
	if owned {
		s.p.Prev, owned = s.textAfter(`,"prev":`)
	}
	return owned || s.fail("it does not say its epoch and the commit before it")
}

func (s *scanner) events() bool {
	if !s.skip(`,"events":[`) {
		return s.fail("it has no events")
	}
	var room [128]byte
	opening := append(append(append(room[:0], `{"run":"`...), s.p.Run...), `","n":`...)
	var raw Raw
	if s.apart {
		raw.Run, raw.Workflow = string(s.p.Run), string(s.workflow)
		// Most events have more than 100 bytes.
		s.raw = make([]Raw, 0, 1+(len(s.data)-s.at)/100)
	}
	for number := s.p.First; ; number++ {
		start := s.at
		raw.N = number
		if !s.event(opening, &raw) {
			return s.fail("event %d is not where it should be, at byte %d", number, start)
		}
		s.p.Last = number
		if s.apart {
			raw.JSON = s.data[start:s.at:s.at]
			s.raw = append(s.raw, raw)
		}
		if s.skip(`]`) {
			break
		}
		if !s.skip(`,`) {
			return s.fail("event %d does not end where it should, at byte %d", number, s.at)
		}
	}
	return s.at == len(s.data) || s.fail("%d bytes follow its events", len(s.data)-s.at)
}

// event steps over one event, which must have the number that raw says, and notes its type.
func (s *scanner) event(opening []byte, raw *Raw) bool {
	if !bytes.HasPrefix(s.data[s.at:], opening) {
		return false
	}
	s.at += len(opening)
	if n, ok := s.number(); !ok || n != raw.N {
		return false
	}
	if !s.skip(`,"type":"`) {
		return false
	}
	name := s.at
	for s.at < len(s.data) && isLetter(s.data[s.at]) {
		s.at++
	}
	raw.Type = typeOf(s.data[name:s.at])
	return raw.Type != "" && s.skip(`",`) && s.leaveObject()
}

// leaveObject steps over the rest of a JSON object.
func (s *scanner) leaveObject() bool {
	length := lengthToEnd(s.data[s.at:], 1)
	s.at += length
	return length > 0
}

// containerLength returns the length of the JSON object or array that text begins with, and 0 where it does not end.
func containerLength(text []byte) int { return lengthToEnd(text, 0) }

// lengthToEnd returns the length of text up to where the objects and arrays end that it is in so deep, without looking at what is
// inside but for where strings end, and 0 where they do not end.
func lengthToEnd(text []byte, depth int) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			length := stringLength(text[i:])
			if length == 0 {
				return 0
			}
			i += length - 1
		}
	}
	return 0
}

// stringLength returns the length of the JSON string that text begins with, quotes included, and 0 where it does not end.
func stringLength(text []byte) int {
	for i := 1; ; i++ {
		quote := bytes.IndexByte(text[i:], '"')
		if quote < 0 {
			return 0
		}
		i += quote
		// A quote after an odd number of backslashes is part of the string.
		backslashes := 0
		for text[i-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i + 1
		}
	}
}

// skip steps over a text that must come next.
func (s *scanner) skip(text string) bool {
	if !bytes.HasPrefix(s.data[s.at:], []byte(text)) {
		return false
	}
	s.at += len(text)
	return true
}

// number reads a whole number without leading zeros.
func (s *scanner) number() (uint64, bool) {
	start := s.at
	for s.at < len(s.data) && isDigit(s.data[s.at]) {
		s.at++
	}
	digits := s.data[start:s.at]
	const longest = len("18446744073709551615")
	if len(digits) == 0 || len(digits) > longest || (len(digits) > 1 && digits[0] == '0') {
		return 0, false
	}
	n := uint64(0)
	for _, c := range digits {
		next := 10*n + uint64(c-'0')
		if next/10 != n {
			return 0, false
		}
		n = next
	}
	return n, true
}

// textAfter reads a label and the string that follows it.
func (s *scanner) textAfter(label string) ([]byte, bool) {
	if !s.skip(label) || s.at == len(s.data) || s.data[s.at] != '"' {
		return nil, false
	}
	length := stringLength(s.data[s.at:])
	if length == 0 {
		return nil, false
	}
	quoted := s.data[s.at : s.at+length]
	s.at += length
	if body := quoted[1 : length-1]; isPlain(body) {
		return body, true
	}
	v, err := document.Parse(quoted)
	if err != nil {
		return nil, false
	}
	text, ok := v.AsString()
	return []byte(text), ok
}

// isPlain reports whether a string's body stands for itself and is sure to be valid.
func isPlain(body []byte) bool {
	for _, c := range body {
		if c < ' ' || c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

// typeOf returns the type of that name without a copy of a name that is known.
func typeOf(name []byte) Type {
	for _, t := range types {
		if string(t) == string(name) {
			return t
		}
	}
	return Type(name)
}
