package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// Sizes of one direct read. A reader holds one batch at a time, so these bound what a reader that
// stands still keeps in memory. A message that is larger than the bytes comes alone.
const (
	readMessages = 128
	readBytes    = 128 << 10
	scanMessages = 1024
	scanBytes    = 1 << 20
)

// record is one stored message.
type record struct {
	subject  string
	sequence uint64
	at       time.Time
	data     []byte
	expected string // the sequence it was stored behind, as its header says
}

// getRequest is the body of JetStream's two ways to read messages.
type getRequest struct {
	Sequence uint64 `json:"seq,omitempty"`
	Last     string `json:"last_by_subj,omitempty"`
	Next     string `json:"next_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	Bytes    int    `json:"max_bytes,omitempty"`
}

func (r getRequest) body() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	return b
}

// fetch reads the messages from a sequence on by direct get, of one subject or, with "", of all. more
// says that, by the stream's books, others follow. The server passes over messages that it cannot read,
// and answers with none at the first of them: whether nothing is the end or damage the caller finds out.
func (ls *links) fetch(ctx context.Context, t *stream, subject string, from uint64, messages, bytes int) (found []record, more bool, err error) {
	request := getRequest{Sequence: max(from, 1), Next: subject, Batch: messages, Bytes: bytes}
	answer, err := ls.ask(ctx, "$JS.API.DIRECT.GET."+t.name, request.body(), true)
	if err != nil {
		return nil, false, err
	}
	found = make([]record, 0, len(answer)-1)
	booked := uint64(0) // what the books promised when the read began
	for i, m := range answer {
		switch status := m.Header.Get(headerStatus); status {
		case "":
			rec, err := directRecord(m)
			if err != nil {
				return nil, false, err
			}
			if i == 0 {
				behind, err := pendingOf(m)
				if err != nil {
					return nil, false, err
				}
				booked = behind + 1
			}
			found = append(found, rec)
		case "204": // end of batch
			pending, err := pendingOf(m)
			return found, pending > 0 || uint64(len(found)) < booked, err
		case "404":
			return found, false, nil
		default:
			return nil, false, fmt.Errorf("read stream %s: the server answered %s %s", t.name, status, m.Header.Get(headerDescription))
		}
	}
	return nil, false, fmt.Errorf("read stream %s: the answer has no end", t.name)
}

// get reads one message by direct get. It returns ErrNotFound where there is none, or none that the server
// can read.
func (ls *links) get(ctx context.Context, t *stream, request getRequest) (record, error) {
	answer, err := ls.ask(ctx, "$JS.API.DIRECT.GET."+t.name, request.body(), false)
	if err != nil {
		return record{}, err
	}
	switch status := answer[0].Header.Get(headerStatus); status {
	case "":
		return directRecord(answer[0])
	case "404":
		return record{}, ErrNotFound
	default:
		return record{}, fmt.Errorf("read stream %s: the server answered %s %s", t.name, status, answer[0].Header.Get(headerDescription))
	}
}

func pendingOf(m *nats.Msg) (uint64, error) {
	pending, err := strconv.ParseUint(m.Header.Get("Nats-Num-Pending"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read a batch without a count: %w", err)
	}
	return pending, nil
}

func directRecord(m *nats.Msg) (record, error) {
	sequence, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return record{}, fmt.Errorf("read a message without a sequence: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return record{}, fmt.Errorf("read message %d without a time: %w", sequence, err)
	}
	return record{subject: m.Header.Get("Nats-Subject"), sequence: sequence, at: at, data: m.Data, expected: m.Header.Get(headerExpected)}, nil
}

// leader asks the stream's leader for one message, which, unlike a direct get, no replica that lags
// behind can answer. It returns ErrNotFound where there is none, or none that the server can read.
func (ls *links) leader(ctx context.Context, t *stream, request getRequest) (record, error) {
	answer, err := ls.ask(ctx, "$JS.API.STREAM.MSG.GET."+t.name, request.body(), false)
	if err != nil {
		return record{}, err
	}
	var reply struct {
		Error   *apiError `json:"error"`
		Message *struct {
			Subject  string    `json:"subject"`
			Sequence uint64    `json:"seq"`
			Data     []byte    `json:"data"`
			Time     time.Time `json:"time"`
		} `json:"message"`
	}
	if status := answer[0].Header.Get(headerStatus); status != "" {
		return record{}, fmt.Errorf("read stream %s: the server answered %s", t.name, status)
	}
	if err := json.Unmarshal(answer[0].Data, &reply); err != nil {
		return record{}, fmt.Errorf("read stream %s: %w", t.name, err)
	}
	switch {
	case reply.Error != nil && reply.Error.Code == codeNoMessage:
		return record{}, ErrNotFound
	case reply.Error != nil:
		return record{}, fmt.Errorf("read stream %s: %s (JetStream error %d)", t.name, reply.Error.Description, reply.Error.Code)
	case reply.Message == nil:
		return record{}, errors.New("read stream " + t.name + ": the answer holds no message")
	}
	m := reply.Message
	return record{subject: m.Subject, sequence: m.Sequence, at: m.Time, data: m.Data}, nil
}

// apiError is JetStream's error. Only its number is looked at.
type apiError struct {
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

// JetStream's error numbers that mean something to weir.
const (
	codeNoMessage    = 10037
	codeWrongLast    = 10071 // the subject ends elsewhere: a lost race, or our own message already stored
	codeWrongLastNow = 10164 // cannot be told yet: ask again
	codeTooMany      = 10167 // the server's inbound queue is full: ask again
)
