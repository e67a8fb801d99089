package actors

import (
	"runtime"
	"runtime/debug"
	"sync"
)

const (
	// Fewer runs than these are taken up without regard to memory.
	heldRuns = 256
	// What runs that are taken up may use before garbage is collected: in all, and each.
	heldRoom, heldRoomEach = 64 << 20, 16 << 10
)

// holding is locked while the process's memory limit is lowered, which one system at a time may do.
var holding sync.Mutex

// holdMemory keeps the process small while many runs are taken up, until release is called. To append behind a run's last
// commit, the store's server reads the whole block of 8 MiB that it is in and leaves it to the garbage collector, whose usual
// pace, which follows what is in use, would let the blocks of a store pile up in the seconds that ten thousand runs take
// (BenchmarkDueAtOnce over 100 blocks: 750 MiB, with a limit 220). The limit is soft: where the runs themselves need more, taking them
// up is slower.
func holdMemory(runs int) (release func()) {
	if runs < heldRuns || !holding.TryLock() {
		return func() {}
	}
	debug.FreeOSMemory() // what others have left
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	before := debug.SetMemoryLimit(-1)
	used := int64(now.Sys - now.HeapReleased) //nolint:gosec // far from its end
	debug.SetMemoryLimit(min(before, used+heldRoom+int64(runs)*heldRoomEach))
	return func() {
		for range 3 { // blocks go to a pool first, which keeps them for two collections
			debug.FreeOSMemory()
		}
		debug.SetMemoryLimit(before)
		holding.Unlock()
	}
}
