package event

import "testing"

// Statuses are stored and answered in this spelling, for ever.
func TestStatuses(t *testing.T) {
	for text, is := range map[string]struct {
		status Status
		ended  bool
	}{
		"running": {StatusRunning, false}, "waiting": {StatusWaiting, false}, "paused": {StatusPaused, false},
		"completed": {StatusCompleted, true}, "failed": {StatusFailed, true}, "cancelled": {StatusCancelled, true},
	} {
		if string(is.status) != text || is.status.Ended() != is.ended {
			t.Errorf("%q is %q, ended %t", text, is.status, is.status.Ended())
		}
	}
}
