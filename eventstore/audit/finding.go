package audit

import (
	"cmp"
	"slices"
)

// Severity says what a finding means for the store.
type Severity string

const (
	// Damage says that something which was stored is missing, or is not what was written.
	Damage Severity = "damage"
	// Danger says that all is still in the files, but the server would destroy some when it opens them, or cannot
	// read it.
	Danger Severity = "danger"
	// Harmless says that the store may be opened: nothing that was acknowledged is missing.
	Harmless Severity = "harmless"
)

func (s Severity) rank() int { return slices.Index([]Severity{Damage, Danger, Harmless}, s) }

// Kind says what was found.
type Kind string

// About blocks and sequences.
const (
	// BadRecord is bytes in a block that are not what was written.
	BadRecord Kind = "bad_record"
	// TornTail is last writes that were cut off behind the durable mark, as a crash leaves them: they were never
	// acknowledged, and the server drops what is left of them.
	TornTail Kind = "torn_tail"
	// LostTail is a stream that ends before the durable mark: its newest block was cut short or is missing, or
	// older files were put in its place.
	LostTail Kind = "lost_tail"
	// MissingBlock is sequences that nothing explains where the numbers of the blocks have a hole too.
	MissingBlock Kind = "missing_block"
	// MissingSequences is sequences that nothing explains.
	MissingSequences Kind = "missing_sequences"
	// Disorder is a sequence that stands twice, or behind a higher one.
	Disorder Kind = "disorder"
)

// About runs, and in WEIR_WORKFLOWS workflows.
const (
	// NumbersBroken is events, or revisions, that are not numbered densely.
	NumbersBroken Kind = "numbers_broken"
	// ChainBroken is a commit that does not name the digest of the one before it.
	ChainBroken Kind = "chain_broken"
	// BadMessage is a message that no weir has written.
	BadMessage Kind = "bad_message"
	// ForeignMessage is a commit on another run's subject.
	ForeignMessage Kind = "foreign_message"
	// NewerFormat is a message of a newer weir.
	NewerFormat Kind = "newer_format"
)

// About the files beside the blocks.
const (
	// MissingStream is a stream whose directory is not there.
	MissingStream Kind = "missing_stream"
	// BadMeta is a stream's description, meta.inf or meta.sum, that the server does not accept.
	BadMeta Kind = "bad_meta"
	// BadIndex is an index.db that the server does not believe: it rebuilds it from the blocks.
	BadIndex Kind = "bad_index"
	// BadMark is a durable mark of which a slot, or both, cannot be read.
	BadMark Kind = "bad_mark"
	// UnfinishedPurge is what is left of a purge of a whole stream, which the server would bring to its end.
	UnfinishedPurge Kind = "unfinished_purge"
	// Unsupported is an encrypted or compressed stream. weir makes none.
	Unsupported Kind = "unsupported"
	// Leftover is a file that weir's server does not need.
	Leftover Kind = "leftover"
)

// Finding is one thing that is not as it should be. Fields that do not apply are zero.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	Stream   string   `json:"stream,omitempty"`
	File     string   `json:"file,omitempty"` // below the data directory, with slashes
	Offset   int64    `json:"offset,omitempty"`
	Bytes    int64    `json:"bytes,omitempty"` // from Offset on
	// Sequences are those concerned, the first few stretches of them, and Missing is how many of all are gone.
	Sequences []Span `json:"sequences,omitempty"`
	Missing   uint64 `json:"missing,omitempty"`
	// IDs are some of the runs concerned, in WEIR_WORKFLOWS workflows, and MoreIDs how many others are known.
	IDs     []string `json:"ids,omitempty"`
	MoreIDs int      `json:"more_ids,omitempty"`
	Text    string   `json:"text"` // sentences for people; file and offset are not repeated in them
}

// Limits within one finding.
const (
	spansMost = 8
	idsMost   = 8
)

// name puts ids into a finding.
func (f *Finding) name(ids []string) {
	if len(ids) > idsMost {
		f.MoreIDs = len(ids) - idsMost
		ids = ids[:idsMost]
	}
	f.IDs = ids
}

func (f *Finding) first() uint64 {
	if len(f.Sequences) == 0 {
		return 0
	}
	return f.Sequences[0].From
}

// findings collects what was found: all of it counted, and the first of each severity kept.
type findings struct {
	most       int
	kept       map[Severity][]Finding
	severities map[Severity]int
	kinds      map[Kind]int
	total      int
}

func (f *findings) add(found Finding) {
	if f.kept == nil {
		f.kept, f.severities, f.kinds = map[Severity][]Finding{}, map[Severity]int{}, map[Kind]int{}
	}
	f.total++
	f.severities[found.Severity]++
	f.kinds[found.Kind]++
	if len(f.kept[found.Severity]) < f.most {
		f.kept[found.Severity] = append(f.kept[found.Severity], found)
	}
}

// worst returns what is kept, the worst first, then in the order of the streams and their sequences.
func (f *findings) worst() []Finding {
	var all []Finding
	for _, kept := range f.kept {
		all = append(all, kept...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity.rank(), b.Severity.rank()),
			cmp.Compare(a.Stream, b.Stream),
			cmp.Compare(a.first(), b.first()),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Offset, b.Offset),
			cmp.Compare(a.Kind, b.Kind),
		)
	})
	return all[:min(len(all), f.most)]
}
