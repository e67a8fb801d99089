// Package profiles writes what Go can tell about where this process spends its time and memory, and what it waits for.
package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
)

// Help is what a flag says that names the directory.
const Help = "directory that gets profiles of processor, allocations, locks and waits at the end, as cpu.pprof and so on"

const (
	// Of waits for locks every tenth is looked at, and of other waits one in as much waited time, in nanoseconds. Both are rare
	// enough that what is profiled is hardly slower.
	mutexSampling = 10
	blockSampling = 10_000
)

// running says whether there are profiles.
var running atomic.Bool

// Start begins the profiles of this process. What it returns ends them and writes them to the directory, which is made; without
// one there are none. When it is called again, only that of processor time begins anew: Go keeps the others as long as the process.
func Start(dir string) (end func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	if err := writable(dir); err != nil {
		return nil, fmt.Errorf("--profiles: %w", err)
	}
	var cpu bytes.Buffer // it has no end before the process has one, and a file without that cannot be read
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		return nil, fmt.Errorf("--profiles: %w", err)
	}
	running.Store(true)
	runtime.SetMutexProfileFraction(mutexSampling)
	KeepWaits()
	return func() error {
		running.Store(false)
		pprof.StopCPUProfile()
		runtime.GC() // what is in use is what the last collection has left
		errs := []error{os.WriteFile(filepath.Join(dir, "cpu.pprof"), cpu.Bytes(), 0o644)}
		for _, name := range []string{"allocs", "mutex", "block"} {
			errs = append(errs, write(filepath.Join(dir, name+".pprof"), name))
		}
		return errors.Join(errs...)
	}, nil
}

// KeepWaits is to be called after a NATS server was started, which ends the profile of waits of its whole process
// (nats-server server.go, setBlockProfileRate). It begins anew with this, where there are profiles.
func KeepWaits() {
	if running.Load() {
		runtime.SetBlockProfileRate(blockSampling)
	}
}

// writable makes a directory and sees that files can be made in it, which else would show only at the end.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

func write(path, name string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(file, 0), file.Close())
}
