package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// startProfiles begins the profiles of this process whose files are named. What it returns ends them.
func startProfiles(cpu, mem string) (end func() error, err error) {
	if cpu == "" {
		return func() error { return writeAllocations(mem) }, nil
	}
	file, err := os.Create(cpu)
	if err != nil {
		return nil, fmt.Errorf("--cpuprofile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("--cpuprofile: %w", err), file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(file.Close(), writeAllocations(mem))
	}, nil
}

// writeAllocations writes what was allocated since the process began, and what of it is in use.
func writeAllocations(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("--memprofile: %w", err)
	}
	runtime.GC() // in use is what the last collection has left
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}
