//go:build scale

// Package scale fills a store with a great many runs, kills its owner, and measures how the program starts on it and
// answers: how long until it is ready and what takes that long, its memory, and how soon it lists and reads runs.
//
// Run it with `make scale RUNS=1000000`. DIR=path keeps the store there, and measures the one that an earlier call has
// left there.
package scale

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// What the engine promises on the machines it is tested on, with a million runs.
const (
	startLimit = 30 * time.Second
	rssLimit   = 600 << 20
	listLimit  = 20 * time.Millisecond
	readLimit  = 10 * time.Millisecond
)

// fillVariable names the data directory to a process of this program that is to fill it.
const fillVariable = "SCALE_FILL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(fillVariable); dir != "" {
		if err := fill(dir, runsWanted()); err != nil {
			fmt.Fprintln(os.Stdout, "fill:", err)
			os.Exit(1) //nolint:forbidigo // this is main
		}
		fmt.Fprintln(os.Stdout, "filled")
		select {} // until it is killed, as the owner of an open store
	}
	os.Exit(m.Run()) //nolint:forbidigo // this is main
}

// runsWanted is how many finished runs there are to be; beside each hundred one waits.
func runsWanted() int {
	n, err := strconv.Atoi(os.Getenv("SCALE_RUNS"))
	if err != nil || n < openEvery {
		return 1_000_000
	}
	return n
}

func TestManyRuns(t *testing.T) {
	program, data, runs := build(t), dataDir(t), runsWanted()
	filled := filepath.Join(data, fmt.Sprintf("filled-%d", runs))
	if _, err := os.Stat(filled); err != nil {
		s := start(t, program, data)
		sample(t, s)
		s.Stop(stopTimeout)
		fillAndKill(t, data)
		if err := os.WriteFile(filled, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	removeIndex(t, data)

	t.Logf("%d finished runs, %d that wait; the store has %d MiB", runs, runs/openEvery, bytesBelow(t, filepath.Join(data, "jetstream"))>>20)
	s := start(t, program, data)
	s.report("killed, without an index", false)
	t.Logf("the index has %d MiB", bytesBelow(t, filepath.Join(data, indexName))>>20)
	s.Kill()
	s = start(t, program, data)
	s.report("killed", true)
	if waiting := runs/openEvery + 1; s.metric("weir_parked_runs") != waiting || s.metric("weir_active_runs") != 0 { // and the sample
		t.Errorf("%d runs are parked and %d held, want %d and 0", s.metric("weir_parked_runs"), s.metric("weir_active_runs"), waiting)
	}
	ask(t, s, runs)
	s.Stop(stopTimeout)
	s = start(t, program, data)
	s.report("stopped in order", true)
	s.Stop(stopTimeout)
}

// fillAndKill fills the data directory in a process of its own, and kills that with the store open.
func fillAndKill(t *testing.T, data string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), fillVariable+"="+data)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(stdout); said != "filled" && lines.Scan(); {
		said = lines.Text()
		t.Log(said)
	}
	if err := command.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = command.Wait() // it says that it was killed
	if said != "filled" {
		t.Fatal("the store is not filled")
	}
}

// dataDir is the directory of the store, which may need 3 GB.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SCALE_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(t.TempDir(), "data")
}

// indexName is the list of runs, below the data directory.
const indexName = "runs.db"

func removeIndex(t *testing.T, data string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(data, indexName+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func bytesBelow(t *testing.T, path string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(path, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}
