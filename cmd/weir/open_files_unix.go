//go:build unix

package main

import (
	"math"
	"syscall"
)

// openFilesMax is how many files this process may have open at once, 0 where there is no bound that matters.
func openFilesMax() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) > math.MaxInt32 { //nolint:unconvert // it is signed on FreeBSD
		return 0
	}
	return int(limit.Cur) //nolint:gosec // it is small
}
