//go:build powercut

package powercut

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
)

const (
	// appenders is how many commits a writer has under way at once.
	appenders = 256
	// loadMin and loadMax bound the time from a writer's first acknowledgement to the cut.
	loadMin, loadMax = 20 * time.Millisecond, 500 * time.Millisecond
	// earlyMax bounds the time from the first thing that a writer says after a kill to the cut.
	earlyMax = 5 * time.Millisecond
	// patience bounds every wait for a process: it is never reached unless something is broken.
	patience = time.Minute
	// storesMade is how many stores are cut in one cycle while they are made.
	storesMade = 4
)

// rig cuts the power under writers, and brings it back.
type rig struct {
	t       testing.TB
	disk    *disk
	logs    string // where the logs of acknowledgements are
	mode    eventstore.Sync
	random  *rand.Rand
	ledger  *ledger // of the store that goes on from cycle to cycle
	name    string  // of the cycle
	writers int     // of the cycle
	unmade  int     // stores that a cut left unfinished, and that were opened nevertheless
}

// cycle is one way to lose power. What it returns is said in the cycle's line.
type cycle struct {
	name string
	run  func(*rig) string
}

// cycles are taken in turn.
var cycles = []cycle{
	{"load", (*rig).load},
	{"creation", (*rig).creation},
	{"load", (*rig).load},
	{"recovery", (*rig).recovery},
	{"load", (*rig).load},
	{"creation", (*rig).creation},
	{"kill", (*rig).killed},
	{"load", (*rig).load},
	{"start", (*rig).opening},
}

// load cuts the power while many write.
func (r *rig) load() string {
	after := r.cutUnderLoad()
	r.disk.remount()
	return fmt.Sprintf("cut %s after the first ack: %s", after.Round(time.Millisecond), r.check())
}

// recovery cuts the power while many write, and again while the next process opens what that has left.
func (r *rig) recovery() string {
	r.cutUnderLoad()
	r.disk.remount()
	after := r.cutWhileOpening(r.ledger)
	r.disk.remount()
	return fmt.Sprintf("cut again %s into recovery: %s", after.Round(time.Millisecond), r.check())
}

// opening cuts the power while a store is opened that was closed in order.
func (r *rig) opening() string {
	after := r.cutWhileOpening(r.ledger)
	r.disk.remount()
	return fmt.Sprintf("cut %s into opening: %s", after.Round(time.Millisecond), r.check())
}

// killed kills a writer, with the power on, and cuts the power soon after the next one has begun to say what
// it found. What a killed process had written can be read, and need not be on the disk.
func (r *rig) killed() string {
	w, _ := r.letLoad()
	w.mustLive()
	w.kill()
	r.ledger.closeOff(r.t, r.ledger.size(r.t))
	before, commits := r.ledger.opened, r.ledger.commits
	w = r.startWriter(r.ledger)
	await(r.t, w, func() bool {
		r.ledger.update(r.t)
		return r.ledger.opened > before && r.ledger.commits > commits
	})
	after := time.Duration(r.random.Int64N(int64(earlyMax)))
	time.Sleep(after)
	r.cut(w, r.ledger)
	r.disk.remount()
	return fmt.Sprintf("killed, and cut %s after the next one's first ack: %s", after.Round(time.Millisecond), r.check())
}

// creation cuts the power while stores are made that have not been there before. What comes of each must
// open, as if it was whole or new.
func (r *rig) creation() string {
	var told []string
	for i := range storesMade {
		l := newLedger(filepath.Join(r.disk.point, fmt.Sprintf("%s-%d", r.name, i)), r.logs)
		l.took = r.ledger.took
		after := r.cutWhileOpening(l)
		r.disk.remount()
		text := "half made"
		if l.opened > 0 {
			text = fmt.Sprintf("open, %d commits acknowledged", l.commits)
		} else {
			r.unmade++
		}
		told = append(told, fmt.Sprintf("after %s %s", after.Round(time.Millisecond), text))
		left := listing(l.dir)
		if found := r.verify(l); len(found.problems) > 0 {
			r.t.Logf("what the cut left of the store:\n%s", left)
		}
		if err := os.RemoveAll(l.dir); err != nil {
			r.t.Errorf("remove a store: %v", err)
		}
	}
	return fmt.Sprintf("%d stores cut while they were made, and opened: %s", storesMade, strings.Join(told, "; "))
}

func (r *rig) cutUnderLoad() time.Duration {
	r.t.Helper()
	w, after := r.letLoad()
	r.cut(w, r.ledger)
	return after
}

// letLoad lets a writer work for a while.
func (r *rig) letLoad() (w *process, after time.Duration) {
	r.t.Helper()
	before := r.ledger.commits
	w = r.startWriter(r.ledger)
	await(r.t, w, func() bool {
		r.ledger.update(r.t)
		return r.ledger.commits > before
	})
	after = loadMin + time.Duration(r.random.Int64N(int64(loadMax-loadMin)))
	time.Sleep(after)
	return w, after
}

func (r *rig) cutWhileOpening(l *ledger) time.Duration {
	r.t.Helper()
	before := l.opening
	w := r.startWriter(l)
	await(r.t, w, func() bool {
		l.update(r.t)
		return l.opening > before
	})
	after := time.Duration(r.random.Int64N(int64(max(l.took, 20*time.Millisecond)) * 5 / 4))
	time.Sleep(after)
	r.cut(w, l)
	return after
}

func (r *rig) startWriter(l *ledger) *process {
	r.t.Helper()
	r.writers++
	orders := writerOrders{
		Dir: l.dir, Acks: l.path, Sync: r.mode, Seed: r.random.Uint64(), Name: fmt.Sprintf("%sw%d", r.name, r.writers),
		Appenders: appenders, Continue: l.someRuns(r.random, appenders/4),
	}
	if r.random.IntN(2) == 0 {
		orders.Neighbour = filepath.Join(r.disk.point, "neighbour")
	}
	return startRole(r.t, roleWriter, orders)
}

// await waits until something has happened, and fails the test where the process ends before.
func await(t testing.TB, p *process, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(time.Millisecond) {
		p.mustLive()
		mustGoOn(t)
		if time.Now().After(deadline) {
			p.kill()
			t.Fatalf("nothing has happened for %s\n%s", patience, p.output.Bytes())
		}
	}
}

// mustGoOn ends the test after Ctrl-C.
func mustGoOn(t testing.TB) {
	t.Helper()
	if interrupted.Err() != nil {
		t.Fatal("interrupted")
	}
}

// cut takes the power from a writer. What it notes from this moment on nobody would have heard.
func (r *rig) cut(w *process, l *ledger) {
	r.t.Helper()
	w.mustLive()
	noted := l.size(r.t)
	r.disk.cut()
	w.kill()
	l.closeOff(r.t, noted)
}

// verify verifies a store and tells the test what is wrong with it.
func (r *rig) verify(l *ledger) finding {
	r.t.Helper()
	found := verify(l, r.mode, r.random, r.name+"v")
	mustGoOn(r.t)
	l.update(r.t)
	if len(found.problems) > 0 {
		r.t.Errorf("%s, %s: %s", r.name, l.dir, strings.Join(found.problems, "\n\t"))
	}
	return found
}

// check verifies the store that goes on from cycle to cycle, and returns what is to be said of it.
func (r *rig) check() string {
	r.t.Helper()
	l, began := r.ledger, time.Now()
	text := fmt.Sprintf("%d commits of %d runs (%d retired) and %d revisions acknowledged", l.commits, len(l.names), len(l.retired), l.revisions)
	found := r.verify(l)
	return fmt.Sprintf("%s, %d commits found beyond, opened in %s, verified in %s",
		text, found.unasked, found.opened.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// listing lists the files below a directory with their sizes.
func listing(dir string) string {
	var text strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if entry.IsDir() {
			fmt.Fprintf(&text, "%12s  %s/\n", "", name)
		} else {
			fmt.Fprintf(&text, "%12d  %s\n", info.Size(), name)
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(&text, err)
	}
	return text.String()
}
