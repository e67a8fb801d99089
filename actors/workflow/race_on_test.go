//go:build race

package workflow

// hostileBytes is how large hostile sources are: the race detector makes reading them ten times slower.
const hostileBytes = sourceBytesMax / 4

// schemaStride: of so many changes to a workflow one is tried against the schema.
const schemaStride = 12

// JoinGraphs is how many random graphs are played to see what joins.
const JoinGraphs = 150
