package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// beside looks at a stream's files other than its blocks, and returns the blocks. readable is false where there
// is nothing to be read.
func (c *check) beside(s stream) (blocks []blockFile, readable bool) {
	blocks, others, err := s.blocks(c.store.Dir)
	_, missing := os.Stat(c.path(s.path()))
	if errors.Is(missing, fs.ErrNotExist) {
		c.missingStream(s)
		return nil, false
	}
	if err != nil {
		c.add(s, MissingStream, Damage, messagesDir, "The directory of the stream's blocks cannot be read: "+cause(err)+".")
		return nil, false
	}
	if file, reason := s.unsupported(c.store.Dir); reason != "" {
		c.add(s, Unsupported, Danger, file, upperFirst(reason)+": weir makes no such stream, and cannot check it.")
		return nil, false
	}
	if len(blocks) == 0 {
		c.add(s, MissingBlock, Damage, messagesDir, "There is no block. The server keeps at least one, also of a stream that is empty.")
	}
	c.meta(s)
	c.index(s)
	for _, name := range others {
		c.other(s, name)
	}
	c.strangers(s)
	return blocks, true
}

func (c *check) path(below string) string {
	return filepath.Join(c.store.Dir, filepath.FromSlash(below))
}

// add notes a finding about a file of a stream.
func (c *check) add(s stream, kind Kind, severity Severity, file, text string) {
	c.found.add(Finding{Kind: kind, Severity: severity, Stream: s.name, File: s.path(file), Text: text})
}

// missingStream judges a stream that has no directory. The server makes both streams before anything is stored,
// so where the other one has messages this one was there.
func (c *check) missingStream(s stream) {
	durable := c.durable(s)
	lost := durable != nil && *durable > 0
	for _, other := range streams {
		files, _, err := other.blocks(c.store.Dir)
		for _, f := range files {
			lost = lost || err == nil && f.bytes > 0
		}
	}
	if !lost {
		return // nothing was ever stored
	}
	f := Finding{Kind: MissingStream, Severity: Damage, Stream: s.name, File: s.path(), Text: "The stream is not there."}
	if durable != nil && *durable > 0 {
		f.Sequences, f.Missing = []Span{{1, *durable}}, *durable
		f.Text += fmt.Sprintf(" Everything up to sequence %d was durable.", *durable)
	}
	// The server removes a stream under this name, and goes on with it when it starts.
	hidden := streamsDir + "/." + s.name
	if _, err := os.Stat(c.path(hidden)); err == nil {
		f.File = hidden
		f.Text += " The server was removing it. What is left is in this directory, until a server starts again: copy it first."
	}
	c.found.add(f)
}

// meta judges the description that the server takes the stream up from. Without a good one it leaves the stream
// alone; the store then creates the stream again, and the server adopts the blocks that it finds there.
func (c *check) meta(s stream) {
	if file, reason := s.metaProblem(c.store.Dir); reason != "" {
		c.add(s, BadMeta, Harmless, file, "The stream's description is not good: "+reason+
			". The server does not take the stream up by itself; weir creates it again over the same blocks when it opens the store.")
	}
}

// index judges the server's own summary, which it writes at a clean stop and now and then. A missing or an old one is
// ordinary.
func (c *check) index(s stream) {
	data, err := os.ReadFile(c.path(s.path(messagesDir, indexName)))
	if err == nil && !s.intactIndex(data) {
		c.add(s, BadIndex, Harmless, messagesDir+"/"+indexName,
			"The server's index is damaged. The server does not believe it, and makes it again from the blocks.")
	}
}

// other judges a file beside the blocks.
func (c *check) other(s stream, name string) {
	switch {
	case name == indexName:
	case strings.HasSuffix(name, keySuffix):
		c.add(s, Unsupported, Danger, messagesDir+"/"+name, "It is the key of an encrypted block: weir makes none, and cannot check it.")
	default:
		c.add(s, Leftover, Harmless, messagesDir+"/"+name, "It is no block, and the server does not need it.")
	}
}

// strangers judges what lies beside the directory of the blocks.
func (c *check) strangers(s stream) {
	entries, err := os.ReadDir(c.path(s.path()))
	if err != nil {
		return // the blocks below could be listed; so this can be as well
	}
	for _, entry := range entries {
		switch name := entry.Name(); name {
		case metaName, sumName, messagesDir, "obs":
		case newDir:
			c.newMessages(s)
		default:
			c.add(s, Leftover, Harmless, name, "It is not part of the stream, and the server does not need it.")
		}
	}
}

// newMessages judges what a purge of a whole stream leaves while it is under way.
func (c *check) newMessages(s stream) {
	entries, err := os.ReadDir(c.path(s.path(newDir)))
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), blockSuffix) {
			c.add(s, UnfinishedPurge, Danger, newDir, "A purge of the whole stream, which weir never does, was cut off: "+
				"a server that starts removes all blocks and puts this directory in their place.")
			return
		}
	}
	if err == nil {
		c.add(s, Leftover, Harmless, newDir, "It is left of a purge that was cut off before it began.")
	}
}
