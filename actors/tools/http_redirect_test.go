package tools

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

func httpCall(format string, args ...any) Call {
	return Call{Input: document.MustParse(fmt.Sprintf(format, args...)), Key: "r/n/1"}
}

func TestRedirectChangesTheRequest(t *testing.T) {
	type seen struct{ Method, Body, ContentType, Key string }
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d", &status); n == 1 {
			http.Redirect(w, r, "/end", status)
			return
		}
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, string(body), r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key")}
	}))
	defer server.Close()
	client := &httpClient{transport: httpTransport(allowDial)}
	for _, test := range []struct {
		status int
		method string
		want   seen
	}{
		{301, "POST", seen{Method: "GET"}},
		{302, "PUT", seen{Method: "GET"}},
		{303, "POST", seen{Method: "GET"}},
		{307, "POST", seen{"POST", "x", "text/plain; charset=utf-8", "r/n/1"}},
		{308, "PUT", seen{"PUT", "x", "text/plain; charset=utf-8", "r/n/1"}},
		{301, "GET", seen{"GET", "x", "text/plain; charset=utf-8", ""}},
	} {
		result, err := client.call(t.Context(), httpCall(`{"url": "%s/%d", "method": "%s", "body": "x"}`, server.URL, test.status, test.method))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%d after %s (-want +got):\n%s", test.status, test.method, diff)
		}
		if v, _ := result.Lookup("/redirects"); v.String() != "1" {
			t.Errorf("got %s", result)
		}
	}
	result, err := client.call(t.Context(), httpCall(`{"url": "%s/302", "follow_redirects": false}`, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := result.Lookup("/headers/location"); v.String() != `"/end"` {
		t.Errorf("got %s", result)
	}
}

func TestRedirectToAnotherHostLeavesSecretsBehind(t *testing.T) {
	var got http.Header
	final := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer final.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, final.URL+"/?x=1", http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	client := &httpClient{transport: httpTransport(allowDial)}
	address := strings.Replace(first.URL, "http://", "http://ada:s3cret@", 1)
	_, err := client.call(t.Context(), httpCall(
		`{"url": "%s/?token=s3cret", "method": "POST", "body": {}, "headers": {"X-Api-Key": "s3cret", "Cookie": "a=s3cret", "Accept": "text/html"}}`, address))
	if err != nil {
		t.Fatal(err)
	}
	got.Del("Accept-Encoding")
	got.Del("Connection")
	want := http.Header{
		"Accept": {"text/html"}, "Content-Length": {"2"}, "Content-Type": {"application/json"},
		"Idempotency-Key": {"r/n/1"}, "User-Agent": {"weir"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the other host saw (-want +got):\n%s", diff)
	}
}

func TestSameHost(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"http://a/x", "http://A/y", true},
		{"http://a", "http://a:80", true},
		{"http://a", "https://a", true},
		{"https://a", "https://a:443", true},
		{"https://a", "http://a", false},
		{"http://a:8080", "https://a", false},
		{"http://a", "http://a:81", false},
		{"http://a", "http://b.a", false},
	} {
		from, _ := url.Parse(test.from)
		to, _ := url.Parse(test.to)
		if got := sameHost(from, to); got != test.want {
			t.Errorf("%s to %s: got %t", test.from, test.to, got)
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		switch r.URL.Path {
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
		case "/broken":
			w.Header().Set("Location", "http://ada:s3c ret@[::")
		default:
			w.Header().Set("Location", "/again")
		}
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	client := &httpClient{transport: httpTransport(allowDial)}
	for _, test := range []struct {
		path, want string
		requests   int64
	}{
		{"/again", "gave up after 10 redirects", 11},
		{"/file", `redirected (status 302) to a URL that cannot be requested: the scheme is "file"`, 1},
		{"/broken", "redirected (status 302) to something that is not a URL", 1},
	} {
		count.Store(0)
		_, err := client.call(t.Context(), httpCall(`{"url": "%s%s"}`, server.URL, test.path))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v", test.path, err)
		}
		if n := count.Load(); n != test.requests {
			t.Errorf("%s: %d requests, want %d", test.path, n, test.requests)
		}
	}
}
