//go:build race

package scripts_test

// raced says that the race detector is at work: what takes long and what takes much memory then take so much more that which
// limit is reached first is chance.
const raced = true

// programs: see the other file.
const programs = 1000
