package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

// undocumented are the routes that are pages and their parts, not calls.
var undocumented = []string{"GET /{$}", "GET /docs/assets/{file}"}

func TestEveryRouteIsDocumented(t *testing.T) {
	e := newEngine(t)
	a := e.call("GET", "/openapi.json", nil)
	doc := e.want(http.StatusOK, a)
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %s", got)
	}
	described := map[string]document.Value{}
	for path, item := range at(doc, "/paths").Members() {
		for method, operation := range item.Members() {
			described[strings.ToUpper(method)+" "+path] = operation
		}
	}
	routes := e.server.router.patterns
	for _, route := range routes {
		if _, ok := described[route]; !ok && !slices.Contains(undocumented, route) {
			t.Errorf("%s is not in the OpenAPI document", route)
		}
	}
	ids := map[string]string{}
	for route, operation := range described {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is in the OpenAPI document, but not served", route)
		}
		checkOperation(t, route, operation)
		id := textAt(operation, "/operationId")
		if other := ids[id]; id == "" || other != "" {
			t.Errorf("%s has the operationId %q, as has %s", route, id, other)
		}
		ids[id] = route
	}
	for _, route := range []string{
		"POST /v1/workflows", "GET /v1/workflows", "GET /v1/workflows/{name}", "GET /v1/workflows/{name}/revisions", "GET /v1/workflows/{name}/diagram", "GET /v1/schedules",
		"POST /v1/workflows/{name}/runs", "GET /v1/runs", "GET /v1/runs/{id}", "GET /v1/runs/{id}/state", "GET /v1/runs/{id}/events",
		"GET /v1/runs/{id}/events/stream", "GET /v1/runs/{id}/tail", "GET /v1/tail", "POST /v1/runs/{id}/cancel", "POST /v1/runs/{id}/pause", "POST /v1/runs/{id}/resume", "POST /v1/runs/{id}/signals/{name}", "POST /v1/runs/{id}/retry",
		"GET /v1/tools", "POST /v1/scripts/check", "POST /v1/scripts/try", "GET /livez", "GET /readyz",
		"GET /health", "POST /graph/create", "POST /graph/create_sample/code_review", "POST /graph/run", "POST /graph/run_async",
		"GET /graph/state/{run_id}", "GET /ws/{run_id}", "GET /ws/run/{run_id}",
	} {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is not served", route)
		}
	}
	if a := e.call("GET", "/openapi.yaml", nil); a.status != http.StatusOK || !strings.Contains(a.text, "openapi: 3.1.0") {
		t.Errorf("the YAML document: %d %.200s", a.status, a.text)
	}
}

// checkOperation asks of an operation what a reader of the page needs.
func checkOperation(t *testing.T, route string, operation document.Value) {
	t.Helper()
	if textAt(operation, "/summary") == "" || at(operation, "/tags").Len() != 1 {
		t.Errorf("%s needs a summary and one tag", route)
	}
	page := textAt(operation, "/tags/0") == tagHealth
	if textAt(operation, "/description") == "" && !page {
		t.Errorf("%s needs a description", route)
	}
	for _, parameter := range at(operation, "/parameters").Items() {
		if textAt(parameter, "/description") == "" {
			t.Errorf("%s: parameter %s needs a description", route, textAt(parameter, "/name"))
		}
	}
	if body := at(operation, "/requestBody"); !body.IsNull() {
		for contentType, media := range at(body, "/content").Members() {
			if at(media, "/example").IsNull() && at(media, "/examples").IsNull() {
				t.Errorf("%s: the body in %s needs an example", route, contentType)
			}
		}
	}
	fine := false
	for status, response := range at(operation, "/responses").Members() {
		if textAt(response, "/description") == "" {
			t.Errorf("%s: reply %s needs a description", route, status)
		}
		if status[0] != '2' && status != "101" {
			continue
		}
		fine = true
		for contentType, media := range at(response, "/content").Members() {
			if contentType == "application/json" && at(media, "/example").IsNull() && at(media, "/examples").IsNull() && !page {
				t.Errorf("%s: reply %s needs an example", route, status)
			}
		}
	}
	if !fine {
		t.Errorf("%s has no reply that is not an error", route)
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	e := newEngine(t)
	for _, path := range []string{"/", "/docs", "/docs/problems"} {
		a := e.call("GET", path, nil)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
		policy := a.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "http") || strings.Contains(policy, "unsafe-eval") {
			t.Errorf("%s has the policy %s", path, policy)
		}
		for _, attribute := range []string{`src="http`, `href="http`, `src="//`, `href="//`} {
			if strings.Contains(a.text, attribute) {
				t.Errorf("%s loads from elsewhere", path)
			}
		}
		for _, link := range links(a.text) {
			if got := e.call("GET", link, nil); got.status != http.StatusOK {
				t.Errorf("%s leads to %s, which answers %d", path, link, got.status)
			}
		}
	}
	problems := e.call("GET", "/docs/problems", nil).text
	for _, k := range kinds {
		if !strings.Contains(problems, `id="`+k.slug+`"`) {
			t.Errorf("%s is not explained", k.slug)
		}
	}
}

// links are the paths of this server that a page leads to.
func links(page string) []string {
	var found []string
	for _, attribute := range []string{`href="`, `src="`} {
		for _, part := range strings.Split(page, attribute)[1:] {
			if link, _, _ := strings.Cut(part, `"`); strings.HasPrefix(link, "/") {
				found = append(found, link)
			}
		}
	}
	return found
}

func TestTheReferenceIsServedPackedAndUnpacked(t *testing.T) {
	e := newEngine(t)
	packed := e.call("GET", "/docs/assets/scalar.js", nil, "Accept-Encoding", "gzip")
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.text) > 2<<20 {
		t.Errorf("packed: %s, %d bytes", packed.header.Get("Content-Encoding"), len(packed.text))
	}
	unpacked := e.call("GET", "/docs/assets/scalar.js", nil, "Accept-Encoding", "identity")
	if unpacked.header.Get("Content-Encoding") != "" || !strings.Contains(unpacked.text[:1000], "@scalar/api-reference") {
		t.Errorf("unpacked: %.100s", unpacked.text)
	}
	if got := unpacked.header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("Content-Type %s", got)
	}
	e.want(http.StatusNotFound, e.call("GET", "/docs/assets/nothing.js", nil))
}
