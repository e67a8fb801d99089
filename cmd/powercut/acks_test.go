//go:build powercut

package powercut

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
)

// ackLog is where a writer notes, line by line, what it was told is durable. It lies on a file system that
// is never cut. Each line is one write(2), so what is noted stays noted when the writer is killed.
//
//	opening                                        the store is about to be opened
//	opened  <duration>                             it is open, and so durable
//	commit  <run> <first> <last> <sequence> <digest>
//	retiring <run>                                 the run is about to be retired
//	retired <run> <first> <last> <sequence> <digest>
//	revision <workflow> <number> <sequence> <digest>
type ackLog struct{ file *os.File }

func openAckLog(path string) (*ackLog, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &ackLog{f}, nil
}

func (l *ackLog) add(format string, v ...any) error {
	_, err := fmt.Fprintf(l.file, format+"\n", v...)
	return err
}

// commit notes a commit as kind says, "commit" or "retired".
func (l *ackLog) commit(kind string, c eventstore.Stored) error {
	return l.add("%s %s %d %d %d %s", kind, c.Run, c.First, c.Last, c.Sequence, c.Digest)
}

func (l *ackLog) revision(r eventstore.StoredRevision) error {
	return l.add("revision %s %d %d %s", r.Workflow, r.Number, r.Sequence, r.Digest)
}

// ledger is everything that was acknowledged about one data directory.
type ledger struct {
	dir, path string
	read      int64 // bytes of the log

	opening   int // how often a writer began to open the store
	opened    int // how often it was told that it is open
	took      time.Duration
	commits   int // of runs, retirements apart
	revisions int
	runs      map[string][]ack
	names     []string // the runs in the order of their first acknowledgement
	retiring  map[string]bool
	retired   map[string]ack
	workflows map[string][]ack
}

// ack is one acknowledged commit or revision.
type ack struct {
	first, last uint64 // of a commit its events, of a revision its number
	sequence    uint64
	digest      string
}

// newLedger begins an account of a data directory, with its log below dir.
func newLedger(data, dir string) *ledger {
	return &ledger{
		dir: data, path: filepath.Join(dir, filepath.Base(data)+".acks"),
		runs: map[string][]ack{}, retiring: map[string]bool{}, retired: map[string]ack{}, workflows: map[string][]ack{},
	}
}

// update reads what the log has grown by. The last line counts once it is whole.
func (l *ledger) update(t testing.TB) {
	t.Helper()
	l.updateTo(t, l.size(t))
}

// size returns how long the log is.
func (l *ledger) size(t testing.TB) int64 {
	t.Helper()
	stat, err := os.Stat(l.path)
	if os.IsNotExist(err) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return stat.Size()
}

func (l *ledger) updateTo(t testing.TB, size int64) {
	t.Helper()
	if size == l.read {
		return
	}
	f, err := os.Open(l.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fresh := make([]byte, size-l.read)
	if _, err := f.ReadAt(fresh, l.read); err != nil {
		t.Fatal(err)
	}
	fresh = fresh[:bytes.LastIndexByte(fresh, '\n')+1]
	l.read += int64(len(fresh))
	for line := range strings.Lines(string(fresh)) {
		if err := l.enter(strings.Fields(line)); err != nil {
			t.Fatalf("%s: %q: %v", l.path, line, err)
		}
	}
}

// closeOff counts what was noted when the log had that size, and drops the rest. Nobody hears of an
// acknowledgement after the power is gone. Here a process can: a sync that is under way when the file
// system is stopped may end well although nothing came of it (seen with fsync, on ext4 and XFS).
func (l *ledger) closeOff(t testing.TB, size int64) {
	t.Helper()
	l.updateTo(t, size)
	if err := os.Truncate(l.path, l.read); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

func (l *ledger) enter(words []string) (err error) {
	switch {
	case len(words) == 1 && words[0] == "opening":
		l.opening++
	case len(words) == 2 && words[0] == "opened":
		l.opened++
		l.took, err = time.ParseDuration(words[1])
	case len(words) == 6 && words[0] == "commit":
		if l.runs[words[1]] == nil {
			l.names = append(l.names, words[1])
		}
		var a ack
		if a, err = newAck(words[2], words[3], words[4], words[5]); err == nil {
			l.commits += add(l.runs, words[1], a)
		}
	case len(words) == 2 && words[0] == "retiring":
		l.retiring[words[1]] = true
	case len(words) == 6 && words[0] == "retired":
		l.retired[words[1]], err = newAck(words[2], words[3], words[4], words[5])
	case len(words) == 5 && words[0] == "revision":
		var a ack
		if a, err = newAck(words[2], words[2], words[3], words[4]); err == nil {
			l.revisions += add(l.workflows, words[1], a)
		}
	default:
		err = fmt.Errorf("no line of this kind is known")
	}
	return err
}

// add adds an acknowledgement and returns how many it has added: none where the next writer says again what
// it found.
func add(to map[string][]ack, name string, a ack) int {
	of := to[name]
	if len(of) > 0 && of[len(of)-1] == a {
		return 0
	}
	to[name] = append(of, a)
	return 1
}

func newAck(first, last, sequence, digest string) (ack, error) {
	a := ack{digest: digest}
	var errs [3]error
	a.first, errs[0] = strconv.ParseUint(first, 10, 64)
	a.last, errs[1] = strconv.ParseUint(last, 10, 64)
	a.sequence, errs[2] = strconv.ParseUint(sequence, 10, 64)
	return a, errors.Join(errs[:]...)
}
