package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

// wantProblem checks that an answer is a problem of a kind that the page explains.
func (e *engine) wantProblem(status int, slug string, a answer) document.Value {
	e.t.Helper()
	p := e.want(status, a)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		e.t.Errorf("Content-Type %s", got)
	}
	if got := textAt(p, "/type"); got != "/docs/problems#"+slug {
		e.t.Errorf("type %s, want %s", got, slug)
	}
	if intAt(p, "/status") != int64(status) || textAt(p, "/title") == "" || textAt(p, "/detail") == "" {
		e.t.Errorf("an incomplete problem: %s", p)
	}
	if id := textAt(p, "/request_id"); id == "" || id != a.header.Get("X-Request-Id") {
		e.t.Errorf("request_id %q, X-Request-Id %q", id, a.header.Get("X-Request-Id"))
	}
	if !slices.ContainsFunc(kinds, func(k kind) bool { return k.slug == slug && k.status == status }) {
		e.t.Errorf("%s with status %d is not on the page of problems", slug, status)
	}
	return p
}

func TestPathsThatAreNotThere(t *testing.T) {
	e := newEngine(t)
	e.wantProblem(http.StatusNotFound, "not-found", e.call("GET", "/v1/nothing", nil))
	p := e.wantProblem(http.StatusNotFound, "not-found", e.call("GET", "/v1/runs/", nil))
	if !strings.Contains(textAt(p, "/detail"), "final slash") {
		t.Errorf("a final slash: %s", p)
	}
	for _, c := range []struct{ method, path, allow string }{
		{"DELETE", "/v1/runs", "GET, HEAD"},
		{"PUT", "/v1/workflows", "GET, HEAD, POST"},
		{"OPTIONS", "/v1/runs/a/cancel", "POST"},
		{"POST", "/", "GET, HEAD"},
		{"GET", "/graph/create", "POST"},
	} {
		a := e.call(c.method, c.path, nil)
		e.wantProblem(http.StatusMethodNotAllowed, "method-not-allowed", a)
		if got := a.header.Get("Allow"); got != c.allow {
			t.Errorf("%s %s: Allow %q, want %q", c.method, c.path, got, c.allow)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	e := newEngine(t, func(c *Config) { c.MaxBody = 1000 })
	e.save(helloYAML)
	const path = "/v1/workflows/hello/runs"
	p := e.wantProblem(http.StatusBadRequest, "malformed-body", e.call("POST", path, "{\"input\":\n  {\"a\": tru}}"))
	if intAt(p, "/line") != 2 || intAt(p, "/column") == 0 || intAt(p, "/errors/0/line") != 2 {
		t.Errorf("the place is not named: %s", p)
	}
	e.wantProblem(http.StatusBadRequest, "malformed-body", e.call("POST", path, `{"input":{"a":1,"a":2}}`))
	e.wantProblem(http.StatusBadRequest, "bad-request", e.call("POST", path, ""))
	p = e.wantProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", e.call("POST", path, "input=1", "Content-Type", "application/x-www-form-urlencoded"))
	if detail := textAt(p, "/detail"); !strings.Contains(detail, "reads application/json") || !strings.Contains(detail, "curl: -H 'Content-Type: application/json'") {
		t.Errorf("what to send instead is not said: %s", detail)
	}
	p = e.wantProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", e.call("POST", "/v1/workflows", "name: x", "Content-Type", "application/x-www-form-urlencoded"))
	if detail := textAt(p, "/detail"); !strings.Contains(detail, "curl: -H 'Content-Type: application/yaml'") {
		t.Errorf("what to send instead is not said: %s", detail)
	}
	p = e.wantProblem(http.StatusBadRequest, "malformed-body", e.call("POST", "/v1/workflows", helloYAML))
	if hint := textAt(p, "/errors/0/hint"); !strings.Contains(hint, "application/yaml") {
		t.Errorf("YAML sent as JSON: %s", p)
	}
	e.wantProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", e.call("POST", path, "{}", "Content-Type", "application/json; charset=latin1"))
	e.wantProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", e.call("POST", "/v1/workflows", "x", "Content-Type", "text/plain"))
	large := `{"input":{"text":"` + strings.Repeat("x", 1000) + `"}}`
	e.wantProblem(http.StatusRequestEntityTooLarge, "body-too-large", e.call("POST", path, large))
	e.wantProblem(http.StatusRequestEntityTooLarge, "body-too-large", e.call("POST", "/graph/create", large))
	// Without a length in front the limit holds, too.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.http.URL+path, struct{ *strings.Reader }{strings.NewReader(large)})
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = -1
	request.Header.Set("Content-Type", "application/json")
	e.wantProblem(http.StatusRequestEntityTooLarge, "body-too-large", e.do(request))
	exactly := `{"input":{"text":"` + strings.Repeat("x", 1000-len(`{"input":{"text":""}}`)) + `"}}`
	e.want(http.StatusAccepted, e.call("POST", path, exactly))
	e.want(http.StatusAccepted, e.call("POST", path, `{"input":{}}`, "Content-Type", "application/vnd.x+json"))
	// YAML goes its own way: the workflow's reader says what is wrong.
	for _, source := range []string{"a: [", "a: &x [*x, *x]\nb: *y", "\x00", strings.Repeat("[", 900), "just text"} {
		e.wantProblem(http.StatusUnprocessableEntity, "invalid-workflow", e.call("POST", "/v1/workflows", yaml(source)))
	}
	e.want(http.StatusOK, e.call("GET", "/readyz", nil))
}

func TestBodiesThatWouldBeLeftAside(t *testing.T) {
	e := newEngine(t)
	e.save("name: broken\nnodes: {one: test.fail}\n")
	e.run("broken", `{"input":{},"run_id":"b1"}`)
	p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/runs/b1/retry", `{"node":"one"}`))
	if !strings.Contains(p.String(), "the fields are revision") {
		t.Errorf("the problem is %s", p)
	}
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/b1/retry", " {}\n"))
	e.want(http.StatusOK, e.call("POST", "/graph/create_sample/code_review", `{"name":"mine"}`)) // the classic engines ignored it
}

func TestParametersThatWouldBeLeftAside(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.run("hello", `{"input":{"name":"x"},"run_id":"h1"}`)
	for path, want := range map[string]string{
		"/v1/runs?stauts=failed":                  "query.stauts: the parameters are workflow, status, label, node, text",
		"/v1/runs?limit=1&limit=2":                "query.limit",
		"/v1/runs?status=failed&limit=%zz":        "query",
		"/v1/runs?label=a&label=b":                "query.label",
		"/v1/runs?label=a=1&label=a=2":            "query.label",
		"/v1/runs/h1?verbose=1":                   "query.verbose: this call has no parameters",
		"/v1/runs/h1/events?after=3":              "query.after: the parameters are from, cursor, limit",
		"/v1/runs/h1/events/stream?after=3":       "query.after: the parameters are from",
		"/v1/runs/h1/tail?from=1&from=2":          "query.from",
		"/v1/tail?workflows=hello":                "query.workflows: the parameters are workflow, type",
		"/v1/workflows/hello/diagram?fromat=dot":  "query.fromat: the parameters are format, revision",
		"/v1/workflows/hello?revision=1&at=1&b=2": "query.at",
	} {
		location, hint, _ := strings.Cut(want, ": ")
		p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("GET", path, nil))
		if textAt(p, "/errors/0/location") != location || !strings.Contains(textAt(p, "/errors/0/hint"), hint) {
			t.Errorf("%s: %s", path, p)
		}
	}
	if p := e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs?a=1&b=2&label=x&limit=1&limit=2", nil)); at(p, "/errors").Len() != 3 {
		t.Errorf("not every parameter is named: %s", p)
	}
	if p := e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs?label=x&label=team=core&label=y", nil)); at(p, "/errors").Len() != 2 {
		t.Errorf("not every label is named: %s", p)
	}
	// Parameters that may be repeated, and calls whose clients send what they like.
	e.want(http.StatusOK, e.call("GET", "/v1/runs?label=a=1&label=b=2&label=a=1", nil))
	e.want(http.StatusOK, e.call("GET", "/health?probe=1", nil))
	e.want(http.StatusOK, e.call("GET", "/readyz?verbose&probe=1", nil))
}

func TestHostsAreCheckedAgainstRebinding(t *testing.T) {
	e := newEngine(t, func(c *Config) { c.AllowedHosts = []string{"Weir.example", "other.example:8443"} })
	for host, allowed := range map[string]bool{
		"localhost": true, "localhost:1": true, "LOCALHOST:8000": true, "127.0.0.1:99": true, "[::1]:8000": true, "[::1]": true,
		"weir.example": true, "weir.example:80": true, "weir.example.": true, "other.example:8443": true,
		"other.example": false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.1": false,
	} {
		a := e.call("GET", "/livez", nil, "Host", host)
		if allowed && a.status != http.StatusOK {
			t.Errorf("%s is refused: %s", host, a.text)
		}
		if !allowed {
			e.wantProblem(http.StatusMisdirectedRequest, "host-not-allowed", a)
		}
	}
}

func TestPagesOfOtherSitesReachNothing(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.run("hello", `{"input":{"name":"x"},"run_id":"h1"}`)
	const path, body = "/v1/workflows/hello/runs", `{"input":{}}`
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "http://localhost:1"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Origin", "file://"},
		{"Sec-Fetch-Site", "same-site"},
	} {
		e.wantProblem(http.StatusForbidden, "origin-not-allowed", e.call("POST", path, body, headers...))
	}
	for _, path := range []string{"/v1/runs/h1/tail", "/v1/tail", "/ws/h1"} {
		e.wantProblem(http.StatusForbidden, "origin-not-allowed",
			e.call("GET", path, nil, "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://evil.example"))
	}
	e.want(http.StatusAccepted, e.call("POST", path, body, "Origin", e.http.URL, "Sec-Fetch-Site", "same-origin"))
	a := e.call("GET", "/v1/runs/h1", nil, "Origin", "https://evil.example")
	e.want(http.StatusOK, a)
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("the reply lets pages of other sites read it: %s", name)
		}
	}
}

func TestAPanicIsAProblem(t *testing.T) {
	e := newEngine(t)
	e.server.router.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("oh no") })
	e.server.logger = e.server.logger.With("expected", true)
	p := e.wantProblem(http.StatusInternalServerError, "internal", e.call("GET", "/panics", nil))
	if strings.Contains(p.String(), "oh no") {
		t.Errorf("what went on inside leaves the server: %s", p)
	}
	e.want(http.StatusOK, e.call("GET", "/livez", nil))
}

func TestRequestIDs(t *testing.T) {
	e := newEngine(t)
	if got := e.call("GET", "/livez", nil, "X-Request-Id", "abc-1").header.Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("the client's id became %q", got)
	}
	if got := e.call("GET", "/livez", nil, "X-Request-Id", "a b\t<x>").header.Get("X-Request-Id"); len(got) != 16 {
		t.Errorf("an id that no log can carry became %q", got)
	}
}

func TestHealth(t *testing.T) {
	e := newEngine(t)
	same(t, "livez", e.want(http.StatusOK, e.call("GET", "/livez", nil)), `{"status":"ok"}`)
	same(t, "readyz", e.want(http.StatusOK, e.call("GET", "/readyz", nil)), `{"status":"ready"}`)
	verbose := e.want(http.StatusOK, e.call("GET", "/readyz?verbose", nil))
	if textAt(verbose, "/checks/engine") != "ok" || textAt(verbose, "/version") != "dev" || textAt(verbose, "/checks/files") != "not checked since the start" || textAt(verbose, "/sync") != "always" || textAt(verbose, "/nats") != "" {
		t.Errorf("verbose: %s", verbose)
	}
	if err := e.system.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := e.wantProblem(http.StatusServiceUnavailable, "not-ready", e.call("GET", "/readyz", nil))
	if !strings.Contains(textAt(p, "/detail"), "shutting down") {
		t.Errorf("the reason is not said: %s", p)
	}
	e.want(http.StatusOK, e.call("GET", "/livez", nil))
	e.wantProblem(http.StatusServiceUnavailable, "shutting-down", e.call("POST", "/v1/workflows", yaml(helloYAML)))
}

func TestTheSystemAndItsStoreAreRequired(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New without a System returned")
		}
	}()
	New(Config{})
}

func TestRepliesSurviveWritersWithoutDeadlines(t *testing.T) {
	e := newEngine(t)
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/livez", nil)
	e.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}
