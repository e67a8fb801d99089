package tools_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// builtins are the built-in tools, allowed to reach the tests' own servers.
var builtins = sync.OnceValues(func() (*tools.Registry, error) {
	return tools.NewRegistry(tools.Builtin(tools.Options{AllowPrivateHTTP: true})...)
})

func builtin(t testing.TB, name string) tools.Tool {
	t.Helper()
	registry, err := builtins()
	if err != nil {
		t.Fatal(err)
	}
	tool, ok := registry.Lookup(name)
	if !ok {
		t.Fatalf("there is no tool %s", name)
	}
	return tool
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// input reads JSON in which $URL stands for a server's address.
func input(json, url string) tools.Call {
	return tools.Call{
		Input: document.MustParse(strings.ReplaceAll(json, "$URL", url)),
		Key:   "run-1/call/2", Run: "run-1", Node: "call", Visit: 2, Attempt: 1,
	}
}

// failed asserts the kind of an error and returns its message.
func failed(t *testing.T, err error, kind string) string {
	t.Helper()
	var e *tools.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *Error of kind %s", err, kind)
	}
	if e.Kind != kind {
		t.Fatalf("got kind %s (%s), want %s", e.Kind, e.Message, kind)
	}
	return e.Message
}

func get(t *testing.T, v document.Value, pointer string) string {
	t.Helper()
	found, ok := v.Lookup(pointer)
	if !ok {
		t.Fatalf("no %s in %s", pointer, v)
	}
	return found.String()
}

func TestRequestSendsWhatItIsGiven(t *testing.T) {
	type seen struct{ Method, URI, Key, ContentType, Body, Auth, Agent, Multi string }
	var got seen
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		got = seen{
			r.Method, r.RequestURI, r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type"), string(body),
			user + ":" + password, r.Header.Get("User-Agent"), strings.Join(r.Header.Values("X-Many"), "|"),
		}
	})
	host := strings.TrimPrefix(url, "http://")
	tests := []struct {
		name, input string
		want        seen
	}{
		{"get", `{"url": "$URL/a?x=1"}`, seen{Method: "GET", URI: "/a?x=1", Auth: ":", Agent: "weir"}},
		{
			"query", `{"url": "$URL/a?x=1", "query": {"q": "a b&c", "n": [1, 9007199254740993, true]}}`,
			seen{Method: "GET", URI: "/a?x=1&n=1&n=9007199254740993&n=true&q=a+b%26c", Auth: ":", Agent: "weir"},
		},
		{
			"json body is posted", `{"url": "$URL/", "body": {"n": 9007199254740993.10}}`,
			seen{"POST", "/", "run-1/call/2", "application/json", `{"n":9007199254740993.10}`, ":", "weir", ""},
		},
		{
			"text body", `{"url": "$URL/", "method": "PUT", "body": "hi"}`,
			seen{"PUT", "/", "run-1/call/2", "text/plain; charset=utf-8", "hi", ":", "weir", ""},
		},
		{
			"null body", `{"url": "$URL/", "method": "DELETE", "body": null}`,
			seen{Method: "DELETE", URI: "/", Key: "run-1/call/2", Auth: ":", Agent: "weir"},
		},
		{
			"own headers win",
			`{"url": "$URL/", "method": "POST", "body": "x", "headers": {"idempotency-key": "mine", "content-type": "text/csv", "User-Agent": "me", "x-many": ["1", "2"]}}`,
			seen{"POST", "/", "mine", "text/csv", "x", ":", "me", "1|2"},
		},
		{"userinfo", `{"url": "http://ada:s3cret@` + host + `/"}`, seen{Method: "GET", URI: "/", Auth: "ada:s3cret", Agent: "weir"}},
	}
	request := builtin(t, "http.request")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := request.Invoke(t.Context(), input(test.input, url)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the server saw (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestReturnsTheAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Date"] = nil
		switch r.URL.Path {
		case "/json":
			h.Set("Content-Type", "application/problem+json; charset=utf-8")
			h["X-Two"] = []string{"a", "b"}
			h["Set-Cookie"] = []string{"a=1", "b=2"}
			_, _ = io.WriteString(w, `{"id": 12345678901234567890, "price": 1.10}`)
		case "/broken":
			h.Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id": `)
		case "/text":
			h.Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, `{"not": "parsed"}`)
		case "/bytes":
			h.Set("Content-Type", "image/png")
			_, _ = w.Write([]byte{0xff, 0x00})
		case "/missing":
			h.Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "nothing here")
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	tests := []struct{ input, want string }{
		{
			`{"url": "$URL/json?token=x"}`,
			`{"status":200,"url":"$URL/json","redirects":0,"body":{"id":12345678901234567890,"price":1.10},"body_format":"json",
			"headers":{"content-length":"43","content-type":"application/problem+json; charset=utf-8","set-cookie":["a=1","b=2"],"x-two":"a, b"}}`,
		},
		{
			`{"url": "$URL/broken"}`,
			`{"status":200,"url":"$URL/broken","redirects":0,"body":"{\"id\": ","body_format":"text","headers":{"content-length":"7","content-type":"application/json"}}`,
		},
		{
			`{"url": "$URL/text"}`,
			`{"status":200,"url":"$URL/text","redirects":0,"body":"{\"not\": \"parsed\"}","body_format":"text","headers":{"content-length":"17","content-type":"text/plain"}}`,
		},
		{
			`{"url": "$URL/bytes"}`,
			`{"status":200,"url":"$URL/bytes","redirects":0,"body":"/wA=","body_format":"base64","headers":{"content-length":"2","content-type":"image/png"}}`,
		},
		{
			`{"url": "$URL/missing", "allow_status": [404]}`,
			`{"status":404,"url":"$URL/missing","redirects":0,"body":"nothing here","body_format":"text","headers":{"content-length":"12","content-type":"text/plain"}}`,
		},
		{`{"url": "$URL/empty"}`, `{"status":204,"url":"$URL/empty","redirects":0,"body":null,"body_format":"empty","headers":{}}`},
	}
	request := builtin(t, "http.request")
	for _, test := range tests {
		got, err := request.Invoke(t.Context(), input(test.input, url))
		if err != nil {
			t.Errorf("%s: %v", test.input, err)
			continue
		}
		// connection: close is the connection's business and depends on the protocol.
		headers, _ := got.Get("headers")
		got = got.With("headers", headers.Without("connection"))
		want := document.MustParse(strings.ReplaceAll(test.want, "$URL", url))
		if got.String() != want.String() {
			t.Errorf("%s\n got %s\nwant %s", test.input, got, want)
		}
	}
}

func TestRequestFailsOnStatus(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "down\n\x00 for  repair "+strings.Repeat("é", 400))
	})
	request := builtin(t, "http.request")
	_, err := request.Invoke(t.Context(), input(`{"url": "$URL/path?token=s3cret"}`, url))
	message := failed(t, err, tools.KindHTTPStatus)
	if !strings.Contains(message, "GET "+url+"/path answered 503 Service Unavailable: down for repair é") || strings.Contains(message, "s3cret") {
		t.Errorf("unexpected message %s", message)
	}
	for _, allow := range []string{`[503]`, `["5xx"]`, `[404, "500-503"]`} {
		if _, err := request.Invoke(t.Context(), input(`{"url": "$URL/", "allow_status": `+allow+`}`, url)); err != nil {
			t.Errorf("allow_status %s: %v", allow, err)
		}
	}
	_, err = request.Invoke(t.Context(), input(`{"url": "$URL/", "allow_status": ["4xx"]}`, url))
	failed(t, err, tools.KindHTTPStatus)
}

func TestRequestRefusesBadInput(t *testing.T) {
	tests := []struct{ input, want string }{
		{`{}`, "`url` is missing"},
		{`{"url": "http://127.0.0.1:9", "header": {}}`, "`header` is not allowed (did you mean `headers`?)"},
		{`{"url": 1, "method": "get"}`, "/method: must be GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE;"},
		{`{"url": 1, "method": "get"}`, "/url: must be a text, not a number"},
		{`{"url": "http://ada:s3c ret@127.0.0.1/"}`, "/url: this is not a URL; write it like https://example.com/path"},
		{`{"url": "ftp://127.0.0.1/"}`, `/url: the scheme is "ftp"; only http and https`},
		{`{"url": "https:///x"}`, "/url: there is no host"},
		{`{"url": "http://127.0.0.1:9", "timeout": "soon"}`, `/timeout: "soon" is not a duration`},
		{`{"url": "http://127.0.0.1:9", "timeout": "0s"}`, `/timeout: "0s" is not a duration`},
		{`{"url": "http://127.0.0.1:9", "timeout": "11m"}`, `/timeout: "11m" is not a duration of up to 10m`},
		{`{"url": "http://127.0.0.1:9", "headers": {"a b": "c"}}`, `"a b" is not a header name`},
		{`{"url": "http://127.0.0.1:9", "headers": {"X-A": "s3cret\r\nX-B: c"}}`, "the value of X-A holds a control character or a line break"},
		{`{"url": "http://127.0.0.1:9", "headers": {"x-a": "1", "X-A": "2"}}`, "X-A is given twice"},
		{`{"url": "http://127.0.0.1:9", "headers": {"content-length": "1"}}`, "Content-Length belongs to the connection"},
		{`{"url": "http://127.0.0.1:9", "allow_status": ["500-400"]}`, `/allow_status/0: "500-400" is not a status`},
		{`{"url": "http://127.0.0.1:9", "allow_status": [200]}`, "/allow_status/0: "},
	}
	request := builtin(t, "http.request")
	for _, test := range tests {
		_, err := request.Invoke(t.Context(), input(test.input, ""))
		message := failed(t, err, tools.KindInput)
		if !strings.Contains(message, test.want) {
			t.Errorf("%s: message %q lacks %q", test.input, message, test.want)
		}
		if strings.Contains(message, "s3c") {
			t.Errorf("%s: message %q gives the secret away", test.input, message)
		}
	}
}

func TestRequestBoundsTheBody(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size := 1 << 20
		if r.URL.Path == "/larger" {
			size++
		}
		_, _ = io.WriteString(w, strings.Repeat("x", size))
	})
	request := builtin(t, "http.request")
	got, err := request.Invoke(t.Context(), input(`{"url": "$URL/"}`, url))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := got.Get("body")
	if text, _ := body.AsString(); len(text) != 1<<20 {
		t.Errorf("got %d bytes", len(text))
	}
	_, err = request.Invoke(t.Context(), input(`{"url": "$URL/larger"}`, url))
	failed(t, err, tools.KindOutputTooLarge)
}

func TestRequestEndsWhenItsTimeIsUp(t *testing.T) {
	for _, part := range []string{"before the header", "within the body"} {
		t.Run(part, func(t *testing.T) {
			arrived, release := make(chan struct{}, 8), make(chan struct{})
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if part == "within the body" {
					_, _ = io.WriteString(w, "half")
					w.(http.Flusher).Flush()
				}
				arrived <- struct{}{}
				<-release
			})
			// Before the server's own cleanup, which waits for its handlers.
			t.Cleanup(func() { close(release) })
			request := builtin(t, "http.request")

			_, err := request.Invoke(t.Context(), input(`{"url": "$URL/a?token=s3cret", "timeout": "30ms"}`, url))
			message := failed(t, err, tools.KindTimeout)
			if !strings.Contains(message, "GET "+url+"/a: no complete answer within 30ms; write a longer `timeout`") {
				t.Errorf("unexpected message %s", message)
			}

			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			_, err = request.Invoke(ctx, input(`{"url": "$URL/"}`, url))
			cancel()
			if message := failed(t, err, tools.KindTimeout); !strings.Contains(message, "no complete answer in time") {
				t.Errorf("unexpected message %s", message)
			}

			for len(arrived) > 0 {
				<-arrived
			}
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() {
				_, err := request.Invoke(ctx, input(`{"url": "$URL/"}`, url))
				done <- err
			}()
			<-arrived
			began := time.Now()
			cancel()
			select {
			case err := <-done:
				failed(t, err, tools.KindCancelled)
				t.Logf("cancelled within %s", time.Since(began))
			case <-time.After(10 * time.Second):
				t.Fatal("a cancelled request goes on")
			}
		})
	}
}

// A connection that breaks is one failed attempt: the transport must not send the request again by itself.
func TestRequestIsSentOnceAnAttempt(t *testing.T) {
	var count atomic.Int64
	keys := make(chan string, 100)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header.Get("Idempotency-Key")
		if count.Add(1)%2 == 0 {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = connection.Close()
		}
	})
	request := builtin(t, "http.request")
	for attempt := 1; attempt <= 20; attempt++ {
		call := input(`{"url": "$URL/", "method": "POST"}`, url)
		call.Attempt = attempt
		_, err := request.Invoke(t.Context(), call)
		if broken := attempt%2 == 0; broken {
			failed(t, err, tools.KindTool)
		} else if err != nil {
			t.Fatal(err)
		}
		if n := count.Load(); n != int64(attempt) {
			t.Fatalf("after %d attempts the server has seen %d requests", attempt, n)
		}
		if key := <-keys; key != "run-1/call/2" {
			t.Fatalf("attempt %d carried the key %q", attempt, key)
		}
	}
}

func TestRequestSaysThatNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	request := builtin(t, "http.request")
	_, err := request.Invoke(t.Context(), input(fmt.Sprintf(`{"url": "%s/a?token=s3cret"}`, url), ""))
	message := failed(t, err, tools.KindTool)
	if !strings.HasPrefix(message, "http.request: GET "+url+"/a: dial tcp") || strings.Contains(message, "s3cret") {
		t.Errorf("unexpected message %s", message)
	}
}
