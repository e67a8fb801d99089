package api

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

const introduction = `weir runs durable agent workflows: graphs of nodes over one shared JSON state. Every run is a sequence of events that is on disk before anything acts on it.

**Start here.** Save a workflow with ` + "`POST /v1/workflows`" + `, start it with ` + "`POST /v1/workflows/{name}/runs`" + `, and watch it with ` + "`GET /v1/runs/{id}/events/stream`" + ` or the WebSocket at ` + "`/v1/runs/{id}/tail`" + `.

**Events** are flat JSON objects, numbered from 1 within their run without a gap. Lists, WebSocket, SSE and NATS give the same bytes. ` + "`from`" + ` is exclusive everywhere: send the last ` + "`n`" + ` you have.

**Errors** are problems (RFC 9457). Their ` + "`type`" + ` is stable, and an address that [explains the kind](/docs/problems); ` + "`errors`" + ` names every bad field at once.

**Once only.** A run id, or an ` + "`Idempotency-Key`" + `, names one run for ever: the same request again answers with the same run, other content with 409.

**Waiting.** ` + "`Prefer: wait=10`" + ` waits up to ten seconds for a run to end; ` + "`Prefer: respond-async`" + ` does not wait. A client that leaves cancels nothing.

**Numbers** keep every digit: integers beyond 2^53 come back as they were sent.`

// openapiHead is the document before the operations are added.
func (s *Server) openapiHead() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI:  "3.1.0",
		Servers:  []*huma.Server{{URL: "/", Description: "This server"}},
		Security: []map[string][]string{{}}, // nobody is asked who they are
		Info: &huma.Info{
			Title: "weir", Version: s.version, Description: introduction,
			License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Tags: []*huma.Tag{
			{Name: tagWorkflows, Description: "A workflow is a named graph. Each saved content is a revision that never changes, pinned by its digest; runs keep the revision they were started with."},
			{Name: tagRuns, Description: "A run is one execution of a revision. Its state is what its events fold into."},
			{Name: tagEvents, Description: "What happened in a run, as a list, live by WebSocket or SSE, or live over all runs."},
			{Name: tagTools, Description: "The Go functions that nodes may call, and a place to try JavaScript before it goes into a workflow."},
			{Name: tagHealth, Description: "Whether the process lives, and whether it accepts work."},
			{Name: tagClassic, Description: "The calls of two engines that came before, for clients that were written for them. A graph made here is the workflow `classic-<graph_id>`, and its runs are runs like any other: the /v1 calls show them too."},
		},
	}
}

// openapiText is the finished document, made when it is first asked for.
type openapiText struct {
	once       sync.Once
	json, yaml []byte
	err        error
}

func (s *Server) openapiDocument() (asJSON, asYAML []byte, err error) {
	s.openapi.once.Do(func() {
		standard(s.huma.OpenAPI())
		if s.openapi.json, s.openapi.err = json.Marshal(s.huma.OpenAPI()); s.openapi.err != nil {
			return
		}
		s.openapi.yaml, s.openapi.err = s.huma.OpenAPI().YAML()
	})
	return s.openapi.json, s.openapi.yaml, s.openapi.err
}

// standard takes out what is huma's and not OpenAPI's. Validation does not need it any more: its messages
// were made when the operations were registered.
func standard(doc *huma.OpenAPI) {
	for _, schema := range doc.Components.Schemas.Map() {
		for _, property := range schema.Properties {
			property.PatternDescription = ""
		}
	}
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post} {
			if op == nil {
				continue
			}
			for _, parameter := range op.Parameters {
				parameter.Schema.PatternDescription = ""
			}
		}
	}
}

func (s *Server) serveOpenAPI(contentType string, pick func(asJSON, asYAML []byte) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asJSON, asYAML, err := s.openapiDocument()
		if err != nil {
			s.problemOf(r.Context(), err).write(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(pick(asJSON, asYAML)) // a client that has left needs no answer
	}
}
