//go:build unix

package process

import (
	"syscall"
	"time"
)

// OwnCPU is the processor time, user and system, that this process has used.
func OwnCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
