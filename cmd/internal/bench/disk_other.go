//go:build !linux

package bench

import "os"

// filesystem is not told here.
func filesystem(string) string { return "unknown" }

// syncData brings a file to the disk.
func syncData(f *os.File) error { return f.Sync() }

// syncFilesystem is not needed here, as no store syncs more than its own files.
func syncFilesystem(string) error { return nil }
