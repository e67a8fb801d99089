//go:build !race

package workflow

// hostileBytes is how large hostile sources are.
const hostileBytes = sourceBytesMax
