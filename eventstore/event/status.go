package event

// Status is where a run stands, by its events. Like the names of events, statuses are persisted strings in this spelling.
type Status string

// The statuses a run can have.
const (
	StatusRunning   Status = "running"
	StatusWaiting   Status = "waiting" // every open visit waits for a time or a signal to come
	StatusPaused    Status = "paused"
	StatusCompleted Status = "completed"
	StatusFailed    Status = "failed"
	StatusCancelled Status = "cancelled"
)

// Ended reports whether a run that stands so is over.
func (s Status) Ended() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusCancelled
}
