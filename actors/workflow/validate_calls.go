package workflow

import (
	"fmt"
	"regexp"
)

// durableCall finds a call in a module, as nearly everybody writes it. The others are told when they run.
var durableCall = regexp.MustCompile(`\bctx\s*\.\s*(tool|sleep|signal)\s*\(`)

// checkCalls refuses scripts that would call where nothing can be called.
func (p *parser) checkCalls() {
	for i := range p.def.Nodes {
		n := &p.def.Nodes[i]
		if n.Map != nil {
			p.noCalls(n, &n.Map.Work.Script, "for each item of a map, where scripts make no calls", "let the map run a workflow for each item, and the script be of a node of that")
		}
		if n.Compensate != nil {
			p.noCalls(n, &n.Compensate.Script, "in a compensation, where scripts make no calls", "let the compensation be a tool, or run a workflow")
		}
	}
}

func (p *parser) noCalls(n *Node, s *Script, where, hint string) {
	call := durableCall.FindStringSubmatch(s.Source)
	if s.Bundle == nil || call == nil || p.opts.Saved {
		return
	}
	p.error(place{line: s.Origin.Line, column: s.Origin.Column}, under(under(nil, "nodes"), n.Name), CodeScript,
		fmt.Sprintf("the script calls ctx.%s %s", call[1], where), hint)
}
