package eventstore

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A server that does not answer for its health, as while the disk keeps a write waiting, keeps nobody else
// waiting: it counts as what it was, then as stalled, and as itself again once it answers.
func TestCheckupWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, asked := make(chan error), atomic.Int64{}
		c := &checkup{ask: func() error {
			asked.Add(1)
			return <-answer
		}}
		go func() { answer <- nil }()
		if err := c.health(); err != nil {
			t.Errorf("a healthy server: %v", err)
		}
		for range 3 {
			began := time.Now()
			if err := c.health(); err != nil {
				t.Errorf("slow is not broken: %v", err)
			}
			if waited := time.Since(began); waited != checkupPatience {
				t.Errorf("waited %s", waited)
			}
			if err := c.stalled(); err != nil {
				t.Errorf("called stalled early: %v", err)
			}
		}
		time.Sleep(stalledSync)
		if err := c.stalled(); !errors.Is(err, errStalled) {
			t.Errorf("after %s: %v, want it stalled", stalledSync, err)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times while the second answer was still to come", n)
		}
		broken := errors.New("broken")
		answer <- broken
		synctest.Wait()
		if err := c.stalled(); err != nil {
			t.Errorf("after the answer: %v", err)
		}
		go func() { answer <- broken }()
		if err := c.health(); !errors.Is(err, broken) {
			t.Errorf("a broken server: %v", err)
		}
		c.close()
		if err := c.health(); !errors.Is(err, ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

// Whoever asks the store hears at once that its server does not answer.
func TestStalledServerIsNotReady(t *testing.T) {
	s := openTest(t, Config{Dir: t.TempDir()})
	answer := make(chan error)
	s.checkup.ask = func() error { return <-answer }
	if err := s.Ready(); err != nil {
		t.Errorf("at first: %v", err)
	}
	s.checkup.mu.Lock()
	s.checkup.begun = s.checkup.begun.Add(-2 * stalledSync)
	s.checkup.mu.Unlock()
	if err := s.Ready(); !errors.Is(err, errStalled) {
		t.Errorf("during a long silence: %v", err)
	}
	if err := s.Health(); err != nil {
		t.Errorf("slow is not broken: %v", err)
	}
	answer <- nil
}

// A server that gives JetStream up, or stops, answers no more than that it is not there: what it complained of
// before, which names the disk's error, is part of the reason.
func TestHealthNamesWhyTheServerGaveUp(t *testing.T) {
	for name, giveUp := range map[string]func(e *embedded) error{
		"shut JetStream down": func(e *embedded) error { return e.srv.ShutdownJetStream() },
		"stopped":             func(e *embedded) error { e.srv.Shutdown(); return nil },
	} {
		s := openTest(t, Config{Dir: t.TempDir()})
		if err := s.server.healthy(); err != nil {
			t.Errorf("at first: %v", err)
		}
		s.server.srv.Errorf("Error writing %q: input/output error", "1.blk")
		s.server.srv.Warnf("giving up")
		if err := giveUp(s.server); err != nil {
			t.Fatal(err)
		}
		err := s.server.healthy()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), `"1.blk": input/output error; giving up`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
