//go:build !race

package workflow

// hostileBytes is how large hostile sources are.
const hostileBytes = sourceBytesMax

// schemaStride is how many of the changes to a workflow are passed over for one that is tried.
const schemaStride = 1
