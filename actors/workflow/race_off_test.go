//go:build !race

package workflow

// hostileBytes is how large hostile sources are.
const hostileBytes = sourceBytesMax

// schemaStride: of so many changes to a workflow one is tried against the schema.
const schemaStride = 1
