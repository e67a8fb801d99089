package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time, user and system, that a process has used. It is not known of other processes but on Linux.
func CPU(pid int) (used time.Duration, known bool) {
	// The clock of a process, as clock_getcpuclockid(3) makes its number. /proc/PID/stat has the same in steps of 10 ms.
	const ofSchedule = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|ofSchedule), &t); err != nil || pid <= 0 { // 0 is this process
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

// Memory is a size in bytes, RSS or PeakRSS, of a process. It is known on Linux only.
func Memory(pid int, size string) (n int64, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	_, rest, found := bytes.Cut(status, []byte(size+":"))
	fields := bytes.Fields(rest)
	if !found || len(fields) < 2 {
		return 0, false
	}
	n, err = strconv.ParseInt(string(fields[0]), 10, 64)
	return n << 10, err == nil
}

// Load is the machine's load average over the last minute, known on Linux only.
func Load() (average float64, known bool) {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, false
	}
	_, err = fmt.Sscan(string(content), &average)
	return average, err == nil
}
