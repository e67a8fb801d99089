package tools

import (
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// httpRequest is what a call asks for. Redirects change method, url, header, body and hops as they are
// followed.
type httpRequest struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	timeout time.Duration // of the whole exchange; 0 leaves it to the attempt's
	follow  bool
	allowed []statusRange
	hops    int
}

// statusRange is a range of statuses, both ends included.
type statusRange struct{ from, to int }

func (r *httpRequest) allows(status int) bool {
	for _, a := range r.allowed {
		if a.from <= status && status <= a.to {
			return true
		}
	}
	return false
}

// unsafeMethod reports whether a method may change something at the server (RFC 9110, 9.2.1).
func unsafeMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// badHTTPInput is what the schema cannot say about the input.
func badHTTPInput(format string, args ...any) *Error {
	return &Error{Kind: KindInput, Message: fmt.Sprintf(format, args...)}
}

// readHTTPRequest reads input that has passed the schema.
func readHTTPRequest(call Call) (*httpRequest, error) {
	r := &httpRequest{header: http.Header{}, follow: true}
	if call.Timeout == 0 {
		r.timeout = httpTimeoutDefault
	}
	if err := r.readURL(call.Input); err != nil {
		return nil, err
	}
	if err := r.readHeaders(call.Input); err != nil {
		return nil, err
	}
	r.readBody(call.Input)
	if v, ok := call.Input.Get("method"); ok {
		r.method, _ = v.AsString()
	}
	if v, ok := call.Input.Get("timeout"); ok {
		text, _ := v.AsString()
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > httpTimeoutMax {
			return nil, badHTTPInput("/timeout: %q is not a duration of up to %s; write it like 500ms, 10s or 2m", text, httpTimeoutMax)
		}
		r.timeout = d
	}
	if v, ok := call.Input.Get("follow_redirects"); ok {
		r.follow, _ = v.AsBool()
	}
	if v, ok := call.Input.Get("allow_status"); ok {
		for i, item := range v.Items() {
			allowed, ok := readStatusRange(item)
			if !ok {
				return nil, badHTTPInput("/allow_status/%d: %s is not a status from 400 to 599; write it like 404, \"4xx\" or \"400-499\"", i, item)
			}
			r.allowed = append(r.allowed, allowed)
		}
	}
	if unsafeMethod(r.method) && call.Key != "" && len(r.header.Values("Idempotency-Key")) == 0 {
		r.header.Set("Idempotency-Key", call.Key)
	}
	return r, nil
}

func (r *httpRequest) readURL(input document.Value) error {
	v, _ := input.Get("url")
	text, _ := v.AsString()
	// The parser's own message quotes parts of the URL, passwords included.
	u, err := url.Parse(text)
	if err != nil {
		return badHTTPInput("/url: this is not a URL; write it like https://example.com/path")
	}
	if problem := checkURL(u); problem != "" {
		return badHTTPInput("/url: %s", problem)
	}
	if query, ok := input.Get("query"); ok {
		var b strings.Builder
		b.WriteString(u.RawQuery)
		for name, values := range query.Members() {
			for _, value := range texts(values) {
				if b.Len() > 0 {
					b.WriteByte('&')
				}
				b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
			}
		}
		u.RawQuery = b.String()
	}
	r.url = u
	return nil
}

// checkURL says what keeps a URL from being requested, or "".
func checkURL(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Sprintf("the scheme is %q; only http and https can be requested", u.Scheme)
	case u.Hostname() == "":
		return "there is no host; write it like https://example.com/path"
	}
	return ""
}

// The field names and values that RFC 9110, 5.1 and 5.5, allow.
var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	headerValid = regexp.MustCompile("^[^\x00-\x08\x0a-\x1f\x7f]*$")
)

func (r *httpRequest) readHeaders(input document.Value) error {
	r.header.Set("User-Agent", "weir")
	headers, _ := input.Get("headers")
	given := map[string]bool{}
	for name, values := range headers.Members() {
		if !headerName.MatchString(name) {
			return badHTTPInput("/headers: %q is not a header name", name)
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		switch key {
		case "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Keep-Alive", "Proxy-Connection":
			return badHTTPInput("/headers: %s belongs to the connection and is set for you; leave it out", key)
		}
		if given[key] {
			return badHTTPInput("/headers: %s is given twice; write several values as a list", key)
		}
		given[key] = true
		r.header.Del(key)
		for _, value := range texts(values) {
			if !headerValid.MatchString(value) {
				return badHTTPInput("/headers: the value of %s holds a control character or a line break", key)
			}
			r.header.Add(key, value)
		}
	}
	if user := r.url.User; user != nil && !given["Authorization"] {
		password, _ := user.Password()
		plain := &http.Request{Header: r.header}
		plain.SetBasicAuth(user.Username(), password)
	}
	return nil
}

func (r *httpRequest) readBody(input document.Value) {
	r.method = http.MethodGet
	body, _ := input.Get("body")
	if body.IsNull() {
		return
	}
	r.method = http.MethodPost
	kind := "application/json"
	if text, ok := body.AsString(); ok {
		r.body, kind = []byte(text), "text/plain; charset=utf-8"
	} else {
		r.body = body.AppendJSON(nil)
	}
	if len(r.header.Values("Content-Type")) == 0 {
		r.header.Set("Content-Type", kind)
	}
}

var statusPattern = regexp.MustCompile(`^(?:([45])xx|([45]\d\d)(?:-([45]\d\d))?)$`)

func readStatusRange(v document.Value) (statusRange, bool) {
	if n, ok := v.AsInt(); ok {
		return statusRange{int(n), int(n)}, true
	}
	text, _ := v.AsString()
	m := statusPattern.FindStringSubmatch(text)
	if m == nil {
		return statusRange{}, false
	}
	if m[1] != "" {
		hundred, _ := strconv.Atoi(m[1])
		return statusRange{hundred * 100, hundred*100 + 99}, true
	}
	from, _ := strconv.Atoi(m[2])
	to := from
	if m[3] != "" {
		to, _ = strconv.Atoi(m[3])
	}
	return statusRange{from, to}, from <= to
}

// texts lists a scalar, or a list of scalars, the way headers and queries write them.
func texts(v document.Value) []string {
	if v.Kind() == document.KindArray {
		var list []string
		for _, item := range v.Items() {
			list = append(list, texts(item)...)
		}
		return list
	}
	if text, ok := v.AsString(); ok {
		return []string{text}
	}
	return []string{v.String()}
}

// publicURL is a URL without the parts that may hold secrets: userinfo, query and fragment.
func publicURL(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
