package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of /proc/PID/stat: user space is told of 100 a second, whatever the kernel counts in.
const tick = 10 * time.Millisecond

// CPU is the processor time, user and system, that a process has used, in steps of 10 ms. It is not known of other
// processes but on Linux.
func CPU(pid int) (used time.Duration, known bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before may hold anything
	if len(fields) < 13 {
		return 0, false
	}
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, false
		}
		used += time.Duration(n) * tick
	}
	return used, true
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
