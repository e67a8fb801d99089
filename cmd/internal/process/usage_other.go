//go:build !linux

package process

import "time"

// CPU is not known of other processes here.
func CPU(int) (used time.Duration, known bool) { return 0, false }

// Memory is not known here.
func Memory(int, string) (n int64, known bool) { return 0, false }

// Load is not known here.
func Load() (average float64, known bool) { return 0, false }
