package workflow

import (
	"fmt"

	"github.com/weirflow/weir/eventstore/event"
)

// Updating reports whether the golden files are to be rewritten.
func Updating() bool { return *update }

// Dump shows all of a state but what it only remembers to spare work.
func Dump(s *State) string {
	text := fmt.Sprintf("run %s workflow %s revision %s n %d at %s\nstarted %s ended %q at %s resumed %s\n",
		s.Run, s.Workflow, s.Revision, s.N, s.At, s.StartedAt, s.ended, s.EndedAt, s.resumedAt)
	text += fmt.Sprintf("doc %s\ninput %s labels %v\nsteps %d token %d counts %v rounds %v\n",
		s.Doc, s.Input, s.Labels, s.steps, s.token, s.counts, s.rounds)
	if s.Queue != nil {
		text += fmt.Sprintf("queue %+v queued %v\n", *s.Queue, s.queued)
	}
	if s.Failed != nil {
		text += fmt.Sprintf("failed %s\n", event.Event{Body: *s.Failed}.AppendJSON(nil))
	}
	if s.Cancelling != nil {
		text += fmt.Sprintf("cancelling %+v\n", *s.Cancelling)
	}
	if s.Failing != nil {
		text += fmt.Sprintf("failing %s\n", event.Event{Body: *s.Failing}.AppendJSON(nil))
	}
	if s.Paused != nil {
		text += fmt.Sprintf("paused %+v\n", *s.Paused)
	}
	for u := s.undo; u != nil; u = u.before {
		text += fmt.Sprintf("to be compensated %s/%d\n", u.node, u.visit)
	}
	text += fmt.Sprintf("paused at %s ending at %s absent %v uncompensated %v\n", s.pausedAt, s.endingAt, s.absent, s.uncompensated)
	text += fmt.Sprintf("parent %+v depth %d retried %t\n", s.Parent, s.Depth, s.retried)
	for _, t := range s.Tokens {
		text += fmt.Sprintf("token %d at %s from %s/%d error %s loop %v past %v\n", t.ID, t.Node, t.From, t.Visit, t.Error, t.Loop, t.past)
	}
	for _, v := range s.Visits {
		text += fmt.Sprintf("visit %s/%d/%d phase %d signal %q due %s begun %d at %s tokens %v tries %d interrupted %d seen %s error %s past %v",
			v.Node, v.Number, v.Attempt, v.Phase, v.Signal, v.Due, v.Begun, v.StartedAt, v.Tokens, v.tries, v.interrupted, v.Seen, v.Error, v.past)
		if v.Child != "" || v.childEnd != nil {
			text += fmt.Sprintf(" child %s end %+v", v.Child, v.childEnd)
		}
		if v.failure != nil {
			text += fmt.Sprintf(" failure %s", event.Event{Body: *v.failure}.AppendJSON(nil))
		}
		text += "\n"
		if i := v.Items; i != nil {
			text += fmt.Sprintf("items %d done %d failed %d next %d bytes %d counted by %d at %s\n", i.Total, i.Done, i.Failed, i.next, i.bytes, i.attempt, i.countedAt)
			for _, k := range i.Open {
				text += fmt.Sprintf("item %+v\n", *k)
			}
			for at := range i.Total {
				text += fmt.Sprintf("result %d %s\n", at, i.results.at(at))
			}
		}
	}
	text += dumpCalls(s)
	for _, k := range s.signals {
		text += fmt.Sprintf("signal %s %s\n", k.Name, k.Payload)
	}
	text += fmt.Sprintf("signals %q\n", s.signalIDs)
	for _, k := range s.writes {
		text += fmt.Sprintf("written %s %+v\n", k.Key, k.Strands)
	}
	return text + fmt.Sprintf("begun %v lapsed %v\n", s.begun, s.lapsed)
}

// dumpCalls shows the journals of durable scripts.
func dumpCalls(s *State) string {
	text := ""
	for _, v := range s.Visits {
		c := v.Calls
		if c == nil {
			continue
		}
		text += fmt.Sprintf("calls of %s/%d begun by %d at %s made %d ended %d seen %d next %d bytes %d\n",
			v.Node, v.Number, c.attempt, c.begunAt, c.made, c.ended, c.Seen, c.next, c.bytes)
		for i := range c.made {
			call := *c.At(i)
			retry := call.Retry
			call.Retry = nil
			text += fmt.Sprintf("call %+v retry %+v\n", call, retry)
		}
		for i := range c.ended {
			text += fmt.Sprintf("end %d\n", c.End(i).Number)
		}
		for _, k := range c.Open {
			text += fmt.Sprintf("open %d\n", k.Number)
		}
	}
	return text
}
