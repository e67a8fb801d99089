package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// problem is an RFC 9457 problem, the body of every error reply. Members that do not apply are left out.
type problem struct {
	Type      string        `json:"type" format:"uri-reference" doc:"Names the kind of problem; stable, and an address that explains it" example:"/docs/problems#run-not-found"`
	Title     string        `json:"title" doc:"The kind of problem in words" example:"Run not found"`
	Status    int           `json:"status" doc:"The HTTP status" example:"404"`
	Detail    string        `json:"detail,omitempty" doc:"What is wrong this time, and what to do instead" example:"there is no run \"r-1\""`
	Errors    []fieldError  `json:"errors,omitempty" nullable:"false" doc:"Everything that is wrong with the request"`
	RunID     string        `json:"run_id,omitempty" doc:"The run it concerns"`
	RunStatus string        `json:"run_status,omitempty" doc:"The status of that run"`
	Kind      string        `json:"kind,omitempty" doc:"For a failed script: the error kind as events store it" example:"script_error"`
	File      string        `json:"file,omitempty" doc:"For a failed script: the file that Line and Column point into"`
	Line      int           `json:"line,omitempty" doc:"Where in the text that was sent, counted from 1"`
	Column    int           `json:"column,omitempty" doc:"Where in the line, counted from 1"`
	Console   []consoleLine `json:"console,omitempty" nullable:"false" doc:"For a failed script: what it wrote before it failed"`
	RequestID string        `json:"request_id,omitempty" doc:"The X-Request-Id of the call, as the server's log names it"`

	headers http.Header // sent with the reply
}

// fieldError is one thing that is wrong with a request. Location leads to it: body, query, path or header,
// then the way into it ("body.labels.team", "query.limit").
type fieldError struct {
	Location string `json:"location" doc:"Where it is" example:"body.run_id"`
	Message  string `json:"message" doc:"What is wrong with it" example:"expected string"`
	Value    any    `json:"value,omitempty" doc:"What was sent there"`
	Code     string `json:"code,omitempty" doc:"For workflows: the stable code of the mistake" example:"unknown_tool"`
	File     string `json:"file,omitempty" doc:"For workflows: the file that line and column point into"`
	Line     int    `json:"line,omitempty" doc:"For workflows: the line, counted from 1"`
	Column   int    `json:"column,omitempty" doc:"For workflows: the column, counted from 1"`
	Path     string `json:"path,omitempty" doc:"For workflows: the way to the value in the workflow" example:"nodes.score.retry.max"`
	Hint     string `json:"hint,omitempty" doc:"What to write instead"`
}

// newProblem says that something of a kind happened; the arguments are those of fmt.Sprintf.
func newProblem(k kind, format string, arguments ...any) *problem {
	return &problem{Type: k.address(), Title: k.title, Status: k.status, Detail: fmt.Sprintf(format, arguments...)}
}

// Error returns what is wrong, with every field.
func (p *problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Title)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	for _, e := range p.Errors {
		b.WriteString("; " + e.Location + ": " + e.Message)
	}
	return b.String()
}

// GetStatus makes a problem a huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders makes a problem a huma.HeadersError.
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType makes huma name the media type of problems.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// with adds a header to the reply.
func (p *problem) with(name, value string) *problem {
	if p.headers == nil {
		p.headers = http.Header{}
	}
	p.headers.Set(name, value)
	return p
}

// of names the run the problem concerns.
func (p *problem) of(run string) *problem {
	p.RunID = run
	return p
}

// add names one more bad field.
func (p *problem) add(location string, value any, format string, arguments ...any) *problem {
	p.Errors = append(p.Errors, fieldError{Location: location, Message: fmt.Sprintf(format, arguments...), Value: clip(value)})
	return p
}

// valueBytesMax is how much of a bad value is sent back.
const valueBytesMax = 200

// clip drops a value that is too large to be of use in an error.
func clip(value any) any {
	switch v := value.(type) {
	case nil, map[string]any:
		return nil // a whole object says nothing about which of its members is meant
	case string:
		if len(v) > valueBytesMax {
			return nil
		}
		return v
	}
	text, err := json.Marshal(value)
	if err != nil || len(text) > valueBytesMax {
		return nil
	}
	return value
}

// write sends the problem on a path that huma does not serve.
func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, values := range p.headers {
		header[name] = values
	}
	reply := *p
	reply.RequestID = requestID(r.Context())
	body, err := json.Marshal(&reply)
	if err != nil {
		body = []byte("{}")
	}
	header.Set("Content-Type", reply.ContentType(""))
	header.Set("Content-Length", strconv.Itoa(len(body)+1))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that has left needs no answer
}

// newStatusError is what huma makes its errors with: it gives them the kind that fits their status.
func newStatusError(status int, message string, errs ...error) huma.StatusError {
	p := newProblem(kindOfStatus(status), "%s", message)
	p.Status = status
	for _, err := range errs {
		if err == nil {
			continue
		}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			p = p.add(detail.Location, detail.Value, "%s", detail.Message)
			continue
		}
		p = p.add("", nil, "%s", err.Error())
	}
	if status == http.StatusUnprocessableEntity && len(p.Errors) > 0 {
		p.Detail = mistakes(len(p.Errors))
	}
	slices.SortStableFunc(p.Errors, func(a, b fieldError) int { return strings.Compare(a.Location, b.Location) })
	return p
}

// newContextError is newStatusError where huma knows the operation: a field the operation does not have is
// answered with those it has.
func newContextError(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p, ok := newStatusError(status, message, errs...).(*problem)
	if !ok || ctx == nil || ctx.Operation() == nil {
		return p
	}
	p.RequestID = requestID(ctx.Context())
	fields, _ := ctx.Operation().Metadata[metadataFields].([]string)
	if len(fields) == 0 {
		return p
	}
	for i, e := range p.Errors {
		if e.Message == validation.MsgUnexpectedProperty {
			p.Errors[i].Message = "there is no such field"
			p.Errors[i].Hint = "the fields are " + strings.Join(fields, ", ")
		}
	}
	return p
}

// metadataFields is the key under which an operation's metadata lists the fields of its body.
const metadataFields = "fields"

// invalid names everything that is wrong with a request; nil where nothing is.
func invalid(errors []fieldError) *problem {
	if len(errors) == 0 {
		return nil
	}
	p := newProblem(kindInvalid, "%s", mistakes(len(errors)))
	p.Errors = errors
	return p
}

// mistakes is the detail of a problem whose errors say it all.
func mistakes(n int) string { return "the request has " + count(n, "mistake") + "; see errors" }

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
