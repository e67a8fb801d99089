//go:build !race

package workflow

// hostileBytes is how large hostile sources are.
const hostileBytes = sourceBytesMax

// schemaStride: of so many changes to a workflow one is tried against the schema.
const schemaStride = 1

// JoinGraphs is how many random graphs are played to see what joins.
const JoinGraphs = 1000
