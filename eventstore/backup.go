package eventstore

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// A backup is gzipped lines of JSON, which zcat and jq can read: a head, every commit and every revision as
// it is stored, byte for byte, and a foot that counts them and has the digest of all lines before it. A
// backup without its foot is not whole, and is not restored.
//
//	{"weir":"backup","v":1,"made_at":"…"}
//	{"commit":{"v":1,"run":"…",…}}
//	{"revision":{"v":1,"workflow":"…",…}}
//	{"end":{"commits":7,"revisions":2,"sha256":"…"}}
const backupVersion = 1

// BackupCounts says what a backup holds.
type BackupCounts struct {
	Commits   uint64 `json:"commits"`
	Revisions uint64 `json:"revisions"`
}

type backupHead struct {
	Weir   string    `json:"weir"`
	V      int       `json:"v"`
	MadeAt time.Time `json:"made_at"`
}

type backupFoot struct {
	BackupCounts
	SHA256 string `json:"sha256"`
}

const (
	commitOpening   = `{"commit":`
	revisionOpening = `{"revision":`
	endOpening      = `{"end":`
)

// Backup writes everything that is durable at the call, while the store goes on working; nothing is retired
// meanwhile. Damage ends it with an *event.DamageError: what is left of a damaged store is salvaged, not
// backed up.
func (s *Store) Backup(ctx context.Context, to io.Writer) (BackupCounts, error) {
	s.retiring.Lock()
	defer s.retiring.Unlock()
	b := newBackupWriter(to)
	if err := b.head(time.Now()); err != nil {
		return BackupCounts{}, err
	}
	for c, err := range s.Scan(ctx) {
		if err == nil {
			b.counts.Commits++
			err = b.line(commitOpening, c.Data)
		}
		if err != nil {
			return BackupCounts{}, fmt.Errorf("back up the runs: %w", err)
		}
	}
	// Behind the runs: every revision that one of them is pinned to is older than the run.
	ctx, release := s.bind(ctx)
	defer release()
	for rec, err := range s.records(ctx, s.workflows, 0) {
		if err == nil {
			_, err = openRevision(rec)
		}
		if err == nil {
			b.counts.Revisions++
			err = b.line(revisionOpening, rec.data)
		}
		if err != nil {
			return BackupCounts{}, fmt.Errorf("back up the workflows: %w", err)
		}
	}
	return b.counts, b.close()
}

// backupWriter writes the lines of a backup.
type backupWriter struct {
	zip    *gzip.Writer
	out    *bufio.Writer
	sum    hash.Hash
	counts BackupCounts
}

func newBackupWriter(to io.Writer) *backupWriter {
	zip, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	b := &backupWriter{zip: zip, sum: sha256.New()}
	b.out = bufio.NewWriterSize(io.MultiWriter(zip, b.sum), 64<<10)
	return b
}

func (b *backupWriter) head(now time.Time) error {
	data, err := json.Marshal(backupHead{Weir: "backup", V: backupVersion, MadeAt: now.UTC()})
	if err == nil {
		_, err = b.out.Write(append(data, '\n'))
	}
	return err
}

// line writes data, which is JSON on one line, behind the opening.
func (b *backupWriter) line(opening string, data []byte) error {
	_, err := b.out.WriteString(opening)
	if err == nil {
		_, err = b.out.Write(data)
	}
	if err == nil {
		_, err = b.out.WriteString("}\n")
	}
	return err
}

// close writes the foot, and flushes everything.
func (b *backupWriter) close() error {
	if err := b.out.Flush(); err != nil {
		return err
	}
	foot, err := json.Marshal(backupFoot{b.counts, hex.EncodeToString(b.sum.Sum(nil))})
	if err != nil {
		return err
	}
	return errors.Join(b.line(endOpening, foot), b.out.Flush(), b.zip.Close())
}
