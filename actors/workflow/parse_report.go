package workflow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// problemsMax is how many problems are listed; a person reads no more, and a hostile source has many.
const problemsMax = 100

// problemList gathers problems. What is said twice of one place (an alias is read where it stands, too) is
// kept once.
type problemList struct {
	all     Problems
	seen    map[Problem]bool
	omitted int
}

func (l *problemList) add(p Problem) {
	key := p
	key.Path = ""
	if l.seen[key] {
		return
	}
	if len(l.all) >= 50*problemsMax {
		l.omitted++
		return
	}
	if l.seen == nil {
		l.seen = map[Problem]bool{}
	}
	l.seen[key] = true
	l.all = append(l.all, p)
}

// has reports whether there is a problem of that code.
func (l *problemList) has(code string) bool {
	return slices.ContainsFunc(l.all, func(p Problem) bool { return p.Code == code })
}

// sorted returns the problems in order, the first problemsMax of them.
func (l *problemList) sorted(file string) Problems {
	l.all.sort(file)
	if len(l.all) <= problemsMax {
		return l.all
	}
	omitted := l.omitted + len(l.all) - problemsMax
	severity := SeverityWarning
	if l.all[problemsMax:].HasErrors() {
		severity = SeverityError
	}
	return append(l.all[:problemsMax:problemsMax], Problem{
		Severity: severity, File: file, Code: CodeTooLarge,
		Message: fmt.Sprintf("%d more problems are not listed", omitted),
	})
}

// trail is the way to a value. It becomes a text only where a problem is reported.
type trail struct {
	parent *trail
	key    string
	index  int // of a list item, else -1
}

func under(t *trail, key string) *trail { return &trail{parent: t, key: key, index: -1} }

func within(t *trail, index int) *trail { return &trail{parent: t, index: index} }

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_$-]+$`)

// String returns the way as JavaScript would write it: nodes.score.retry.on[1].
func (t *trail) String() string {
	var steps []string
	for ; t != nil; t = t.parent {
		switch {
		case t.index >= 0:
			steps = append(steps, fmt.Sprintf("[%d]", t.index))
		case !plainKey.MatchString(t.key):
			steps = append(steps, fmt.Sprintf("[%q]", clip(t.key)))
		case t.parent == nil:
			steps = append(steps, clip(t.key))
		default:
			steps = append(steps, "."+clip(t.key))
		}
	}
	slices.Reverse(steps)
	return strings.Join(steps, "")
}

// add reports what a reader found.
func (p *parser) add(e *syntaxError) {
	if e.at.line == 0 {
		e.at = place{line: 1, column: 1}
	}
	p.error(e.at, nil, e.code, e.message, e.hint)
}

func (p *parser) error(at place, t *trail, code, message, hint string) {
	p.problem(SeverityError, at, t, code, message, hint)
}

func (p *parser) warn(at place, t *trail, code, message, hint string) {
	p.problem(SeverityWarning, at, t, code, message, hint)
}

// refuse reports what not every version refuses: an error, unless the source has been saved already.
func (p *parser) refuse(at place, t *trail, code, message, hint string) {
	p.problem(p.refusal(), at, t, code, message, hint)
}

func (p *parser) refusal() Severity {
	if p.opts.Saved {
		return SeverityWarning
	}
	return SeverityError
}

func (p *parser) problem(s Severity, at place, t *trail, code, message, hint string) {
	p.list.add(Problem{
		Severity: s, File: p.opts.File, Line: at.line, Column: at.column,
		Path: t.String(), Code: code, Message: message, Hint: hint,
	})
}

// wrongType says that a value is not what belongs there, unless it has been found wrong already.
func (p *parser) wrongType(n *node, t *trail, want, hint string) {
	if !n.bad {
		p.error(n.at, t, CodeWrongType, fmt.Sprintf("%s must be %s, not %s", t, want, n.describe()), hint)
	}
}

// near returns the known name nearest to a wrong one. Once the list of problems is full it stops looking.
func (p *parser) near(name string, names []string) string {
	if len(p.list.all) > problemsMax {
		return ""
	}
	return nearest(name, names)
}

func didYouMean(name string) string { return fmt.Sprintf("did you mean `%s`?", name) }
