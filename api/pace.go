package api

import "time"

// pace is how long tails wait for what.
type pace struct {
	heartbeat time.Duration // between signs of life on a quiet connection
	pong      time.Duration // for the answer to a ping
	write     time.Duration // one write may take this long before the reader counts as slow
	grace     time.Duration // what a slow reader has beyond that to take the write, and so see the close
}

var defaultPace = pace{heartbeat: 20 * time.Second, pong: 20 * time.Second, write: 15 * time.Second, grace: 15 * time.Second}
