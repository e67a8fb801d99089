package tools

import (
	"testing"
	"time"
)

// A node's timeout takes the place of the tool's own default, and a request's own timeout bounds the request in any case.
func TestRequestTimeout(t *testing.T) {
	for _, test := range []struct {
		with string
		node time.Duration
		want time.Duration
	}{
		{`{"url": "http://127.0.0.1"}`, 0, 30 * time.Second},
		{`{"url": "http://127.0.0.1"}`, 5 * time.Minute, 0},
		{`{"url": "http://127.0.0.1"}`, time.Second, 0},
		{`{"url": "http://127.0.0.1", "timeout": "2s"}`, 5 * time.Minute, 2 * time.Second},
		{`{"url": "http://127.0.0.1", "timeout": "2m"}`, 0, 2 * time.Minute},
	} {
		call := httpCall("%s", test.with)
		call.Timeout = test.node
		r, err := readHTTPRequest(call)
		if err != nil {
			t.Fatal(err)
		}
		if r.timeout != test.want {
			t.Errorf("%s under a node's timeout of %s: the request has %s, want %s", test.with, test.node, r.timeout, test.want)
		}
	}
}
