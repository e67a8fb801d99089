//go:build race

package examples_test

// How much Python the tests review: under the race detector JavaScript takes fifteen times as long.
const pythonPrograms = 1

var (
	measuredFiles = []string{"csv.py", "modern.py"}
	worsenedFiles = []string{"csv.py"}
)
