package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// The tags that group operations on the page.
const (
	tagWorkflows = "workflows"
	tagRuns      = "runs"
	tagEvents    = "events"
	tagTools     = "tools and scripts"
	tagHealth    = "health"
	tagClassic   = "classic"
)

// humaSettings are huma's process-wide switches. They hold for every Server alike.
var humaSettings = sync.OnceFunc(func() {
	huma.NewError = newStatusError
	huma.NewErrorWithContext = newContextError
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
})

// register puts every route on the router and into the OpenAPI document.
func (s *Server) register() {
	humaSettings()
	s.huma = humago.New(s.router, huma.Config{
		OpenAPI: s.openapiHead(),
		// "json" is how huma looks up application/problem+json.
		Formats: map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		// Replies are JSON whatever a client accepts, as those of nearly every API.
		DefaultFormat: "application/json",
	})
	s.huma.UseMiddleware(s.checkParameters, s.readBody)
	s.registerWorkflows()
	s.registerSchedules()
	s.registerRuns()
	s.registerStart()
	s.registerControl()
	s.registerSignals()
	s.registerEvents()
	s.registerTails()
	s.registerTools()
	s.registerScripts()
	s.registerHealth()
	s.registerMetrics()
	s.registerBackup()
	s.registerSQL()
	s.registerClassic()
	s.registerPages()
}

// handle registers an operation. Errors of the layers below become problems here.
func handle[I, O any](s *Server, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	op.BodyReadTimeout = -1 // readBody has read it already
	op.MaxBodyBytes = -1
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[metadataFields] = bodyFields(reflect.TypeFor[I]())
	huma.Register(s.huma, op, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		if err != nil {
			p := *s.problemOf(ctx, err)
			p.RequestID = requestID(ctx)
			return nil, &p
		}
		return output, nil
	})
}

// bodyFields lists the fields of an input's body by the names that clients write.
func bodyFields(input reflect.Type) []string {
	body, ok := input.FieldByName("Body")
	if !ok {
		return nil
	}
	t := body.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// reply describes a successful reply by its type and an example.
func reply[T any](s *Server, description, example string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content: map[string]*huma.MediaType{"application/json": {
			Schema: s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, ""), Example: jsonExample(example),
		}},
	}
}

// jsonBody describes a JSON body by an example; its schema comes from the input's type.
func jsonBody(example string) *huma.RequestBody {
	return &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: jsonExample(example)}}}
}

// jsonExample is an example as the document holds it. It panics where the text is not JSON.
func jsonExample(text string) any {
	var compact json.RawMessage
	if err := json.Unmarshal([]byte(text), &compact); err != nil {
		panic("api: bad example " + strconv.Quote(text) + ": " + err.Error())
	}
	return compact
}

// document describes a route that huma does not serve.
func (s *Server) document(op huma.Operation, handler http.HandlerFunc) {
	s.huma.OpenAPI().AddOperation(&op)
	s.router.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if p := strayParameters(&op, r); p != nil {
			p.write(w, r)
			return
		}
		handler(w, r)
	})
}

// runParam describes the path parameter that names a run, of a route that huma does not serve.
func runParam(name, example string) *huma.Param {
	return &huma.Param{
		Name: name, In: "path", Required: true, Description: "The run's id",
		Schema: &huma.Schema{Type: huma.TypeString}, Example: example,
	}
}

// queryParam describes a query parameter of a route that huma does not serve.
func queryParam(name, description string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: description, Schema: schema}
}

// problemReply describes an error reply of a route that huma does not serve.
func (s *Server) problemReply(description string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, ""),
		}},
	}
}
