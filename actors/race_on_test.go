//go:build race

package actors_test

// How many seeds are simulated, and repeated: under the race detector the list of runs, which is SQLite in Go,
// takes twenty times as long.
const simulatedSeeds, repeatedSeeds = 12, 2
