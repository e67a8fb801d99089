//go:build race

package workflow

// hostileBytes is how large hostile sources are: the race detector makes reading them ten times slower.
const hostileBytes = sourceBytesMax / 4

// schemaStride is how many of the changes to a workflow are passed over for one that is tried.
const schemaStride = 5
