//go:build race

package actors_test

// How many seeds are simulated, and repeated: under the race detector the list of runs, which is SQLite in Go,
// takes twenty times as long.
const simulatedSeeds, repeatedSeeds = 12, 2

// How many schedules each of ten workflows has that are due at one instant.
const schedulesEach = 20
