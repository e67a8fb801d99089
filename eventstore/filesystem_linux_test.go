package eventstore

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestReportsWriteErrors(t *testing.T) {
	for release, want := range map[string]bool{
		"5.8.0": true, "6.1.0-18-amd64": true, "5.10-rc1": true, "10.0.1": true,
		"5.7.19": false, "4.19.0-26-amd64": false, "5": false, "": false, "six.one": false,
	} {
		if got := reportsWriteErrors(release); got != want {
			t.Errorf("%q: %t, want %t", release, got, want)
		}
	}
}

// Where the file system forgets, or nobody has tried it, the server syncs each message, and the log says so.
func TestBarrierNeedsTheRightFileSystem(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/shm") // memory, on every Linux
	var log bytes.Buffer
	s := openTest(t, Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	mode, why := s.Sync()
	if mode != SyncAlways || !strings.Contains(why, "0x1021994") {
		t.Errorf("the mode is %s: %s", mode, why)
	}
	if !strings.Contains(log.String(), why) {
		t.Errorf("the log does not say why: %s", log.String())
	}
	newAuthor("r").write(t, s, 1)
	if counts := s.SyncCounts(); counts != (SyncCounts{}) {
		t.Errorf("counted %+v", counts)
	}
}
