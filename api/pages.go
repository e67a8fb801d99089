package api

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed pages
var pages embed.FS

// The pages load nothing from elsewhere, and browsers are told to hold them to it.
const (
	policyPages = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// The reference sets styles as it goes; its scripts are files of this server.
	policyDocs = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

var pageTemplates = template.Must(template.ParseFS(pages, "pages/index.html", "pages/problems.html"))

func (s *Server) registerPages() {
	html := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tagHealth}, Summary: summary,
			Responses: map[string]*huma.Response{"200": {Description: "A page", Content: map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
		}
	}
	file := func(id, path, summary, mediaType string) huma.Operation {
		op := html(id, path, summary)
		op.Responses["200"] = &huma.Response{Description: "The document", Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{}}}}
		return op
	}
	s.router.HandleFunc("GET /{$}", s.serveIndex)
	s.document(html("docs", "/docs", "This page"), s.serveDocs)
	s.document(html("problems", problemsPath, "Kinds of problems"), s.serveProblems)
	s.document(file("openapi-json", "/openapi.json", "The OpenAPI document, in JSON", "application/json"),
		s.serveOpenAPI("application/json", func(asJSON, _ []byte) []byte { return asJSON }))
	s.document(file("openapi-yaml", "/openapi.yaml", "The OpenAPI document, in YAML", "application/yaml"),
		s.serveOpenAPI("application/yaml; charset=utf-8", func(_, asYAML []byte) []byte { return asYAML }))
	s.router.HandleFunc("GET /docs/assets/{file}", s.serveAsset)
}

// serveIndex is what a browser sees first.
func (s *Server) serveIndex(w http.ResponseWriter, r *http.Request) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	s.serveTemplate(w, r, "index.html", struct{ Version, Base string }{s.version, scheme + r.Host})
}

// serveProblems explains the kinds of problems.
func (s *Server) serveProblems(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Slug, Title, Address, Explanation string
		Status                            int
	}
	entries := make([]entry, len(kinds))
	for i, k := range kinds {
		entries[i] = entry{k.slug, k.title, k.address(), k.explanation, k.status}
	}
	s.serveTemplate(w, r, "problems.html", entries)
}

func (s *Server) serveTemplate(w http.ResponseWriter, r *http.Request, name string, data any) {
	var page bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&page, name, data); err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	servePage(w, policyPages, page.Bytes())
}

func servePage(w http.ResponseWriter, policy string, page []byte) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	_, _ = w.Write(page) // a client that has left needs no answer
}

// serveDocs is the API reference. It works without any network but this server.
func (s *Server) serveDocs(w http.ResponseWriter, r *http.Request) {
	page, err := pages.ReadFile("pages/docs.html")
	if err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	servePage(w, policyDocs, page)
}

// assets are the files that pages load, by the name they are asked for.
var assets = map[string]struct{ file, contentType string }{
	"scalar.js": {"scalar.js.gz", "text/javascript; charset=utf-8"},
	"docs.js":   {"docs.js", "text/javascript; charset=utf-8"},
	"pages.css": {"pages.css", "text/css; charset=utf-8"},
}

func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	asset, ok := assets[r.PathValue("file")]
	if !ok {
		newProblem(kindNotFound, "there is no file %s", r.URL.Path).write(w, r)
		return
	}
	content, err := pages.ReadFile("pages/" + asset.file)
	if err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", asset.contentType)
	header.Set("Vary", "Accept-Encoding")
	// The file changes with the program only.
	tag := etag(s.version + "-" + asset.file)
	header.Set("ETag", tag)
	header.Set("Cache-Control", "no-cache")
	if s.version != "dev" && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if !strings.HasSuffix(asset.file, ".gz") {
		_, _ = w.Write(content) // a client that has left needs no answer
		return
	}
	if headerHasToken(r.Header, "Accept-Encoding", "gzip") || strings.Contains(r.Header.Get("Accept-Encoding"), "gzip;") {
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(content)
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	_, _ = io.Copy(w, unpacked)
}
