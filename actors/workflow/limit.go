package workflow

// NodeLimit bounds the calls of a node's tool, by all runs of the workflow, and says which of them go first where they wait. The
// zero value of a limit is none.
type NodeLimit struct {
	Concurrency int       // calls that are being made, of each key
	Rate        Rate      // calls that begin, of each key
	Key         *Template // a text; nil: all calls have the same key
	Priority    *Template // a whole number, higher first; nil: that of the run
}

// Place evaluates where the call of an attempt waits: its key and its priority, which is the run's where the node gives none.
func (l *NodeLimit) Place(s *State, ev Evaluator, sc Scope) (key string, priority int, failure *Failure) {
	if l != nil {
		key, priority, failure = standing("limit", l.Key, l.Priority, ev, sc)
	}
	if s.Queue != nil && (l == nil || l.Priority == nil) {
		priority = s.Queue.Priority
	}
	return key, priority, failure
}
