package tools

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds of http.request.
const (
	httpBodyBytesMax   = 1 << 20
	httpHeaderBytesMax = 256 << 10
	httpRedirectsMax   = 10
	httpTimeoutDefault = 30 * time.Second
	httpTimeoutMax     = 10 * time.Minute
	httpExcerptBytes   = 300
)

var httpInput = document.MustParse(`{
	"type": "object",
	"required": ["url"],
	"additionalProperties": false,
	"properties": {
		"url": {"type": "string", "minLength": 1, "description": "where to: http or https"},
		"method": {"enum": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], "description": "GET, or POST where there is a body"},
		"headers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/values"}},
		"query": {"type": "object", "additionalProperties": {"$ref": "#/$defs/values"}, "description": "added to the URL's own query"},
		"body": {"description": "a string is sent as it is, any other value as JSON, null not at all"},
		"timeout": {"type": "string", "description": "for the whole exchange, redirects included: 500ms, 10s, 2m, 10m at most; without it the node's timeout, else 30s"},
		"allow_status": {
			"type": "array",
			"items": {"anyOf": [{"type": "integer", "minimum": 400, "maximum": 599}, {"type": "string"}]},
			"description": "failure statuses to return as a result: 404, \"4xx\" or \"400-499\""
		},
		"follow_redirects": {"type": "boolean", "description": "false returns a redirect as the result"}
	},
	"$defs": {
		"value": {"type": ["string", "number", "boolean"]},
		"values": {"anyOf": [{"$ref": "#/$defs/value"}, {"type": "array", "items": {"$ref": "#/$defs/value"}}]}
	}
}`)

var httpOutput = document.MustParse(`{
	"type": "object",
	"required": ["status", "url", "headers", "body", "body_format"],
	"properties": {
		"status": {"type": "integer"},
		"url": {"type": "string", "description": "what answered, without query and userinfo"},
		"redirects": {"type": "integer"},
		"headers": {"type": "object", "description": "names in lower case; several values of one name are joined by ', ', except set-cookie, which is a list"},
		"body": {"description": "by body_format: a JSON value, a string, base64, or null"},
		"body_format": {"enum": ["json", "text", "base64", "empty"]}
	}
}`)

const httpDescription = `Sends one HTTP request and returns {status, url, redirects, headers, body, body_format}.
A body that says it is JSON is returned as a value with every digit kept, other UTF-8 as text, the rest as base64; one over 1 MiB fails with output_too_large.
A status of 400 or more fails the attempt with http_status, so that retry and catch see it, unless allow_status lists it.
POST, PUT, PATCH and DELETE carry the visit's key as Idempotency-Key unless the headers name one: the same for every attempt.
Redirects are followed up to 10; to another host they carry only headers that hold no secret.
Addresses that are not public are refused with address_refused, whatever name or redirect leads to them, unless the engine allows private addresses. Proxies of the environment are not used.`

// httpTool is http.request. Each call opens a connection of its own: nothing outlives a call, each dial
// is checked, and the transport never repeats a request by itself, as it would on a reused connection
// for one that carries an Idempotency-Key. What the server counts is what the run's events say.
func httpTool(options Options) Tool {
	check := checkDial
	if options.AllowPrivateHTTP {
		check = allowDial
	}
	client := &httpClient{transport: httpTransport(check)}
	return Tool{
		Name:        "http.request",
		Description: httpDescription,
		Input:       httpInput,
		Output:      httpOutput,
		Kinds:       []string{KindHTTPStatus, KindAddressRefused},
		Timeout:     httpTimeoutMax,
		Call:        client.call,
	}
}

type httpClient struct {
	transport http.RoundTripper
}

func (c *httpClient) call(ctx context.Context, call Call) (document.Value, error) {
	r, err := readHTTPRequest(call)
	if err != nil {
		return document.Null, err
	}
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.timeout, errRequestTimeout)
		defer cancel()
	}
	answer, err := c.send(ctx, r)
	if err != nil {
		return document.Null, r.failure(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 400 && !r.allows(answer.StatusCode) {
		return document.Null, r.statusFailure(answer)
	}
	body, format, err := readHTTPBody(answer)
	if err != nil {
		return document.Null, r.failure(ctx, err)
	}
	return document.Object(
		document.Member{Key: "status", Value: document.Int(int64(answer.StatusCode))},
		document.Member{Key: "url", Value: document.String(publicURL(r.url))},
		document.Member{Key: "redirects", Value: document.Int(int64(r.hops))},
		document.Member{Key: "headers", Value: headerValue(answer.Header)},
		document.Member{Key: "body", Value: body},
		document.Member{Key: "body_format", Value: document.String(format)},
	), nil
}

// errRequestTimeout tells the end of a request's own time from the end of the attempt's.
var errRequestTimeout = errors.New("the request's own time was up")

// failure names the request without its secrets and gives the error its kind.
func (r *httpRequest) failure(ctx context.Context, err error) error {
	place := r.method + " " + publicURL(r.url)
	var own *Error
	var network net.Error
	switch {
	case errors.As(err, &own):
		return &Error{Kind: own.Kind, Message: place + ": " + own.Message, cause: err}
	case errors.Is(context.Cause(ctx), errRequestTimeout):
		return &Error{Kind: KindTimeout, cause: err, Message: fmt.Sprintf(
			"%s: no complete answer within %s; write a longer `timeout` under `with` if it needs more", place, r.timeout)}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s: no complete answer in time: %w", place, ctx.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", place, ctx.Err())
	case errors.As(err, &network) && network.Timeout():
		return &Error{Kind: KindTimeout, Message: place + ": " + err.Error(), cause: err}
	default:
		return fmt.Errorf("%s: %w", place, err)
	}
}
