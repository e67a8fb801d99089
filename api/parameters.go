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

// What names a run, a workflow or a node, as in event.ValidID; struct tags repeat it.
const (
	idPattern     = "^[A-Za-z0-9_-]{1,64}$"
	idPatternText = "1 to 64 letters, digits, underscores and hyphens"
)

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
	var errors []fieldError
	if keys := r.Header.Values(headerKey); len(keys) > 1 || len(keys) == 1 && strings.TrimSpace(keys[0]) == "" {
		errors = append(errors, fieldError{Location: "header." + headerKey, Message: "expected one key of 1 to 255 characters"})
	}
	if strings.HasPrefix(op.Path, "/v1/") {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			errors = append(errors, fieldError{Location: "query", Message: "cannot be read: " + err.Error(), Value: clip(r.URL.RawQuery)})
		}
		errors = append(errors, strayQuery(op, query)...)
	}
	return invalid(errors)
}

func strayQuery(op *huma.Operation, query url.Values) (errors []fieldError) {
	var names []string
	repeatable := map[string]bool{}
	for _, parameter := range op.Parameters {
		if parameter.In == "query" {
			names = append(names, parameter.Name)
			repeatable[parameter.Name] = parameter.Schema != nil && parameter.Schema.Type == huma.TypeArray
		}
	}
	hint := "this call has no parameters in the query"
	if len(names) > 0 {
		hint = "the parameters are " + strings.Join(names, ", ")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		e := fieldError{Location: "query." + name, Value: clip(strings.Join(query[name], ","))}
		switch {
		case !slices.Contains(names, name):
			e.Message, e.Hint = "there is no such parameter", hint
		case len(query[name]) > 1 && !repeatable[name]:
			e.Message = "is given " + count(len(query[name]), "time") + ", and one is expected"
		default:
			continue
		}
		errors = append(errors, e)
	}
	return errors
}
