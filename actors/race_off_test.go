//go:build !race

package actors_test

// How many seeds are simulated, and repeated.
const simulatedSeeds, repeatedSeeds = 50, 8
