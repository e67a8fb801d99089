//go:build linux && !amd64

package scripts

// oldCalls are those that only one architecture has: none here.
var oldCalls []uint32
