package eventstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// This file turns answers, and their absence, into outcomes.
//
//   - Acknowledged: stored, at the sequence the server names.
//   - 10071, "wrong last sequence": either another commit stands in this place, or an earlier attempt of
//     ours was stored and its answer got lost. The leader's message behind the expected sequence tells:
//     the same bytes are ours.
//   - 10164, 10167: the server cannot tell yet. The same bytes go out again.
//   - No answer, a lost connection: unknown. The same bytes go out again, which ends in one of the above:
//     the expected sequence lets at most one attempt in.
//   - Any other error: the server refused. An earlier attempt whose fate is unknown would have met
//     10071 first, since the server looks at the sequence before anything else.

// answer is what the server replies to a publish.
type answer struct {
	sequence uint64
	code     int // 0 when acknowledged
	text     string
}

// readAnswer understands a reply. An empty reply with status 503 comes when no stream listens.
func readAnswer(m *nats.Msg) answer {
	if len(m.Data) == 0 {
		return answer{code: codeTooMany, text: "nobody stores this subject at the moment"}
	}
	if sequence, ok := plainAck(m.Data); ok {
		return answer{sequence: sequence}
	}
	var reply struct {
		Error    *apiError `json:"error"`
		Sequence uint64    `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return answer{code: codeTooMany, text: "the answer cannot be read: " + err.Error()}
	}
	if reply.Error != nil {
		return answer{code: reply.Error.Code, text: reply.Error.Description}
	}
	return answer{sequence: reply.Sequence}
}

// plainAck reads {"stream":"NAME","seq":N} or {"stream":"NAME", "seq":N} without a JSON decoder: it is
// the answer to nearly every append.
func plainAck(data []byte) (sequence uint64, ok bool) {
	rest, ok := bytes.CutPrefix(data, []byte(`{"stream":"`))
	if !ok {
		return 0, false
	}
	_, rest, ok = bytes.Cut(rest, []byte(`"seq":`))
	if !ok || !bytes.HasSuffix(rest, []byte("}")) {
		return 0, false
	}
	sequence, err := strconv.ParseUint(string(rest[:len(rest)-1]), 10, 64)
	return sequence, err == nil && sequence > 0
}

// receive takes the answers of all attempts, on the inbox's own goroutine.
func (a *appender) receive(m *nats.Msg) {
	token, ok := inboxToken(m.Subject, a.inbox)
	if !ok {
		return
	}
	reply := readAnswer(m)
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.flying[token]
	if w == nil {
		return // a later attempt than the one that was answered
	}
	switch reply.code {
	case 0:
		a.succeed(w, reply.sequence)
	case codeWrongLast:
		if !w.settling {
			w.settling = true
			a.settle(w)
		}
	case codeWrongLastNow, codeTooMany:
		w.due = time.Now().Add(a.timing.sweep)
	default:
		err := fmt.Errorf("%s: %w", w.subject, &RefusedError{Code: reply.code, Description: reply.text})
		if w.attempts > 1 {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		a.finish(w, err)
	}
}

// succeed takes a write off the table and passes it on to be made durable and released. The mutex is held.
func (a *appender) succeed(w *write, sequence uint64) {
	a.land(w)
	w.pending.sequence = sequence
	a.release(w)
}

// finish ends a write without success. The mutex is held.
func (a *appender) finish(w *write, err error) {
	a.land(w)
	w.end(err)
}

func (a *appender) land(w *write) {
	delete(a.flying, w.token)
	a.bytes -= len(w.data)
	a.wake.Signal()
	if len(a.queue)+len(a.flying) == 0 {
		a.idle.Broadcast()
	}
}

// resend puts a write in line for the same bytes once more. The mutex is held.
func (a *appender) resend(w *write) {
	if !w.queued {
		w.queued = true
		a.again = append(a.again, w)
		a.wake.Signal()
	}
}

// resendAll follows a lost connection: whatever was sent through it has no known outcome.
func (a *appender) resendAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.flying {
		if !w.settling {
			a.resend(w)
		}
	}
}

// sweep looks for answers that are late. The first late one makes it look after the server's health: a
// stream that failed to write answers nothing at all, and must not be believed afterwards. While the disk
// keeps the server waiting, that answer is late as well; such time is on no append's account.
func (a *appender) sweep() {
	ticker := time.NewTicker(a.timing.sweep)
	defer ticker.Stop()
	for {
		select {
		case <-a.stopped:
			return
		case <-ticker.C:
		}
		a.mu.Lock()
		now, late, hopeless := time.Now(), false, false
		for _, w := range a.flying {
			hopeless = hopeless || w.attempts > 0 && now.Sub(w.first) > a.timing.giveUp
			if !w.settling && w.attempts > 0 && now.After(w.due) {
				late = true
				a.resend(w)
			}
		}
		a.mu.Unlock()
		switch {
		case hopeless:
			a.fail(fmt.Errorf("%w: an append found no answer within %s", ErrUnavailable, a.timing.giveUp))
		case late:
			if err := a.health(); err != nil {
				a.fail(fmt.Errorf("%w: %w", ErrUnavailable, err))
			}
			a.excuse(time.Since(now))
		}
	}
}

// excuse puts off the moment at which what is under way is given up.
func (a *appender) excuse(wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.flying {
		w.first = w.first.Add(wait)
	}
}

// fail ends everything under way and refuses whatever comes: after a write error nothing that is read
// back proves that it is durable.
func (a *appender) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop {
		return // closed, with every outcome known
	}
	if a.failed == nil {
		a.failed = err
		close(a.broken)
		a.log.Error("the event store has failed", slog.Any("error", err))
	}
	queue := a.queue
	a.queue, a.again = nil, nil
	for _, w := range queue {
		if a.closed {
			w.end(ErrClosed) // it was never sent
		} else {
			w.end(a.failed)
		}
	}
	for _, w := range a.flying {
		a.finish(w, a.failed)
	}
	a.idle.Broadcast()
}

// failure returns why the store has failed, nil while it has not.
func (a *appender) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}
