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
	source     string
	origin     Origin
	item       string
	expression bool
}

func (k programKey) size() int { return len(k.source) }

// bundleKey names the program of a bundle. The bundle goes by its address: it is as long as all that it was made of.
type bundleKey struct {
	bundle *Bundle
	origin Origin
	item   string
}

func (k bundleKey) size() int { return len(k.bundle.Code) + len(k.bundle.Mappings) }

// cacheKey is a key that knows how long what it names is.
type cacheKey interface {
	comparable
	size() int
}

// programCache keeps the programs that were used last, up to a number of them and a sum of their sizes.
type programCache[K cacheKey] struct {
	entriesMax, bytesMax int

	mu    sync.Mutex
	byKey map[K]*list.Element // of *cachedProgram
	used  *list.List          // the last used first
	bytes int
}

type cachedProgram[K cacheKey] struct {
	key     K
	program *program
}

func newProgramCache[K cacheKey](entriesMax, bytesMax int) *programCache[K] {
	return &programCache[K]{
		entriesMax: entriesMax,
		bytesMax:   bytesMax,
		byKey:      make(map[K]*list.Element),
		used:       list.New(),
	}
}

func (c *programCache[K]) get(key K) *program {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*cachedProgram[K]).program
}

// put keeps p. Two goroutines may compile the same source at once; the later one is kept, which does no harm.
func (c *programCache[K]) put(key K, p *program) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value.(*cachedProgram[K]).program = p
		c.used.MoveToFront(e)
		return
	}
	c.byKey[key] = c.used.PushFront(&cachedProgram[K]{key: key, program: p})
	c.bytes += key.size()
	for c.used.Len() > c.entriesMax || (c.bytes > c.bytesMax && c.used.Len() > 1) {
		oldest := c.used.Remove(c.used.Back()).(*cachedProgram[K])
		delete(c.byKey, oldest.key)
		c.bytes -= oldest.key.size()
	}
}
