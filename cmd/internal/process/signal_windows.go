package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// orderly says that a process cannot be asked to end here: it is killed.
const orderly = false

func ask(p *os.Process) error { return p.Kill() }

// alone keeps the console's signals from the process.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}
