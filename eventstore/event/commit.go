package event

import (
	"fmt"
	"sync"
)

// Version is the version of the stored format that Seal writes, and the newest that Open reads.
const Version = 1

// Commit is the events of one or more decisions of one run, to be stored as one message.
type Commit struct {
	Run, Workflow string
	First         uint64 // number of the first event
	Epoch         string // of the run's owner, fresh for every activation
	Prev          string // digest of the run's previous commit, "" for its first
	Events        []Event
}

// Sealed is a commit whose bytes will never change. The events' bytes are parts of Data: do not modify either.
type Sealed struct {
	Run, Workflow string
	First, Last   uint64 // numbers of the first and the last event
	Epoch, Prev   string
	Digest        string // of all bytes before it: the first half of their SHA-256, in hexadecimal
	Data          []byte
	Raw           []Raw

	decoded func() ([]Event, error) // nil unless Kept
}

// Raw is one event's bytes as they are stored; do not modify them.
type Raw struct {
	Run, Workflow string
	N             uint64
	Type          Type
	JSON          []byte
}

// DamageError says that stored bytes are not those that were written, or that some are missing. Run is "" where not even
// that can be told.
type DamageError struct {
	Run    string
	Reason string
}

func (e *DamageError) Error() string {
	if e.Run == "" {
		return "damaged commit: " + e.Reason
	}
	return fmt.Sprintf("damaged commit of run %s: %s", e.Run, e.Reason)
}

// Retired reports whether the commit stands in for a run whose events were let go of: it holds RunRetired
// and nothing else.
func (s Sealed) Retired() bool { return len(s.Raw) == 1 && s.Raw[0].Type == TypeRunRetired }

// Kept returns the commit for a log that holds it in memory and hands it out again and again: its events are decoded once, and
// shared by all who ask for them. Nobody may modify them.
func (s Sealed) Kept() Sealed {
	s.decoded = sync.OnceValues(s.Events)
	return s
}

// Events decodes the commit's events. Errors are those of [Decode].
func (s Sealed) Events() ([]Event, error) {
	switch {
	case s.decoded != nil:
		return s.decoded()
	case len(s.Raw) == 0:
		return nil, nil
	}
	var d decoder
	events := make([]Event, len(s.Raw))
	for i, raw := range s.Raw {
		var err error
		if events[i], err = d.decode(raw.JSON); err != nil {
			return nil, fmt.Errorf("commit of run %s: %w", s.Run, err)
		}
	}
	return events, nil
}

// ValidID reports whether s may name a run, a workflow or whatever else becomes part of a subject: 1 to 64 of
// the characters A-Z a-z 0-9 _ and -.
func ValidID(s string) bool { return validID(s) }

func validID[text string | []byte](s text) bool {
	const longest = 64
	if len(s) == 0 || len(s) > longest {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
