package scripts

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Limits bounds what one execution may use. Zero fields take the defaults.
type Limits struct {
	Time         time.Duration // how long one execution may take; 5 s. Context.Timeout overrides it
	CallDepth    int           // nested JavaScript calls; 1,000, and CallDepthMax at most
	HeapBytes    int           // memory that the process may come to hold while a script runs; 256 MiB. See watch.go
	SourceBytes  int           // length of one script; 256 KiB
	OutputBytes  int           // JSON text of what a script returns or changes; 1 MiB. Context.OutputBytes overrides it
	ConsoleBytes int           // text of all console lines; 64 KiB
	ConsoleLines int           // number of console lines; 1,000
}

// Engine compiles scripts and keeps what it compiled, up to a bound. It is safe for concurrent use.
type Engine struct {
	limits  Limits
	cache   *programCache[programKey]
	bundles *programCache[bundleKey]
	pool    *Pool
}

// New returns an engine with these limits.
func New(limits Limits) *Engine {
	return &Engine{
		limits:  limits.withDefaults(),
		cache:   newProgramCache[programKey](cacheEntries, cacheBytes),
		bundles: newProgramCache[bundleKey](cacheEntries, cacheBytes),
	}
}

// Limits returns the limits in force, defaults filled in.
func (e *Engine) Limits() Limits { return e.limits }

// Scope is what one execution sees.
type Scope struct {
	State, Input document.Value
	Item         *Item // of a script that is run for each item of a list or object; nil for others
	Ctx          Context
}

// Item is one item of a list or object, seen under the name that the script was compiled with. A script with an item
// has a state that is read-only.
type Item struct {
	Value document.Value
	Index int    // ctx.index: its position, from 0
	Key   string // ctx.key, where it is of an object
	Keyed bool   // it is of an object
}

// Context is what a script sees as ctx, and the instant and limits of its visit.
type Context struct {
	Run, Node      string
	Visit, Attempt int
	Now            time.Time      // what Date, Date.now and ctx.now say for the whole execution
	Error          document.Value // ctx.error; null for none
	Timeout        time.Duration  // time limit in place of Limits.Time; 0 for none
	OutputBytes    int            // limit in place of Limits.OutputBytes; 0 for none
}

// Result is what a node script did.
type Result struct {
	Patch       document.Patch // in-place changes, relative to Scope.State
	Returned    document.Value // what it returned; subtrees of Scope that it passed on are the identical values
	HasReturned bool           // false when it returned undefined
	Console     []Line
}

// Line is one call of console.
type Line struct {
	Level, Text  string // level: debug, log, info, warn or error
	File         string // the file that calls it
	Line, Column int    // where it is called, in the file; 0 when unknown
}
