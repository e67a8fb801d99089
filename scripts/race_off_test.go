//go:build !race

package scripts_test

// raced: see the other file.
const raced = false

// programs is how many random programs a test run tries over the view of a state; -rapid.checks asks for more.
const programs = 4000
