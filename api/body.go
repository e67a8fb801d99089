package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/weirflow/weir/eventstore/document"
)

// bodyTimeout is how long a body may take to arrive.
const bodyTimeout = 30 * time.Second

// operationContext is embedded in place of huma.Context, whose method Context would clash with the field.
type operationContext huma.Context

// received is an operation's context once its body has been read and, where it is JSON, parsed.
type received struct {
	operationContext

	data      []byte
	mediaType string // without parameters; "" where the client named none
	value     document.Value
}

// BodyReader gives huma the body that was read.
func (c *received) BodyReader() io.Reader { return bytes.NewReader(c.data) }

// Unwrap gives the adapter its own context.
func (c *received) Unwrap() huma.Context { return c.operationContext }

// receivedFrom finds what readBody has read.
func receivedFrom(ctx huma.Context) *received {
	for {
		switch c := ctx.(type) {
		case *received:
			return c
		case interface{ Unwrap() huma.Context }:
			ctx = c.Unwrap()
		default:
			return &received{}
		}
	}
}

// readBody reads the body of an operation that takes one, before anything else looks at it: its type, its
// size and its syntax are checked here, once for every operation.
func (s *Server) readBody(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r, w := humago.Unwrap(ctx)
	if op.RequestBody == nil { // no call that changes something goes without
		next(ctx)
		return
	}
	body, p := s.receive(w, r, op)
	if p != nil {
		p.write(w, r)
		return
	}
	body.operationContext = ctx
	next(body)
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request, op *huma.Operation) (*received, *problem) {
	mediaType, p := mediaTypeOf(r, op)
	if p != nil {
		return nil, p
	}
	limit := s.bodyBytesMax
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	data, err := readInTime(w, http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, unreadable(err, limit)
	}
	body := &received{data: data, mediaType: mediaType}
	if len(bytes.TrimSpace(data)) == 0 {
		if op.RequestBody.Required {
			return nil, newProblem(kindBadRequest, "the call needs a body and got none")
		}
		body.data = nil
		return body, nil
	}
	if mediaType == "application/json" || mediaType == "" && !accepts(op, "application/yaml") {
		if body.value, err = document.Parse(data); err != nil {
			p := malformed(err)
			if accepts(op, "application/yaml") {
				p.Errors[0].Hint = "send a workflow in YAML with Content-Type: application/yaml"
			}
			return nil, p
		}
	}
	return body, nil
}

// readInTime reads all of a body, or a part of it, within bodyTimeout.
func readInTime(w http.ResponseWriter, body io.Reader) ([]byte, error) {
	// The deadline must be gone before the handler waits for anything: an expired one would look like a
	// client that left.
	control := http.NewResponseController(w)
	timed := control.SetReadDeadline(time.Now().Add(bodyTimeout)) == nil
	data, err := io.ReadAll(body)
	if timed {
		_ = control.SetReadDeadline(time.Time{})
	}
	return data, err
}

func tooLarge(limit int64) *problem {
	return newProblem(kindTooLarge, "the body is larger than %d bytes, the most this server accepts", limit).with("Connection", "close")
}

func unreadable(err error, limit int64) *problem {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return tooLarge(limit)
	}
	if timeout := net.Error(nil); errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return newProblem(kindTimeout, "the body did not arrive within %s", bodyTimeout).with("Connection", "close")
	}
	return newProblem(kindBadRequest, "the body could not be read: %v", err)
}

// malformed says where JSON stops being JSON.
func malformed(err error) *problem {
	p := newProblem(kindMalformed, "the body is not valid JSON: %v", err)
	p.Errors = []fieldError{{Location: "body", Message: err.Error()}}
	if syntax := (*document.SyntaxError)(nil); errors.As(err, &syntax) {
		p.Detail = "the body is not valid JSON: " + syntax.Message
		p.Line, p.Column = syntax.Line, syntax.Column
		p.Errors = []fieldError{{Location: "body", Message: syntax.Message, Line: syntax.Line, Column: syntax.Column}}
	}
	return p
}

// aliases are the other names under which clients send the types that operations list.
var aliases = map[string]string{
	"text/json": "application/json", "text/yaml": "application/yaml", "application/x-yaml": "application/yaml",
	"text/x-yaml": "application/yaml", "text/vnd.yaml": "application/yaml",
}

// mediaTypeOf names the body's type by the name that operations list it with.
func mediaTypeOf(r *http.Request, op *huma.Operation) (string, *problem) {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return "", nil
	}
	name, parameters, err := mime.ParseMediaType(header)
	if alias, ok := aliases[name]; ok {
		name = alias
	} else if strings.HasSuffix(name, "+json") {
		name = "application/json"
	} else if strings.HasSuffix(name, "+yaml") {
		name = "application/yaml"
	}
	if err == nil && accepts(op, name) {
		if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			return "", newProblem(kindMediaType, "the body must be UTF-8, not %s", charset)
		}
		return name, nil
	}
	known := make([]string, 0, len(op.RequestBody.Content))
	for each := range op.RequestBody.Content {
		known = append(known, each)
	}
	slices.Sort(known)
	p := newProblem(kindMediaType, "the body is said to be %s; this call reads %s: send that as Content-Type",
		header, strings.Join(known, " and "))
	if name == "application/x-www-form-urlencoded" {
		p.Detail += " (with curl: -H 'Content-Type: " + known[len(known)-1] + "' beside --data-binary)"
	}
	return "", p.with("Accept-Post", strings.Join(known, ", "))
}

func accepts(op *huma.Operation, mediaType string) bool {
	return op.RequestBody.Content[mediaType] != nil
}

// rawBody is embedded by inputs that read their body themselves.
type rawBody struct{ body *received }

// Resolve takes what readBody has read.
func (b *rawBody) Resolve(ctx huma.Context) []error {
	b.body = receivedFrom(ctx)
	return nil
}
