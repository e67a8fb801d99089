package runindex

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// position is where a page ended: at a run, by its id and what it was sorted by.
type position struct {
	key any
	id  int64
}

// cursorHead is what every cursor begins with: what it is and its version.
const cursorHead = "runs1"

// cursor makes the cursor of a page that ends with a run. It holds the order and the direction, which must stay the same; a filter may
// change, which gives what that filter selects behind the same place.
func (l *Listing) cursor(last *Run) string {
	parts := []string{cursorHead, string(l.Order), l.direction(), strconv.FormatUint(last.First, 10)}
	switch l.Order {
	case ByEnd:
		parts = append(parts, strconv.FormatInt(last.endStamp(), 10))
	case ByUpdate:
		parts = append(parts, strconv.FormatInt(stamp(last.UpdatedAt), 10))
	case ByWorkflow:
		parts = append(parts, last.Workflow)
	default:
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, " ")))
}

func (r *Run) endStamp() int64 {
	if r.EndedAt.IsZero() {
		return never
	}
	return stamp(r.EndedAt)
}

func (l *Listing) direction() string {
	if l.Ascending {
		return "up"
	}
	return "down"
}

// position reads the listing's cursor; nil where it has none. The error is ErrCursor.
func (l *Listing) position() (*position, error) {
	if l.Cursor == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(l.Cursor)
	parts := strings.Split(string(text), " ")
	if err != nil || len(parts) < 4 || parts[0] != cursorHead {
		return nil, fmt.Errorf("%w: use the cursor of the page before as it is", ErrCursor)
	}
	if parts[1] != string(l.Order) || parts[2] != l.direction() {
		return nil, fmt.Errorf("%w: it continues a listing by %s (%s), not by %s (%s)", ErrCursor, parts[1], parts[2], l.Order, l.direction())
	}
	p := &position{}
	p.id, err = strconv.ParseInt(parts[3], 10, 64)
	switch rest := parts[4:]; {
	case err != nil:
	case l.Order == ByStart && len(rest) == 0:
		return p, nil
	case l.Order == ByWorkflow && len(rest) == 1:
		p.key = rest[0]
		return p, nil
	case len(rest) == 1:
		if p.key, err = strconv.ParseInt(rest[0], 10, 64); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%w: use the cursor of the page before as it is", ErrCursor)
}
