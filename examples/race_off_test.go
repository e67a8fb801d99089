//go:build !race

package examples_test

// How much Python the tests review.
const pythonPrograms = 4

var (
	measuredFiles = []string{"textwrap.py", "csv.py", "contextlib.py", "fractions.py", "modern.py"}
	worsenedFiles = []string{"csv.py", "textwrap.py"}
)
