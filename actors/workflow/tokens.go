package workflow

import (
	"fmt"
	"slices"

	"github.com/weirflow/weir/eventstore/document"
)

// Token is a position in the graph. It has arrived at Node and waits to be consumed by a visit.
type Token struct {
	ID    uint64
	Node  string // a node, or "$fail" in a run that failed there
	From  string // the node it came from, "" at the start
	Visit int    // the visit it came from
	Error document.Value
	Loop  bool // it came over a loop edge: a round of the loop is behind it

	at   int // index of Node, -1 where there is none
	past past
}

// unmet says that a node's count of tokens can no longer come together.
type unmet struct {
	node *Node
	came int
}

func (u *unmet) failure() *Failure {
	return &Failure{Kind: FailureJoinUnsatisfied, Message: fmt.Sprintf(
		"node %q joins %d tokens, of which %d came, and no other is on its way to it; lower its join, or lead every branch to it",
		u.node.Name, u.node.Join, u.came)}
}

// ready returns the tokens that the next visit consumes: those that came first, where several could go. There are
// none where every token waits for an open visit. tie says that every token waits for another, and no visit is
// open: then the one that has waited longest goes on.
func (s *State) ready() (group []Token, tie bool, failure *unmet) {
	if !s.def.parallel {
		return s.Tokens[:1], false, nil
	}
	for i, t := range s.Tokens {
		switch {
		case t.at < 0 || s.def.Nodes[t.at].Join == JoinAny || s.def.incoming[t.at] < 2:
			return s.Tokens[i : i+1], false, nil
		case slices.ContainsFunc(s.Tokens[:i], func(k Token) bool { return k.at == t.at }):
			continue // looked at already
		case s.def.Nodes[t.at].Join > 0:
			group, failure = s.counted(t.at)
		default:
			group = s.joined(t.at)
		}
		if group != nil || failure != nil {
			return group, false, failure
		}
	}
	if len(s.Visits) > 0 {
		return nil, false, nil
	}
	return s.waitingAt(s.Tokens[0].at), true, nil
}

func (s *State) waitingAt(at int) []Token {
	var group []Token
	for _, t := range s.Tokens {
		if t.at == at {
			group = append(group, t)
		}
	}
	return group
}

// joined returns the tokens at a node once every token that can still come to it has come.
func (s *State) joined(at int) []Token {
	if s.awaited(at) {
		return nil
	}
	group := s.waitingAt(at)
	if slices.ContainsFunc(group, func(t Token) bool { return t.Loop }) && s.roundOpen(at) {
		return nil
	}
	return group
}

// counted returns tokens of a node that begins with a number of them. Tokens that came over a loop edge do not
// count: they begin the next round by themselves.
func (s *State) counted(at int) ([]Token, *unmet) {
	var came, rounds []Token
	for _, t := range s.waitingAt(at) {
		if t.Loop {
			rounds = append(rounds, t)
		} else {
			came = append(came, t)
		}
	}
	node := &s.def.Nodes[at]
	switch {
	case len(came) >= node.Join:
		return came[:node.Join], nil
	case len(came) > 0 && !s.awaited(at):
		return nil, &unmet{node: node, came: len(came)}
	case len(rounds) > 0 && !s.roundOpen(at):
		return rounds, nil
	default:
		return nil, nil
	}
}

// awaited reports whether a token that is not at a node yet can come to it in this round.
func (s *State) awaited(at int) bool {
	return s.comes(at, func(from int) bool { return s.def.ahead[from].has(at) })
}

// roundOpen reports whether a token is still in the round behind those at the head of a loop: on a way to a loop edge
// into the node.
func (s *State) roundOpen(at int) bool {
	return s.comes(at, func(from int) bool {
		return slices.ContainsFunc(s.def.loops, func(l loop) bool { return l.to == at && l.before.has(from) })
	})
}

// comes reports whether a token that is not at a node can come to it from where it is. A token that waits at the head
// of a loop for the rest of its round holds back no join inside that loop.
func (s *State) comes(at int, from func(int) bool) bool {
	return slices.ContainsFunc(s.Visits, func(v Visit) bool { return from(v.at) }) ||
		slices.ContainsFunc(s.Tokens, func(t Token) bool {
			return t.at >= 0 && t.at != at && from(t.at) && !(t.Loop && s.def.inLoopOf(t.at, at))
		})
}

// arrive adds a token to those that wait. At a node that has begun with a count of tokens, the rest of the round is
// absorbed.
func (s *State) arrive(t Token) {
	if t.Loop || !slices.Contains(s.begun, t.at) {
		s.Tokens = append(s.Tokens, t)
	}
}

// consume takes the tokens that a visit begins with. A node that begins with a count of them absorbs what has come
// beyond it.
func (s *State) consume(at int, ids []uint64) (tokens []Token, found bool) {
	for _, id := range ids {
		i := slices.IndexFunc(s.Tokens, func(t Token) bool { return t.ID == id && t.at == at })
		if i < 0 {
			return nil, false
		}
		tokens = append(tokens, s.Tokens[i])
		s.Tokens = slices.Delete(s.Tokens, i, i+1)
	}
	if s.def.Nodes[at].Join > 0 && !tokens[0].Loop {
		s.begun = append(slices.Clip(s.begun), at)
		s.Tokens = slices.DeleteFunc(s.Tokens, func(t Token) bool { return t.at == at && !t.Loop })
	}
	return tokens, true
}

// settleCounts forgets of which nodes a round has begun whose tokens have all come. It is called before what moves
// tokens, as no token is on an edge then.
func (s *State) settleCounts() {
	if len(s.begun) > 0 {
		s.begun = slices.DeleteFunc(slices.Clone(s.begun), func(at int) bool { return !s.awaited(at) })
	}
}
