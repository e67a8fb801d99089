package process

import (
	"time"

	"golang.org/x/sys/windows"
)

// OwnCPU is the processor time, user and system, that this process has used.
func OwnCPU() time.Duration {
	var begun, ended, system, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &begun, &ended, &system, &user); err != nil {
		return 0
	}
	units := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) }
	return time.Duration(units(system)+units(user)) * 100 // nanoseconds
}
