package audit_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/weirflow/weir/eventstore/audit"
)

// fingerprint is what a directory holds: names, modes, times of the last change, and content.
func fingerprint(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		state := fmt.Sprintf("%s %s", info.Mode(), info.ModTime())
		if entry.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			state += fmt.Sprintf(" %x", sha256.Sum256(data))
		}
		all[path] = state
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Stores that nothing has happened to.
func TestNoFalseAlarm(t *testing.T) {
	t.Run("no store yet", func(t *testing.T) { wantWhole(t, check(t, t.TempDir())) })
	t.Run("empty", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		wantWhole(t, check(t, dir))
		shut(t, s)
		wantWhole(t, check(t, dir))
		mark(t, dir, 0, 0)
		wantWhole(t, check(t, dir))
	})
	t.Run("open, and closed, many times", func(t *testing.T) {
		dir := t.TempDir()
		a := &author{run: "r"}
		for range 4 {
			s := open(t, dir)
			a.write(t, s, 2)
			wantWhole(t, check(t, dir))
			shut(t, s)
			mark(t, dir, a.sequence, 0)
			wantWhole(t, check(t, dir))
		}
	})
	t.Run("many blocks", func(t *testing.T) {
		dir, _ := store(t)
		if n := blockNumbers(t, dir); n < 5 {
			t.Fatalf("the sample has %d blocks", n)
		}
		wantWhole(t, check(t, dir))
	})
	t.Run("large messages", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		a := &author{run: "r", filler: 5 << 20}
		for range 4 {
			a.write(t, s, 1)
		}
		shut(t, s)
		if n := blockNumbers(t, dir); n < 3 {
			t.Fatalf("the store has %d blocks", n)
		}
		wantWhole(t, check(t, dir))
	})
}

// crashEnv is set in a process that appends until it is killed.
const crashEnv = "WEIR_TEST_AUDIT_CRASH"

// A process that is killed while it appends leaves at most a last write that was cut off, and everything it was told
// is durable.
func TestNoFalseAlarmAfterKill(t *testing.T) {
	if dir := os.Getenv(crashEnv); dir != "" {
		appendUntilKilled(t, dir)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	smallBlocks(t, dir)
	last := uint64(0)
	for round := range 4 {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestNoFalseAlarmAfterKill$")
		cmd.Env = append(os.Environ(), crashEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Every line is the sequence of a commit that is durable.
		lines := bufio.NewScanner(out)
		for n := 0; n < 100+50*round && lines.Scan(); n++ {
			if last, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatalf("the process said %q", lines.Text())
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			if n, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
				last = n
			}
		}
		_ = cmd.Wait() // it was killed
		if why, err := audit.Due(dir); why == "" || err != nil {
			t.Errorf("round %d: the check is not due: %v", round, err)
		}
		mark(t, dir, last, 0)
		report := check(t, dir)
		wantSound(t, report)
		if report.Streams[0].Last < last || last == 0 {
			t.Errorf("round %d: the stream ends with %d, acknowledged was %d", round, report.Streams[0].Last, last)
		}
	}
}

func appendUntilKilled(t *testing.T, dir string) {
	if err := audit.Opened(dir); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	run := fmt.Sprintf("run-%d", os.Getpid())
	for i := 0; ; i++ {
		a := &author{run: fmt.Sprintf("%s-%d", run, i), filler: 500}
		for range 5 {
			a.write(t, s, 3)
			if _, err := fmt.Fprintln(os.Stdout, a.sequence); err != nil {
				return // whoever was to kill this process is gone
			}
		}
	}
}

// A store that is open may be checked: what is appended meanwhile is no damage, also where a write is only seen in part.
func TestNoFalseAlarmWhileOpen(t *testing.T) {
	dir := t.TempDir()
	smallBlocks(t, dir)
	if err := audit.Opened(dir); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	marks, err := audit.OpenMark(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			a := &author{run: fmt.Sprintf("run-%d", i), filler: 400}
			for range 4 {
				c := a.commit(3)
				sequence, err := s.Append(c, a.sequence).Result()
				if err == nil {
					err = marks.Write(audit.Mark{Runs: sequence})
				}
				if err != nil {
					t.Error(err)
					return
				}
				a.moved(c, sequence)
			}
		}
	})
	last := uint64(0)
	for last < 600 {
		report := check(t, dir)
		wantSound(t, report)
		if now := report.Streams[0].Last; now < last {
			t.Errorf("the stream went back from %d to %d", last, now)
		} else {
			last = now
		}
	}
	close(stop)
	writing.Wait()
	if err := marks.Close(); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	if err := audit.Closed(dir); err != nil {
		t.Fatal(err)
	}
	wantWhole(t, check(t, dir))
}
