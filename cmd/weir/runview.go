package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/weirflow/weir/api"
	"github.com/weirflow/weir/eventstore/document"
)

// printState prints a run's state for people and programs: indented, every digit kept.
func printState(out io.Writer, state document.Value) error {
	var text bytes.Buffer
	if err := json.Indent(&text, state.AppendJSON(nil), "", "  "); err != nil {
		return fmt.Errorf("printing the state: %w", err)
	}
	text.WriteByte('\n')
	_, err := out.Write(text.Bytes())
	return err
}

// printRunJSON prints a run on one line. It asks the API in this process, so that the line is what
// GET /v1/runs/{id} answers, byte for byte.
func printRunJSON(ctx context.Context, out io.Writer, e *engine, run string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/v1/runs/"+url.PathEscape(run), nil)
	if err != nil {
		return err
	}
	answer := reply{header: http.Header{}, status: http.StatusOK}
	api.New(api.Config{System: e.system, Store: e.store}).ServeHTTP(&answer, request)
	if answer.status != http.StatusOK {
		return fmt.Errorf("reading run %s: %d %s", run, answer.status, answer.body.String())
	}
	_, err = out.Write(answer.body.Bytes())
	return err
}

// reply keeps what a handler answers.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers that the handler may set.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *reply) WriteHeader(status int) { r.status = status }

// Write keeps the data.
func (r *reply) Write(data []byte) (int, error) { return r.body.Write(data) }
