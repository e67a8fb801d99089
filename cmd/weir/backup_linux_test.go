package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/weirflow/weir/eventstore"
)

// A backup whose folder cannot be synced, because it may be written but not read, is an error that says so. The file is
// left, for it is whole; and it is not looked for under the name that it had before.
func TestBackupSyncsItsFolder(t *testing.T) {
	data, folder := filepath.Join(t.TempDir(), "data"), t.TempDir()
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := backupConfig{data: data, file: filepath.Join(folder, "monday.jsonl.gz")}
	if err := os.Chmod(folder, 0o300); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	asOwner(t, func() { err = runBackup(t.Context(), cfg, &out) })
	if err == nil || !strings.Contains(err.Error(), "a power cut may still take it away") || strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v, and printed %q", err, out.String())
	}
	if err := os.Chmod(folder, 0o700); err != nil { //nolint:gosec // a folder
		t.Fatal(err)
	}
	f, err := os.Open(cfg.file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.VerifyBackup(f); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// asOwner runs do on a thread without root's power to pass over the permissions of files.
func asOwner(t *testing.T, do func()) {
	t.Helper()
	runtime.LockOSThread() // powers are a thread's; one that keeps too few ends with the test
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var powers [2]unix.CapUserData
	if err := unix.Capget(&header, &powers[0]); err != nil {
		t.Fatal(err)
	}
	all := powers[0].Effective
	powers[0].Effective &^= 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH
	if err := unix.Capset(&header, &powers[0]); err != nil {
		t.Fatal(err)
	}
	do()
	powers[0].Effective = all
	if err := unix.Capset(&header, &powers[0]); err != nil {
		t.Fatal(err)
	}
	runtime.UnlockOSThread()
}
