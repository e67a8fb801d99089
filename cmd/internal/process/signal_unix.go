//go:build unix

package process

import (
	"os"
	"syscall"
)

// orderly says that a process can be asked to end.
const orderly = true

func ask(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
