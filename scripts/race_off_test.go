//go:build !race

package scripts_test

// raced: see the other file.
const raced = false
