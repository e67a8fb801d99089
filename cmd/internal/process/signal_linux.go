package process

import "syscall"

// alone keeps the terminal's signals from the process, and has it end with its starter however that ends.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
