package audit

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Store is the files of a store below a data directory. Nothing is ever written to them, and no lock is taken: the
// caller sees to it that no other process opens the store meanwhile. A check of a store that is open in this
// process is sound as well, since the server only ever appends to blocks, replaces them whole and removes them.
type Store struct {
	Dir string
	// Progress is called after each block with the bytes of all blocks that were read and that are to be read.
	// While it waits nothing more is read, which is how a check in the background is held back. nil means nothing.
	Progress func(done, total int64)
	// FindingsMost is how many findings a report lists; 0 means 100.
	FindingsMost int
}

const findingsUsual = 100

// Check reads all of a store and reports what is not as it should be. An error means that there is no store to be
// read, or is the context's; damage is never an error, but in the report.
func (s Store) Check(ctx context.Context) (*Report, error) {
	c, err := s.begin()
	if err != nil {
		return nil, err
	}
	for i := range streams {
		if err := c.read(ctx, streams[i], nil); err != nil {
			return nil, err
		}
	}
	return c.report(), nil
}

// check is one reading of a store.
type check struct {
	store   Store
	seed    maphash.Seed
	found   findings
	mark    *Mark
	unclean bool
	done    int64
	total   int64
	reports []StreamReport
	ledgers map[string]*ledger // of the streams that were read, by name
}

// begin looks at what lies in the data directory beside the streams.
func (s Store) begin() (*check, error) {
	info, err := os.Stat(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("check the store: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("check the store: %s is not a directory", s.Dir)
	}
	c := &check{store: s, seed: maphash.MakeSeed(), ledgers: map[string]*ledger{}}
	if c.found.most = s.FindingsMost; c.found.most == 0 {
		c.found.most = findingsUsual
	}
	// The mark is read before the blocks: what it names is on the disk already, also while the store is open.
	c.readMark()
	_, err = os.Stat(filepath.Join(s.Dir, openName))
	c.unclean = err == nil
	for _, each := range streams {
		blocks, _, err := each.blocks(s.Dir)
		if err != nil {
			continue // which read reports
		}
		for _, b := range blocks {
			c.total += b.bytes
		}
	}
	return c, nil
}

func (c *check) readMark() {
	mark, damaged, err := readMark(c.store.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.found.add(Finding{
			Kind: BadMark, Severity: Damage, File: markName,
			Text: "The durable mark cannot be read: both of its slots are damaged. Whether the ends of the streams are lost cannot be told. " +
				"Where all else is well, weir begins a new mark once this file is moved away.",
		})
	case damaged > 0:
		c.found.add(Finding{
			Kind: BadMark, Severity: Harmless, File: markName,
			Text: "One of the two slots of the durable mark is damaged, as when its write is cut off. The other one counts.",
		})
	}
	if err == nil {
		c.mark = &mark
	}
}

// durable is the sequence of a stream up to which everything must be there, nil where that is not known.
func (c *check) durable(s stream) *uint64 {
	switch {
	case c.mark == nil:
		return nil
	case s == runs:
		return &c.mark.Runs
	default:
		return &c.mark.Workflows
	}
}

// read goes through one stream: to judge it, or to hand on what is whole.
func (c *check) read(ctx context.Context, s stream, saving *salvage) error {
	files, readable := c.beside(s)
	if !readable {
		return nil
	}
	l := &ledger{stream: s, chains: newChains(), found: &c.found, durable: c.durable(s), unclean: c.unclean}
	c.ledgers[s.name] = l
	r := &reader{dir: c.store.Dir, stream: s, seed: c.seed, keep: saving != nil}
	for len(files) > 0 {
		last := files[len(files)-1].number
		for b := range r.blocks(ctx, files) {
			if !b.gone && !c.block(l, b, b.number == last, saving) {
				return nil
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("check the store: %w", context.Cause(ctx))
		}
		files = c.since(l, last)
	}
	if saving == nil {
		c.close(s, l)
	}
	return nil
}

func (c *check) close(s stream, l *ledger) {
	sound := l.close()
	a := &l.account
	deleted := a.stored.shared(&a.gone)
	c.reports = append(c.reports, StreamReport{
		Name: s.name, Blocks: l.blocks, Bytes: l.bytes, Messages: a.messages - deleted, Deleted: deleted,
		Last: a.last, Sound: sound, Broken: len(l.chains.breaks),
	})
}

// block goes through one block, and returns false where no more is wanted. Nothing is listed behind the last one.
func (c *check) block(l *ledger, b *block, isLast bool, saving *salvage) bool {
	l.turn(b)
	for i := range b.entries {
		e := &b.entries[i]
		switch {
		case isLast && e.kind == damage && i == len(b.entries)-1:
			l.hold(b, e)
		case l.knows(e):
		case saving == nil:
			l.take(b, e)
		case !saving.take(l, b, e):
			return false
		}
	}
	if isLast && l.held == nil {
		l.knownUpTo, l.knownBytes = l.account.last, len(b.data)
	}
	c.done += b.bytes
	if c.store.Progress != nil {
		c.store.Progress(c.done, max(c.total, c.done))
	}
	return true
}

// since returns the blocks that were begun behind the last one while others were read, with the one that was read
// last, which may have got more meanwhile. A commit that stands for messages that were deleted meanwhile is in one of them.
func (c *check) since(l *ledger, last uint32) []blockFile {
	files, _, err := l.stream.blocks(c.store.Dir)
	if err != nil || len(files) == 0 {
		return nil // reported already
	}
	if newest := files[len(files)-1]; newest.number <= last {
		if newest.bytes > l.numberBytes {
			l.held = nil // not cut off, but being written
		}
		return nil
	}
	i := slices.IndexFunc(files, func(f blockFile) bool { return f.number >= l.number })
	return files[i:]
}

func (c *check) report() *Report {
	listed := c.found.worst()
	return &Report{
		Dir: c.store.Dir, Unclean: c.unclean, Mark: c.mark, Streams: c.reports,
		Severities: c.found.severities, Kinds: c.found.kinds, Findings: listed, Omitted: c.found.total - len(listed),
	}
}
