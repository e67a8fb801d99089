package eventstore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// What exceeds the window waits here, in order, and goes out as answers come.
func TestWindow(t *testing.T) {
	s := openTest(t, Config{})
	s.appends.mu.Lock()
	s.appends.window = 3
	s.appends.mu.Unlock()
	var pending []*Pending
	for i := range 50 {
		pending = append(pending, s.Append(newAuthor(fmt.Sprintf("run-%d", i)).seal(1), 0))
	}
	for i, p := range pending {
		if sequence, err := result(p); err != nil || sequence != uint64(i+1) {
			t.Errorf("append %d is stored at %d, error %v", i, sequence, err)
		}
	}
}

// Close waits for outcomes only so long. What was never sent is surely not stored; of what was sent
// nobody can tell.
func TestCloseGivesUpWaiting(t *testing.T) {
	impatient := quickTiming
	impatient.close = 50 * time.Millisecond
	s, f := openFaulty(t, impatient)
	s.appends.mu.Lock()
	s.appends.window = 1
	s.appends.mu.Unlock()
	f.deafen("appends")
	sent := s.Append(newAuthor("sent").seal(1), 0)
	awaitStored(t, s, "sent", 1)
	waiting := s.Append(newAuthor("waiting").seal(1), 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := result(sent); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a sent append: got %v, want ErrUnavailable", err)
	}
	if _, err := result(waiting); !errors.Is(err, ErrClosed) {
		t.Errorf("an append that was never sent: got %v, want ErrClosed", err)
	}
}

// What the server refuses for a reason of its own is refused for good, and harms nothing else.
func TestRefusedByTheServer(t *testing.T) {
	s := openTest(t, Config{})
	a := newAuthor("r")
	a.write(t, s, 1)
	small := streamConfig(runsStream, runsAll)
	small.MaxMsgSize = 2000
	updateStream(t, s, small)
	var refused *RefusedError
	if _, err := result(s.Append(a.seal(100), a.sequence)); !errors.As(err, &refused) || refused.Code == 0 || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want a RefusedError", err)
	}
	a.write(t, s, 1)
	if err := s.Health(); err != nil {
		t.Error(err)
	}
}

// "Cannot tell yet" is no outcome: the same bytes go out again.
func TestAskedToComeAgain(t *testing.T) {
	s, _ := openFaulty(t, quickTiming)
	for i, code := range []int{codeWrongLastNow, codeTooMany} {
		c := newAuthor(fmt.Sprintf("run-%d", i)).seal(1)
		w := fly(s, &write{stream: s.runs, subject: runsPrefix + c.Run, data: c.Data, commit: c}, time.Hour)
		reply := fmt.Sprintf(`{"error":{"code":400,"err_code":%d},"stream":"WEIR_RUNS","seq":0}`, code)
		if err := s.links.all[0].nc.Publish(inboxSubject(s.appends.inbox, w.token), []byte(reply)); err != nil {
			t.Fatal(err)
		}
		if sequence, err := result(&w.pending); err != nil || sequence != uint64(i+1) {
			t.Errorf("code %d: got sequence %d, error %v", code, sequence, err)
		}
	}
}

// fly puts a write among those that were sent, without sending it. The answer is awaited for a while.
func fly(s *Store, w *write, answer time.Duration) *write {
	s.appends.mu.Lock()
	defer s.appends.mu.Unlock()
	w.pending.done = make(chan struct{})
	s.appends.last++
	w.token, w.attempts, w.first, w.due = s.appends.last, 1, time.Now(), time.Now().Add(answer)
	s.appends.flying[w.token] = w
	s.appends.bytes += len(w.data)
	return w
}

// An answer that is merely late is asked for again over the same connection.
func TestLateAnswerIsSettled(t *testing.T) {
	s, _ := openFaulty(t, quickTiming)
	c := newAuthor("late").seal(1)
	// It was sent and stored, and the answer went elsewhere.
	m := &nats.Msg{Subject: runsPrefix + "late", Header: nats.Header{headerExpected: {"0"}}, Data: c.Data}
	if err := s.appends.nc.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	awaitStored(t, s, "late", 1)
	w := fly(s, &write{stream: s.runs, subject: runsPrefix + "late", data: c.Data, commit: c}, 0)
	if sequence, err := result(&w.pending); err != nil || sequence != 1 {
		t.Errorf("got sequence %d, error %v", sequence, err)
	}
	if n := len(readAll(t, s, "late", 0)); n != 1 {
		t.Errorf("%d commits", n)
	}
}
