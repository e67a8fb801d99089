package eventstore

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/weirflow/weir/eventstore/event"
)

func TestReadAnswer(t *testing.T) {
	const failed = `{"error":{"code":400,"err_code":%d,"description":"why"},"stream":"WEIR_RUNS","seq":0}`
	for _, test := range []struct {
		data string
		want answer
	}{
		{`{"stream":"WEIR_RUNS","seq":17}`, answer{sequence: 17}},
		{`{"stream":"WEIR_RUNS", "seq":17}`, answer{sequence: 17}},
		{`{"stream":"WEIR_RUNS","domain":"x","seq":17,"duplicate":false}`, answer{sequence: 17}},
		{fmt.Sprintf(failed, 10071), answer{code: codeWrongLast, text: "why"}},
		{fmt.Sprintf(failed, 10164), answer{code: codeWrongLastNow, text: "why"}},
		{fmt.Sprintf(failed, 10077), answer{code: 10077, text: "why"}},
		{"", answer{code: codeTooMany, text: "nobody stores this subject at the moment"}},
		{`{"str`, answer{code: codeTooMany, text: "the answer cannot be read: unexpected end of JSON input"}},
	} {
		if got := readAnswer(&nats.Msg{Data: []byte(test.data)}); got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.data, got, test.want)
		}
	}
}

// An answer that got lost is found again: the commit is in the stream once, and its sequence is known.
func TestLostAnswerIsSettled(t *testing.T) {
	s, f := openFaulty(t, quickTiming)
	a := newAuthor("lost")
	a.write(t, s, 1)

	f.deafen("appends")
	c := a.seal(2)
	p := s.Append(c, a.sequence)
	awaitStored(t, s, "lost", 2)
	select {
	case <-p.Done():
		t.Fatal("the append has an outcome without an answer")
	default:
	}
	f.cut("appends")

	sequence, err := result(p)
	if err != nil {
		t.Fatal(err)
	}
	a.moved(c, sequence)
	a.write(t, s, 1)
	got := readAll(t, s, "lost", 0)
	if len(got) != 3 || got[1].Sequence != sequence {
		t.Errorf("the stream holds %d commits and the settled one is not the second: %+v", len(got), got)
	}
}

// While an answer is missing somebody else takes the place: that is a conflict, whoever asks.
func TestLostRaceIsAConflict(t *testing.T) {
	s, f := openFaulty(t, quickTiming)
	a, b := newAuthor("race"), newAuthor("race")
	b.epoch = "e2"
	b.write(t, s, 1)
	f.deafen("appends")
	p := s.Append(a.seal(1), 0)
	f.cut("appends")
	if _, err := result(p); !errors.Is(err, ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if got := readAll(t, s, "race", 0); len(got) != 1 || got[0].Epoch != "e2" {
		t.Errorf("the stream holds %+v", got)
	}
}

// A commit whose answer got lost, and that somebody has built on since, is still known as stored.
func TestSettledBelowAnother(t *testing.T) {
	s, f := openFaulty(t, quickTiming)
	a := newAuthor("below")
	f.deafen("appends")
	c := a.seal(1)
	p := s.Append(c, 0)
	awaitStored(t, s, "below", 1)
	a.moved(c, 1)
	next := a.seal(1)
	m := &nats.Msg{Subject: runsPrefix + "below", Header: nats.Header{headerExpected: {"1"}}, Data: next.Data}
	if err := s.links.all[0].nc.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	awaitStored(t, s, "below", 2)
	f.cut("appends")
	if sequence, err := result(p); err != nil || sequence != 1 {
		t.Errorf("got sequence %d, error %v", sequence, err)
	}
}

// Many runs, and a connection that keeps breaking, with and without its answers: every append has an
// outcome, every success is where it says, nothing is stored twice, nothing is lost, and followers see
// every event.
func TestConnectionKeepsBreaking(t *testing.T) {
	const runs, commits = 16, 40
	s, f := openFaulty(t, quickTiming)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	all.Go(func() { f.breakOften(seed, nil) })
	for i := range runs {
		all.Go(func() {
			a := newAuthor(fmt.Sprintf("run-%d", i))
			var want []event.Sealed
			for range commits {
				c := a.seal(2)
				sequence, err := result(s.Append(c, a.sequence))
				if err != nil {
					t.Errorf("%s: %v", a.run, err)
					return
				}
				a.moved(c, sequence)
				want = append(want, c)
			}
			n := uint64(0)
			for raw, err := range s.Follow(timeout(t), a.run, 0) {
				if err != nil || raw.N != n+1 {
					t.Errorf("%s: event %d follows %d, error %v", a.run, raw.N, n, err)
					return
				}
				if n = raw.N; n == 2*commits {
					break
				}
			}
			var got []event.Sealed
			for c, err := range s.Read(t.Context(), a.run, 0) {
				if err != nil {
					t.Errorf("%s: %v", a.run, err)
					return
				}
				got = append(got, c.Sealed)
			}
			if diff := cmp.Diff(digests(want), digests(got)); diff != "" {
				t.Errorf("%s: stored other than acknowledged:\n%s", a.run, diff)
			}
		})
	}
	all.Wait()
}

func digests(commits []event.Sealed) []string {
	var all []string
	for _, c := range commits {
		all = append(all, c.Digest)
	}
	return all
}

// A stream that cannot write any more gives no answer. The append must not hang, and nothing may be
// believed from then on.
func TestFailedStore(t *testing.T) {
	s, _ := openFaulty(t, quickTiming)
	a := newAuthor("doomed")
	a.write(t, s, 1)
	if err := s.Health(); err != nil {
		t.Fatalf("healthy store: %v", err)
	}
	s.server.srv.ShutdownJetStream()
	if _, err := result(s.Append(a.seal(1), a.sequence)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("append: got %v, want ErrUnavailable", err)
	}
	if err := s.Health(); err == nil {
		t.Error("the store still calls itself healthy")
	}
	if _, err := result(s.Append(newAuthor("other").seal(1), 0)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("append afterwards: got %v, want ErrUnavailable", err)
	}
}

// A disk that stalls for longer than an answer is waited for keeps the server from answering for its health,
// too. When it is back the appends go on, as they do after a sync that took as long; one whose answer does
// not come from a server that is well is given up.
func TestStallIsNoReasonToGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := make(chan struct{})
		a := newAppender(slog.New(slog.DiscardHandler), usualTiming)
		a.health = func() error {
			<-back
			return nil
		}
		w := &write{token: 1, attempts: 1, first: time.Now(), due: time.Now().Add(usualTiming.answer)}
		w.pending.done = make(chan struct{})
		a.flying[1] = w
		a.done.Go(a.sweep)
		time.Sleep(3 * usualTiming.giveUp)
		close(back)
		time.Sleep(usualTiming.giveUp / 2)
		if err := a.failure(); err != nil {
			t.Errorf("after the stall: %v", err)
		}
		time.Sleep(usualTiming.giveUp)
		if err := a.failure(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("without an answer: %v, want ErrUnavailable", err)
		}
		close(a.stopped)
		a.done.Wait()
	})
}
