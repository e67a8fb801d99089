//go:build powercut

package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
)

// diskSize is the size of the file system. The file under it is sparse.
const diskSize = 16 << 30

// The control's cycles in every invocation.
const (
	controlSynced   = 3
	controlUnsynced = 2
)

// TestPowerCut cuts the power again and again over the same store.
//
//	POWERCUT_CYCLES      how often, 16
//	POWERCUT_FS          ext4 or xfs
//	POWERCUT_MOUNT_OPTS  such as noauto_da_alloc: ext4 mends some missing syncs by itself, unless told not to
//	POWERCUT_SYNC        barrier or always
//	POWERCUT_SEED        repeats the same choices, though not the same interleaving
func TestPowerCut(t *testing.T) {
	kind, options, mode := fileSystemKind(), os.Getenv("POWERCUT_MOUNT_OPTS"), eventstore.Sync(setting("POWERCUT_SYNC", "barrier"))
	count, seed := number(t, "POWERCUT_CYCLES", 16), number(t, "POWERCUT_SEED", 0)
	if seed == 0 {
		seed = int(time.Now().UnixNano() % 1_000_000_000)
	}
	say(t, "CYCLES=%d FS=%s MOUNT_OPTS=%s SYNC=%s SEED=%d", count, kind, options, mode, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	logs, err := os.MkdirTemp("", "logs-") //nolint:usetesting // the supervisor removes it, or keeps it for a look
	if err != nil {
		t.Fatal(err)
	}
	d := newDisk(t, filepath.Dir(logs), kind, options, diskSize)

	for i := range controlSynced + controlUnsynced {
		synced := i < controlSynced
		acked, lost := control(t, d, logs, fmt.Sprintf("control-%d", i), synced, random)
		say(t, "control %d/%d  synced: %-5t  %d records acknowledged, %d lost", i+1, controlSynced+controlUnsynced, synced, acked, lost)
		if synced != (lost == 0) {
			t.Fatal("the rig is not sound: what was synced must survive, what was not must not")
		}
	}

	r := &rig{t: t, disk: d, logs: logs, mode: mode, random: random, ledger: newLedger(filepath.Join(d.point, "store"), logs)}
	began, passed, failed := time.Now(), 0, 0
	for i := 0; i < count && failed == 0; i++ {
		mustGoOn(t)
		c := cycles[i%len(cycles)]
		r.name, r.writers = fmt.Sprintf("c%d", i+1), 0
		text, verdict := c.run(r), "ok"
		if t.Failed() {
			verdict, failed = "FAILED", 1
		} else {
			passed++
		}
		say(t, "cycle %d/%d  %-8s  %-6s  %s", i+1, count, c.name, verdict, text)
	}
	say(t, "%d of %d cycles passed, %d failed, in %s: %d commits of %d runs (%d retired) and %d revisions acknowledged, and %d stores cut before they were made",
		passed, count, failed, time.Since(began).Round(time.Second), r.ledger.commits, len(r.ledger.names), len(r.ledger.retired), r.ledger.revisions, r.unmade)
}

// say prints a line at once, without the place in the source.
func say(t *testing.T, format string, v ...any) {
	t.Helper()
	fmt.Fprintf(t.Output(), format+"\n", v...)
}

func fileSystemKind() string { return setting("POWERCUT_FS", "ext4") }

func setting(name, otherwise string) string {
	if text := os.Getenv(name); text != "" {
		return text
	}
	return otherwise
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(setting(name, strconv.Itoa(otherwise)))
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number", name, os.Getenv(name))
	}
	return n
}
