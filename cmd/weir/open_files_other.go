//go:build !unix

package main

// openFilesMax is how many files this process may have open at once; 0 is no bound.
func openFilesMax() int { return 0 }
