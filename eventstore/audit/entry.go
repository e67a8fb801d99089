package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/weirflow/weir/eventstore/event"
)

// entry is a stretch of a block, of one record or of damage, in the order of the file.
type entry struct {
	kind           entryKind
	misfit         bool // as record.misfit
	fatal          bool // as wound.fatal
	offset, length int
	sequence       uint64 // 0 for damage
	content        int    // of a message or of damage: its index in the block's contents
}

type entryKind uint8

const (
	whole   entryKind = iota // a commit or a revision that is what it should be
	deleted                  // the record of an erased message
	deletes                  // a tombstone
	damage                   // bytes that are no record
	bad                      // a record whose content no weir has written
	foreign                  // a commit that stands on another run's subject
	newer                    // content of a newer weir
)

// content is what an entry says, for all but deletions, of which a block may hold many.
type content struct {
	at          int64  // nanoseconds since 1970
	key         uint64 // of the subject
	first, last uint64 // numbers of the events, or of the revision
	behind      uint64 // as record.behind
	hasBehind   bool
	digest      digest
	prev        digest
	reason      string  // what is wrong
	replaced    *[]Span // what the commit stands for, nil for most
}

// digest is a commit's, with a zero value for "none".
type digest struct {
	sum   [16]byte
	given bool
}

func digestOf(text []byte) (d digest, ok bool) {
	if len(text) == 0 {
		return d, true
	}
	if len(text) != hex.EncodedLen(len(d.sum)) {
		return d, false
	}
	_, err := hex.Decode(d.sum[:], text)
	d.given = err == nil
	return d, d.given
}

func (b *block) add(e entry, c content) {
	e.content = len(b.contents)
	b.contents = append(b.contents, c)
	b.entries = append(b.entries, e)
}

// take finds out what a record means in its stream, and makes an entry of it.
func (r *reader) take(b *block, rec record) {
	e := entry{misfit: rec.misfit, offset: rec.offset, length: rec.length, sequence: rec.sequence}
	switch rec.kind {
	case tombstone:
		e.kind = deletes
		b.entries = append(b.entries, e)
		return
	case erased:
		e.kind = deleted
		b.entries = append(b.entries, e)
		return
	case message:
	}
	c := content{at: rec.at, key: maphash.Bytes(r.seed, rec.subject)}
	c.behind, c.hasBehind = rec.behind()
	id := r.stream.id(rec.subject)
	switch {
	case id == nil:
		e.kind, c.reason = bad, fmt.Sprintf("the subject %q is no %s's", clip(rec.subject), r.stream.owner)
	case r.stream == runs:
		e.kind = r.commit(&c, id, &rec)
	default:
		e.kind = revision(&c, id, rec.data)
	}
	b.add(e, c)
}

// commit verifies the commit in a message.
func (r *reader) commit(c *content, run []byte, rec *record) entryKind {
	proof, err := event.Verify(rec.data)
	var damaged *event.DamageError
	switch {
	case errors.As(err, &damaged):
		c.reason = damaged.Reason
		return bad
	case err != nil:
		c.reason = "its format is not known here"
		return newer
	case string(proof.Run) != string(run):
		c.reason = string(proof.Run)
		return foreign
	}
	c.first, c.last = proof.First, proof.Last
	var stated, derived bool
	c.prev, stated = digestOf(proof.Prev)
	c.digest, derived = digestOf(proof.Digest)
	if !stated || !derived {
		c.reason = fmt.Sprintf("it names %q as the digest of the commit before it", clip(proof.Prev))
		return bad
	}
	if spans := rec.replaced(); spans != nil && proof.First == proof.Last {
		if sealed, err := event.Open(rec.data); err == nil && sealed.Retired() {
			c.replaced = &spans
		}
	}
	return whole
}

// revision verifies the revision of a workflow in a message. That all of it is there the record's checksum
// says.
func revision(c *content, workflow, data []byte) entryKind {
	const version = 1
	var stored struct {
		V        int    `json:"v"`
		Workflow string `json:"workflow"`
		Number   uint64 `json:"number"`
	}
	err := json.Unmarshal(data, &stored)
	switch {
	case err != nil:
		c.reason = "it is no revision: " + err.Error()
		return bad
	case stored.V > version:
		c.reason = fmt.Sprintf("its format has the version %d, this weir knows %d", stored.V, version)
		return newer
	case stored.V != version || stored.Number == 0:
		c.reason = "it is no revision: it has no version or no number"
		return bad
	case stored.Workflow != string(workflow):
		c.reason = stored.Workflow
		return foreign
	}
	c.first, c.last = stored.Number, stored.Number
	return whole
}

// id returns the id that a subject ends with, behind the prefix and a namespace, and nil where there is none.
func (s stream) id(subject []byte) []byte {
	rest, ok := bytes.CutPrefix(subject, []byte(s.prefix))
	namespace, id, parted := bytes.Cut(rest, []byte{'.'})
	if !ok || !parted || !event.ValidID(string(namespace)) || !event.ValidID(string(id)) {
		return nil
	}
	return id
}

func clip(text []byte) []byte { return text[:min(len(text), 100)] }
