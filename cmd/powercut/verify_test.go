//go:build powercut

package powercut

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore"
)

const (
	// verifyTimeout bounds a verification.
	verifyTimeout = 10 * time.Minute
	// readSingly is how many runs a verification reads by themselves, beside the scan of all.
	readSingly = 64
	// problemsMax is how many problems are told.
	problemsMax = 10
)

// finding is what a verification found.
type finding struct {
	commits, unasked int // stored in all, and of them those that nobody was told of
	opened           time.Duration
	problems         []string
}

// verifier compares a store with its ledger.
type verifier struct {
	ledger *ledger
	store  *eventstore.Store
	random *rand.Rand
	runs   map[string]*progress
	finding
}

// progress is how far a scan has come in one run.
type progress struct {
	last     eventstore.Stored
	commits  int
	acks     []ack  // not met yet
	problem  string // the first, which does not count where the run turns out to be retired
	retired  bool
	retiring bool // somebody meant to
}

func (p *progress) fault(format string, a ...any) {
	if p.problem == "" {
		p.problem = fmt.Sprintf(format, a...)
	}
}

// verify opens the store as it is after a crash, and compares all of it with the ledger: every acknowledged
// commit and revision is there, in its place, as it was written; runs have no gaps and their commits chain;
// a run whose retirement was acknowledged is retired, one whose retirement was only begun is either.
// Then it appends, which makes acknowledgements of its own, named after name, and closes the store.
func verify(l *ledger, mode eventstore.Sync, random *rand.Rand, name string) finding {
	ctx, cancel := context.WithTimeout(interrupted, verifyTimeout)
	defer cancel()
	v := &verifier{ledger: l, random: random, runs: map[string]*progress{}}
	began := time.Now()
	store, err := openStore(ctx, l.dir, mode)
	if err != nil {
		v.problem("%v", err)
		return v.finding
	}
	v.opened, v.store = time.Since(began), store
	v.scan(ctx)
	v.readRuns(ctx)
	v.readRevisions(ctx)
	if err := v.goOn(name); err != nil {
		v.problem("appends do not go on: %v", err)
	}
	if err := store.Close(); err != nil {
		v.problem("close: %v", err)
	}
	return v.finding
}

func (v *verifier) problem(format string, a ...any) {
	if len(v.problems) < problemsMax {
		v.problems = append(v.problems, fmt.Sprintf(format, a...))
	}
}

func (v *verifier) scan(ctx context.Context) {
	for c, err := range v.store.Scan(ctx) {
		if err != nil {
			v.problem("scan, at sequence %d: %v", c.Sequence, err)
			continue
		}
		v.commits++
		v.meet(c)
	}
	for run := range v.ledger.runs {
		v.progress(run) // where nothing is left of it
	}
	for run, p := range v.runs {
		if len(p.acks) > 0 {
			p.fault("ends with event %d: %d acknowledged commits are gone, the first is that of event %d", p.last.Last, len(p.acks), p.acks[0].first)
		}
		_, told := v.ledger.retired[run]
		switch {
		case p.retired && !p.retiring:
			v.problem("run %s is retired, and nobody has asked for it", run)
		case !p.retired && told:
			v.problem("run %s was retired, and is back", run)
		case !p.retired && p.problem != "":
			v.problem("run %s: %s", run, p.problem)
		}
	}
}

func (v *verifier) progress(run string) *progress {
	p := v.runs[run]
	if p == nil {
		p = &progress{acks: v.ledger.runs[run], retiring: v.ledger.retiring[run]}
		v.runs[run] = p
	}
	return p
}

// meet checks one commit against the one before it in its run, and against its acknowledgement.
func (v *verifier) meet(c eventstore.Stored) {
	p := v.progress(c.Run)
	found := ack{c.First, c.Last, c.Sequence, c.Digest}
	if p.retired {
		v.problem("run %s was retired, and goes on with event %d", c.Run, c.First)
	}
	if c.Retired() {
		if want, told := v.ledger.retired[c.Run]; told && want != found {
			v.problem("run %s: %+v was acknowledged to retire it, %+v is stored", c.Run, want, found)
		}
		p.retired, p.last = true, c
		return
	}
	if c.First != p.last.Last+1 || c.Prev != p.last.Digest {
		p.fault("the commit of event %d does not follow that of event %d", c.First, p.last.Last)
	}
	events, err := c.Events()
	if err == nil && uint64(len(events)) != c.Last-c.First+1 {
		err = fmt.Errorf("there are %d", len(events))
	}
	if err != nil {
		p.fault("events %d to %d: %v", c.First, c.Last, err)
	}
	switch {
	case len(p.acks) == 0 || p.acks[0].first > c.First:
		v.unasked++
	case p.acks[0] != found:
		p.fault("%+v was acknowledged, %+v is stored", p.acks[0], found)
	}
	for len(p.acks) > 0 && p.acks[0].first <= c.First {
		p.acks = p.acks[1:]
	}
	p.last = c
	p.commits++
}

// readRuns reads some runs by themselves, which goes by the server's index of subjects; a scan does not.
func (v *verifier) readRuns(ctx context.Context) {
	for range min(readSingly, len(v.ledger.names)) {
		run := v.ledger.names[v.random.IntN(len(v.ledger.names))]
		want, commits, last := v.runs[run], 0, eventstore.Stored{}
		var err error
		for c, failed := range v.store.Read(ctx, run, 0) {
			if err = failed; err == nil {
				commits, last = commits+1, c
			}
		}
		var retired *eventstore.RetiredError
		switch {
		case errors.As(err, &retired) != want.retired:
			v.problem("run %s is retired: %t, by reading it: %v", run, want.retired, err)
		case err != nil && !want.retired:
			v.problem("read %s: %v", run, err)
		case err == nil && (commits != want.commits || last.Digest != want.last.Digest):
			v.problem("run %s: a scan finds %d commits, reading the run %d", run, want.commits, commits)
		}
		end, err := v.store.Last(ctx, run)
		if err != nil || end.Sequence != want.last.Sequence {
			v.problem("run %s ends at sequence %d, its last commit is said to be %d: %v", run, want.last.Sequence, end.Sequence, err)
		}
	}
}

func (v *verifier) readRevisions(ctx context.Context) {
	waiting := maps.Clone(v.ledger.workflows)
	last := map[string]int{}
	for r, err := range v.store.Revisions(ctx) {
		if err != nil {
			v.problem("revisions: %v", err)
			continue
		}
		if r.Number != last[r.Workflow]+1 || r.Digest != sourceDigest(r.Source) {
			v.problem("workflow %s: revision %d follows %d, or is not what was saved", r.Workflow, r.Number, last[r.Workflow])
		}
		last[r.Workflow] = r.Number
		found := ack{uint64(r.Number), uint64(r.Number), r.Sequence, r.Digest}
		if acks := waiting[r.Workflow]; len(acks) > 0 && acks[0].first == found.first {
			if acks[0] != found {
				v.problem("workflow %s: %+v was acknowledged, %+v is stored", r.Workflow, acks[0], found)
			}
			waiting[r.Workflow] = acks[1:]
		}
	}
	for workflow, acks := range waiting {
		if len(acks) > 0 {
			v.problem("workflow %s: %d acknowledged revisions are gone, the first is number %d", workflow, len(acks), acks[0].first)
		}
	}
}

// goOn appends to a run that was there, to a new one and to a workflow.
func (v *verifier) goOn(name string) error {
	acks, err := openAckLog(v.ledger.path)
	if err != nil {
		return err
	}
	revisions, err := lastRevisions(context.Background(), v.store)
	if err != nil {
		return err
	}
	h := newHand(v.store, acks, name, v.random.Uint64())
	h.own("flow-0", revisions)
	for _, run := range v.ledger.someRuns(v.random, 3) {
		if err = errors.Join(err, h.find(run)); err == nil {
			err = h.goOn()
		}
	}
	return errors.Join(err, h.begin(), h.end(), h.save(), acks.file.Close())
}

// someRuns returns up to n acknowledged runs, each once, for a writer to go on with: about half of them from
// those that were begun last. Those that somebody meant to retire have ended for good.
func (l *ledger) someRuns(random *rand.Rand, n int) []string {
	picked := map[string]bool{}
	for i := range min(n, len(l.names)) {
		among := l.names
		if i%2 == 0 {
			among = among[max(0, len(among)-appenders):]
		}
		if run := among[random.IntN(len(among))]; !l.retiring[run] {
			picked[run] = true
		}
	}
	return slices.Sorted(maps.Keys(picked))
}
