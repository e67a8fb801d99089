//go:build unix && !linux

package process

import "syscall"

// alone keeps the terminal's signals from the process.
func alone() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
