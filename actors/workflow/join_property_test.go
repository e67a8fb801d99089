package workflow_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

var joinGraphs = flag.Int("joins", workflow.JoinGraphs, "how many random graphs are played to see what joins")

// TestJoinsMeetWhatReallyComes plays random workflows made of blocks under random timings. The blocks say
// which visits there must be, which tokens meet in each, and what each waits for; the core knows only the
// graph. The workflows grow from case to case, so the first that fails is a small one.
func TestJoinsMeetWhatReallyComes(t *testing.T) {
	joins := 0
	for seed := range *joinGraphs {
		g := newBlockGraph(t, seed, "")
		if g == nil {
			continue
		}
		for range 4 {
			p := newJourney(g.def, g.rng)
			if err := p.follow(g.course); err != nil {
				t.Fatalf("seed %d: %v\n%s\ntiming: %s", seed, err, g.source, strings.Join(p.timing, " "))
			}
		}
		for _, v := range g.course.visits {
			if len(v.sources) > 1 {
				joins++
			}
		}
	}
	if joins < *joinGraphs {
		t.Errorf("%d graphs joined tokens in %d visits: this tests too little", *joinGraphs, joins)
	}
}

// blockGraph is a random workflow made of blocks, with the course that its runs take.
type blockGraph struct {
	rng    *rand.Rand
	source string
	def    *workflow.Definition
	course *course
}

// newBlockGraph returns nil for a few graphs whose course is too long to be played.
func newBlockGraph(t *testing.T, seed int, settings string) *blockGraph {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	b := newBuilder(rng, 3+27*seed/(*joinGraphs))
	whole := b.whole()
	course := newCourse(rng, whole)
	if course.tooLong() {
		return nil
	}
	source := settings + b.source(whole.entry())
	def, problems := workflow.Parse([]byte(source), workflow.Options{File: "w.yaml"})
	if problems.HasErrors() {
		t.Fatalf("seed %d is refused: %s\n%s", seed, problems, source)
	}
	return &blockGraph{rng, source, def, course}
}

// follow plays a course to its end, and says where the run left it.
func (p *journey) follow(c *course) error {
	over := map[string]bool{}
	finish := func(v *workflow.Visit) workflow.Finish {
		key := visitKey(v.Node, v.Number)
		over[key] = true
		return c.visits[key].finish(v)
	}
	if err := p.drive(finish, func(began []string) error { return p.compare(c, over, began) }); err != nil {
		return err
	}
	if status := p.state.Status(); status != workflow.StatusCompleted {
		return fmt.Errorf("the run is %s with no visit open", status)
	}
	if len(over) != len(c.visits) {
		return fmt.Errorf("the run completed after %d visits of %d", len(over), len(c.visits))
	}
	return nil
}

// compare tells whether exactly the visits began whose time had come, with the tokens that they await.
func (p *journey) compare(c *course, over map[string]bool, began []string) error {
	if f := p.state.Failed; f != nil {
		return fmt.Errorf("the run failed: %s: %s", f.Kind, f.Message)
	}
	if len(p.tied) > 0 {
		return fmt.Errorf("visit %s began although every token waited", p.tied[0])
	}
	for _, key := range began {
		want := c.visits[key]
		if want == nil {
			return fmt.Errorf("visit %s began with tokens of %v, and there is no such visit", key, p.started[key])
		}
		if got := p.started[key]; !slices.Equal(got, want.sources) {
			return fmt.Errorf("visit %s began with tokens of %v, and those of %v should meet", key, got, want.sources)
		}
		for _, before := range want.after {
			if !over[before] {
				return fmt.Errorf("visit %s began before %s was over", key, before)
			}
		}
	}
	for key, want := range c.visits {
		waits := slices.ContainsFunc(want.after, func(before string) bool { return !over[before] })
		if _, ok := p.started[key]; !ok && !waits {
			return fmt.Errorf("visit %s did not begin, although all that it waits for is over: %v", key, want.after)
		}
	}
	return nil
}

// finish ends a visit as the course has it.
func (v *expected) finish(open *workflow.Visit) workflow.Finish {
	f := workflow.Finish{Node: open.Node, Visit: open.Number, Attempt: open.Attempt}
	if v.fails {
		f.Outcome.Failure = &workflow.Failure{Kind: workflow.FailureTool, Message: "no"}
		return f
	}
	var result []document.Member
	if v.decides {
		result = append(result, document.Member{Key: ownKey(open.Node, open.Number), Value: document.Int(int64(v.value))})
	}
	for _, m := range v.writes {
		if v.inPlace && keepsLast(m.Key) {
			f.Outcome.Patch = append(f.Outcome.Patch, document.Op{Op: document.OpAdd, Path: document.Pointer(m.Key), Value: m.Value})
		} else {
			result = append(result, m)
		}
	}
	f.Outcome.Result, f.Outcome.HasResult = document.Object(result...), true
	return f
}

// conditions evaluates the two forms of conditions that these graphs have, without a script engine:
// "state['NODE_' + ctx.visit] == NUMBER" and "ctx.visit % NUMBER == NUMBER".
type conditions struct{}

func (conditions) Condition(x *workflow.Expression, sc workflow.Scope) (bool, error) {
	left, right, _ := strings.Cut(x.Source, " == ")
	if modulus, ok := strings.CutPrefix(left, "ctx.visit % "); ok {
		m, err := strconv.Atoi(modulus)
		return err == nil && strconv.Itoa(sc.Visit%m) == right, err
	}
	node, ok := strings.CutSuffix(strings.TrimPrefix(left, "state['"), "_' + ctx.visit]")
	if !ok {
		return false, fmt.Errorf("unknown form of condition: %s", x.Source)
	}
	v, _ := sc.State.Get(ownKey(node, sc.Visit))
	return v.String() == right, nil
}

// ownKey is the state's key for what one visit decides; no other visit writes it.
func ownKey(node string, visit int) string { return fmt.Sprintf("%s_%d", node, visit) }

func (conditions) Value(*workflow.Expression, workflow.Scope) (document.Value, error) {
	return document.Null, nil
}

func (conditions) Elapsed() time.Duration { return 0 }
