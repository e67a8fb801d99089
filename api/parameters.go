package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// headerKey names the header that makes a repeated request do its work once.
const headerKey = "Idempotency-Key"

// checkParameters refuses parameters of an operation that would be left aside without a word.
func (s *Server) checkParameters(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if p := strayParameters(ctx.Operation(), r); p != nil {
		p.write(w, r)
		return
	}
	next(ctx)
}

// strayParameters finds query parameters that the call does not have, or that are given more often than it
// can use, and keys that are none. A misspelt filter would else show everything, an empty key make every
// repetition new work. Calls outside /v1 ignore what they do not know, as their clients expect.
func strayParameters(op *huma.Operation, r *http.Request) *problem {
	p := newProblem(kindInvalid, "")
	if keys := r.Header.Values(headerKey); len(keys) > 1 || len(keys) == 1 && strings.TrimSpace(keys[0]) == "" {
		p.add("header."+headerKey, nil, "expected one key of 1 to 255 characters")
	}
	if strings.HasPrefix(op.Path, "/v1/") {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			p.add("query", r.URL.RawQuery, "it cannot be read: %v", err)
		}
		strayQuery(p, op, query)
	}
	if len(p.Errors) == 0 {
		return nil
	}
	p.Detail = mistakes(len(p.Errors))
	return p
}

func strayQuery(p *problem, op *huma.Operation, query url.Values) {
	var names []string
	repeatable := map[string]bool{}
	for _, parameter := range op.Parameters {
		if parameter.In == "query" {
			names = append(names, parameter.Name)
			repeatable[parameter.Name] = parameter.Schema != nil && parameter.Schema.Type == huma.TypeArray
		}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		switch {
		case !slices.Contains(names, name):
			p.add("query."+name, strings.Join(values, ","), "there is no such parameter")
			p.Errors[len(p.Errors)-1].Hint = "this call has no parameters in the query"
			if len(names) > 0 {
				p.Errors[len(p.Errors)-1].Hint = "the parameters are " + strings.Join(names, ", ")
			}
		case len(values) > 1 && !repeatable[name]:
			p.add("query."+name, strings.Join(values, ","), "is given %d times, and one is expected", len(values))
		}
	}
}
