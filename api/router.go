package api

import (
	"net/http"
	"strings"
)

// router is a ServeMux that answers misses with problems and remembers its patterns. It is the mux that
// huma registers operations with.
type router struct {
	mux      *http.ServeMux
	patterns []string // "METHOD /path", in the order of registration
}

// missPattern catches what no other pattern does.
const missPattern = "/"

func newRouter() *router {
	rt := &router{mux: http.NewServeMux()}
	rt.mux.HandleFunc(missPattern, rt.miss)
	return rt
}

// HandleFunc registers a handler for "METHOD /path".
func (rt *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	rt.patterns = append(rt.patterns, pattern)
	rt.mux.HandleFunc(pattern, handler)
}

// ServeHTTP answers a request by the handler whose pattern fits best.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.mux.ServeHTTP(w, r) }

// miss answers what no pattern fits: 405 where another method has the path, else 404.
func (rt *router) miss(w http.ResponseWriter, r *http.Request) {
	if allowed := rt.methods(r); len(allowed) > 0 {
		list := strings.Join(allowed, ", ")
		newProblem(kindMethod, "%s %s does not exist; this path has %s", r.Method, r.URL.Path, list).with("Allow", list).write(w, r)
		return
	}
	p := newProblem(kindNotFound, "nothing is served at %s; /docs lists every path", r.URL.Path)
	if trimmed := strings.TrimRight(r.URL.Path, "/"); trimmed != r.URL.Path && trimmed != "" {
		probe := r.Clone(r.Context())
		probe.URL.Path = trimmed
		if _, pattern := rt.mux.Handler(probe); pattern != missPattern || len(rt.methods(probe)) > 0 {
			p.Detail = "nothing is served at " + r.URL.Path + "; leave out the final slash"
		}
	}
	p.write(w, r)
}

// methods lists the methods that the request's path has.
func (rt *router) methods(r *http.Request) []string {
	var found []string
	probe := r.Clone(r.Context())
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe.Method = method
		if _, pattern := rt.mux.Handler(probe); pattern != missPattern && pattern != "" {
			found = append(found, method)
		}
	}
	return found
}
