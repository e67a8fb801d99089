package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNoProcessIsLeftBehind ends a server in all ways while a process of its runs a script that never ends, and looks for
// what is left.
func TestNoProcessIsLeftBehind(t *testing.T) {
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(end.String(), func(t *testing.T) {
			var out lines
			server, _ := serveStuck(t, &out, "--scripts", "process", "--script-workers", "2")
			var children []int
			for deadline := time.Now().Add(waitMax); !slices.ContainsFunc(children, computes); time.Sleep(10 * time.Millisecond) {
				if children = childrenOf(server.Process.Pid); time.Now().After(deadline) {
					t.Fatalf("of the processes %v none runs a script", children)
				}
			}
			if err := server.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			err := server.Wait()
			if end == syscall.SIGTERM && err != nil {
				t.Errorf("the server ended with %v\n%s", err, &out)
			}
			for deadline := time.Now().Add(waitMax); slices.ContainsFunc(children, lives); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("of the processes %v some are left", children)
				}
			}
		})
	}
}

// childrenOf returns the processes that a process has started.
func childrenOf(pid int) (children []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is fine
	for _, path := range all {
		if fields := statOf(path); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path))) // it is a number
			children = append(children, child)
		}
	}
	return children
}

// lives reports whether a process is there and has not ended.
func lives(pid int) bool {
	fields := statOf(fmt.Sprintf("/proc/%d/stat", pid))
	return len(fields) > 0 && fields[0] != "Z"
}

// computes reports whether a process has used a fifth of a second.
func computes(pid int) bool {
	const used, hundredths = 11, 20 // utime, in ticks
	fields := statOf(fmt.Sprintf("/proc/%d/stat", pid))
	if len(fields) <= used {
		return false
	}
	ticks, err := strconv.Atoi(fields[used])
	return err == nil && ticks >= hundredths
}

// statOf returns the fields of a stat file from the state on, none where the process is gone.
func statOf(path string) []string {
	stat, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
}
