package workflow_test

import (
	"strings"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// turn reads a turn of a durable script.
func (p *player) turn(text string) workflow.Command {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	at, seen, _ := strings.Cut(lines[0], " ")
	f := p.finish(at)
	f.Outcome.Turn = &workflow.Turn{Seen: p.number(seen)}
	for _, line := range lines[1:] {
		part := strings.Fields(line)
		c := workflow.NewCall{Kind: part[0], Seen: f.Outcome.Turn.Seen}
		switch c.Kind {
		case event.CallTool:
			c.Name, c.Args = part[1], document.MustParse(part[2])
			if len(part) > 3 {
				c.Retry = &event.CallRetry{Max: p.number(part[3]), Backoff: "constant", Initial: p.duration(part[4]), Cap: time.Hour}
			}
		case event.CallSleep:
			c.Wait = p.duration(part[1])
		case event.CallSignal:
			if c.Name = part[1]; len(part) > 2 {
				c.Wait = p.duration(part[2])
			}
		case "log":
			f.Outcome.Console = append(f.Outcome.Console, event.LogLine{Level: "log", Text: part[1]})
			continue
		}
		f.Outcome.Turn.Calls = append(f.Outcome.Turn.Calls, c)
	}
	return f
}

func (p *player) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}
