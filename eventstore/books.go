package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
)

// books is what the server keeps about a stream beside its messages. They tell damage from absence: a
// message that cannot be read stays in the books, one that was purged does not.
type books struct {
	First    uint64            `json:"first_seq"`
	Count    uint64            `json:"num_subjects"`
	Deleted  []uint64          `json:"deleted"`
	Subjects map[string]uint64 `json:"subjects"`
}

// booksRequest asks for the counts of a subject, or for the sequences that were purged.
type booksRequest struct {
	Subject string `json:"subjects_filter,omitempty"`
	Deleted bool   `json:"deleted_details,omitempty"`
}

func (ls *links) books(ctx context.Context, t *stream, want booksRequest) (books, error) {
	request, err := json.Marshal(want)
	if err != nil {
		return books{}, fmt.Errorf("ask about stream %s: %w", t.name, err)
	}
	answer, err := ls.ask(ctx, "$JS.API.STREAM.INFO."+t.name, request, false)
	if err != nil {
		return books{}, err
	}
	var reply struct {
		Error *apiError `json:"error"`
		State books     `json:"state"`
	}
	if status := answer[0].Header.Get(headerStatus); status != "" {
		return books{}, fmt.Errorf("ask about stream %s: the server answered %s", t.name, status)
	}
	if err := json.Unmarshal(answer[0].Data, &reply); err != nil {
		return books{}, fmt.Errorf("ask about stream %s: %w", t.name, err)
	}
	if reply.Error != nil {
		return books{}, fmt.Errorf("ask about stream %s: %s (JetStream error %d)", t.name, reply.Error.Description, reply.Error.Code)
	}
	return reply.State, nil
}

// CountRuns returns how many runs are stored, retired ones included, those that are not durable yet, too.
func (s *Store) CountRuns(ctx context.Context) (uint64, error) {
	ctx, release := s.bind(ctx)
	defer release()
	b, err := s.links.books(ctx, s.runs, booksRequest{})
	return b.Count, err
}

// count returns how many messages the stream has on a subject.
func (ls *links) count(ctx context.Context, t *stream, subject string) (uint64, error) {
	b, err := ls.books(ctx, t, booksRequest{Subject: subject})
	return b.Subjects[subject], err
}
