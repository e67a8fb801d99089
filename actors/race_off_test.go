//go:build !race

package actors_test

// How many seeds are simulated, and repeated.
const simulatedSeeds, repeatedSeeds = 50, 8

// How many schedules each of ten workflows has that are due at one instant.
const schedulesEach = 100
