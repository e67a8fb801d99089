package process

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// Record is what a line of the program's log says of itself.
type Record struct {
	Time            time.Time
	Msg, HTTP, Sync string
}

// consoleBytes is how much of a log is kept for messages.
const consoleBytes = 32 << 10

// console takes what the process writes to standard error, and finds the record that says ready.
type console struct {
	heed  func(Record)
	ready chan Record // once

	mu   sync.Mutex
	text []byte // the end of it
	rest []byte // of the last line
}

func (c *console) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, text...)
	if over := len(c.text) - 2*consoleBytes; over > 0 {
		c.text = append(c.text[:0], c.text[len(c.text)-consoleBytes:]...)
	}
	lines := bytes.Split(append(c.rest, text...), []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		var r Record
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		if c.heed != nil {
			c.heed(r)
		}
		if r.Msg == "ready" {
			c.ready <- r
		}
	}
	c.rest = bytes.Clone(lines[len(lines)-1])
	return len(text), nil
}

// String returns the end of what was written.
func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.text[max(0, len(c.text)-consoleBytes):])
}
