// Package examples holds workflows to run and copy, and gives the program those that `weir demo` shows.
// They are files like any user's: each passes `weir check`, and its first lines say how to run it.
//
//	source := actors.Source{Data: examples.CodeReview, File: "code-review.yaml"}
package examples

import _ "embed" // for the files below

// CodeReview is code-review.yaml: it reviews Go source, mends what can be mended safely and reviews again.
//
//go:embed code-review.yaml
var CodeReview []byte

// Draft is draft.go.txt: Go source that nobody tidied up, for CodeReview to mend.
//
//go:embed draft.go.txt
var Draft []byte
