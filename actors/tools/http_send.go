package tools

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// crossHostHeaders are the request headers that follow a redirect to another host. All others may hold
// a secret (an API key's header can have any name) and stay behind.
var crossHostHeaders = map[string]bool{
	"Accept": true, "Accept-Language": true, "Content-Type": true, "Idempotency-Key": true, "User-Agent": true,
}

// send makes the exchange, following redirects by changing r, and returns the answer that is not one.
// The caller closes its body.
func (c *httpClient) send(ctx context.Context, r *httpRequest) (*http.Response, error) {
	for {
		answer, err := c.exchange(ctx, r)
		if err != nil {
			return nil, err
		}
		location := answer.Header.Get("Location")
		if !r.follow || location == "" || !isRedirect(answer.StatusCode) {
			return answer, nil
		}
		// A short rest is read so that the connection ends in order; nothing is done with it.
		_, _ = io.CopyN(io.Discard, answer.Body, 4096)
		_ = answer.Body.Close()
		if r.hops == httpRedirectsMax {
			return nil, fmt.Errorf("gave up after %d redirects", httpRedirectsMax)
		}
		target, err := r.url.Parse(location)
		if err != nil {
			return nil, fmt.Errorf("redirected (status %d) to something that is not a URL", answer.StatusCode)
		}
		if problem := checkURL(target); problem != "" {
			return nil, fmt.Errorf("redirected (status %d) to a URL that cannot be requested: %s", answer.StatusCode, problem)
		}
		r.redirect(answer.StatusCode, target)
	}
}

func (c *httpClient) exchange(ctx context.Context, r *httpRequest) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	// Userinfo has become a header already, and a fragment is never sent.
	target := *r.url
	target.User, target.Fragment, target.RawFragment = nil, "", ""
	request, err := http.NewRequestWithContext(ctx, r.method, target.String(), body)
	if err != nil {
		return nil, badHTTPInput("/url: this is not a URL that can be requested")
	}
	request.Header = r.header.Clone()
	request.Host = request.Header.Get("Host")
	request.Header.Del("Host")
	return c.transport.RoundTrip(request)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect makes r the request that follows a redirect: 307 and 308 repeat it, the others ask with GET
// (RFC 9110, 15.4, as browsers read it).
func (r *httpRequest) redirect(status int, target *url.URL) {
	if status != http.StatusTemporaryRedirect && status != http.StatusPermanentRedirect &&
		r.method != http.MethodGet && r.method != http.MethodHead {
		r.method, r.body = http.MethodGet, nil
		r.header.Del("Content-Type")
		r.header.Del("Idempotency-Key")
	}
	r.header.Del("Host")
	if !sameHost(r.url, target) {
		for name := range r.header {
			if !crossHostHeaders[name] {
				r.header.Del(name)
			}
		}
	}
	r.url = target
	r.hops++
}

// sameHost reports whether a secret meant for one URL may be sent to the other: the same origin, or the
// same host stepping up from http to https on their usual ports.
func sameHost(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
