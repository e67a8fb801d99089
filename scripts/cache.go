package scripts

import (
	"container/list"
	"sync"
)

// Bounds of an engine's cache. A compiled program takes some tens of bytes for each byte of its source.
const (
	cacheEntries = 4096
	cacheBytes   = 8 << 20
)

// programKey names a program by all that its compilation depends on.
type programKey struct {
	source     string // "" where there is a bundle, which goes by its address: it is as long as all that it was made of
	origin     Origin
	item       string
	expression bool
	bundle     *Bundle
}

// size is what a program of that key costs.
func (k *programKey) size() int {
	if k.bundle != nil {
		return len(k.bundle.Code) + len(k.bundle.Mappings)
	}
	return len(k.source)
}

// programCache keeps the programs that were used last, up to a number of them and a sum of their sizes.
type programCache struct {
	entriesMax, bytesMax int

	mu    sync.Mutex
	byKey map[programKey]*list.Element // of *cachedProgram
	used  *list.List                   // the last used first
	bytes int
}

type cachedProgram struct {
	key     programKey
	program *program
}

func newProgramCache(entriesMax, bytesMax int) *programCache {
	return &programCache{
		entriesMax: entriesMax,
		bytesMax:   bytesMax,
		byKey:      make(map[programKey]*list.Element),
		used:       list.New(),
	}
}

func (c *programCache) get(key programKey) *program {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*cachedProgram).program
}

// put keeps p. Two goroutines may compile the same source at once; the later one is kept, which does no harm.
func (c *programCache) put(key programKey, p *program) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value.(*cachedProgram).program = p
		c.used.MoveToFront(e)
		return
	}
	c.byKey[key] = c.used.PushFront(&cachedProgram{key: key, program: p})
	c.bytes += key.size()
	for c.used.Len() > c.entriesMax || (c.bytes > c.bytesMax && c.used.Len() > 1) {
		oldest := c.used.Remove(c.used.Back()).(*cachedProgram)
		delete(c.byKey, oldest.key)
		c.bytes -= oldest.key.size()
	}
}
