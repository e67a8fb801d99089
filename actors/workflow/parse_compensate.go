package workflow

import "slices"

// compensationKinds name what a compensation does.
var compensationKinds = []string{"tool", "script", "script_file", "set"}

var compensationKeys = keySet{
	of: "a compensation", known: slices.Concat(compensationKinds, []string{"with", "into", "retry", "timeout", "limit"}),
	misplaced: map[string]string{
		"compensate": "remove it: nothing compensates a compensation",
		"edges":      "remove it: nothing follows a compensation but the next one",
		"catch":      "remove it: where a compensation fails that is recorded, and the others go on",
		"join":       "remove it: compensations come one after the other",
		"checkpoint": "remove it: what precedes a compensation is durable wherever its work shows",
		"sleep":      "have it take something back",
		"until":      "have it take something back",
		"wait":       "have it take something back",
		"map":        "let a tool or a script take all of it back",
		"workflow":   "let a tool or a script take it back",
	},
}

// compensate reads what takes back what a node has done.
func (p *parser) compensate(of *Node, n *node, t *trail) {
	of.Compensate = &Node{Name: of.Name + compensateSuffix, Position: p.position(n.at)}
	p.step(of.Compensate, n, t, &compensationKeys, compensationKinds)
}
