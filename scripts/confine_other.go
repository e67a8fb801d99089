//go:build !linux

package scripts

import (
	"os"
	"os/exec"
	"runtime"
	"time"
)

// namespaced says that attributes can give a worker namespaces.
const namespaced = false

// self is the program that is running.
func self() (string, error) { return os.Executable() }

func attributes(*exec.Cmd, bool) {}

// standardInput is where a worker reads.
func standardInput() *os.File { return os.Stdin }

func limitTime(time.Duration) {}

// confine has nothing to take here: the limits of the scripts, the deadline and the empty environment are all there is.
func confine(uint64) (missing []string) {
	return []string{"no files, no network, a limit of memory: not on " + runtime.GOOS}
}
