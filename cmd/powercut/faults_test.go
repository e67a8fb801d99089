//go:build powercut

package powercut

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirflow/weir/eventstore"
)

const (
	// fullDisk is the size of a disk that is filled, and ballast what is removed from it to make space.
	fullDisk = 64 << 20
	ballast  = 24 << 20
	// faultyDisk is the size of any other disk of these tests, and lowerDisk of one that carries another.
	faultyDisk = 1 << 30
	lowerDisk  = 2 << 30
)

// A full disk: the store fails, nothing is acknowledged that is not stored, and once there is space
// everything that was acknowledged is there.
func TestFaultFullDisk(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]eventstore.Sync{"ext4": eventstore.SyncBarrier, "tmpfs": eventstore.SyncAlways} {
		t.Run(name, func(t *testing.T) {
			point := mountSmall(t, name)
			spare := fill(t, point)
			b := openBench(t, point, mode)
			b.work()
			b.awaitFailure()
			b.close()
			if err := os.Remove(spare); err != nil {
				t.Fatal(err)
			}
			b.verify()
		})
	}
}

// mountSmall mounts a file system that is soon full.
func mountSmall(t *testing.T, kind string) string {
	t.Helper()
	if kind != "tmpfs" {
		return newDisk(t, t.TempDir(), kind, "", fullDisk).point
	}
	mustGoOn(t)
	point := t.TempDir()
	if err := unix.Mount("tmpfs", point, "tmpfs", 0, fmt.Sprintf("size=%d", fullDisk)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(point, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return point
}

// fill puts something on a disk that can be removed when it is full.
func fill(t *testing.T, point string) string {
	t.Helper()
	path := filepath.Join(point, "ballast")
	if err := os.WriteFile(path, make([]byte, ballast), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file system on which every write and every sync fails from one moment on.
func TestFaultFailingFileSystem(t *testing.T) {
	t.Parallel()
	for _, mode := range []eventstore.Sync{eventstore.SyncBarrier, eventstore.SyncAlways} {
		t.Run(string(mode), func(t *testing.T) {
			d := newDisk(t, t.TempDir(), fileSystemKind(), "", faultyDisk)
			b := openBench(t, d.point, mode)
			b.work()
			b.awaitAcks()
			b.stop(d)
			b.close()
			d.remount()
			b.verify()
		})
	}
}

// A disk that fails below a file system which does not know yet: writes go to memory and succeed, and what
// fails is to bring them to the disk.
func TestFaultFailingDisk(t *testing.T) {
	t.Parallel()
	below := newDisk(t, t.TempDir(), "ext4", "", lowerDisk)
	d := newDisk(t, below.point, fileSystemKind(), "", faultyDisk)
	b := openBench(t, d.point, eventstore.SyncBarrier)
	b.work()
	b.awaitAcks()
	b.stop(below)
	b.close()
	d.unmount()
	below.remount()
	d.mount()
	b.verify()
}

// A disk that stalls, so that syncs wait.
func TestFaultStallingDisk(t *testing.T) {
	t.Parallel()
	below := newDisk(t, t.TempDir(), "ext4", "", lowerDisk)
	d := newDisk(t, below.point, fileSystemKind(), "", faultyDisk)
	stall(t, openBench(t, d.point, eventstore.SyncBarrier), below)
}

// A file system that stalls, so that even writes to memory wait.
func TestFaultStallingFileSystem(t *testing.T) {
	t.Parallel()
	d := newDisk(t, t.TempDir(), fileSystemKind(), "", faultyDisk)
	stall(t, openBench(t, d.point, eventstore.SyncBarrier), d)
}

// stall freezes a file system under an append: there is no outcome while it is frozen, the store says that
// it is not ready, and when it is thawed all goes on as if nothing had been.
func stall(t *testing.T, b *bench, stalling *disk) {
	t.Helper()
	h := b.hand(0)
	if err := h.begin(); err != nil {
		t.Fatal(err)
	}
	f := freezeDisk(t, stalling)
	appended := make(chan error, 1)
	go func() { appended <- h.goOn() }()
	began := time.Now()
	for b.store.Ready() == nil {
		time.Sleep(10 * time.Millisecond)
		if mustGoOn(t); time.Since(began) > frostMax/2 {
			t.Fatal("the store calls itself ready while the disk stalls")
		}
	}
	t.Logf("not ready after %s: %v", time.Since(began).Round(time.Millisecond), b.store.Ready())
	if err := b.store.Health(); err != nil {
		t.Errorf("slow is not broken: %v", err)
	}
	if len(appended) > 0 {
		t.Errorf("an append has its outcome while the disk stalls: %v", <-appended)
	}
	f.thaw()
	if err := <-appended; err != nil {
		t.Errorf("after the disk is back: %v", err)
	}
	if err := b.store.Ready(); err != nil {
		t.Errorf("ready after the disk is back: %v", err)
	}
	if err := errors.Join(h.goOn(), b.store.Close()); err != nil {
		t.Error(err)
	}
	b.verify()
}
