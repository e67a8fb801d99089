package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/audit"
)

type liveView struct {
	Status string `json:"status" doc:"Always ok" example:"ok"`
}

type liveOutput struct{ Body liveView }

type readyInput struct {
	Verbose string `query:"verbose" doc:"Lists every check; ?verbose alone will do"`

	verbose bool
}

// Resolve sees ?verbose without a value, too.
func (i *readyInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	i.verbose = u.Query().Has("verbose") && i.Verbose != "false" && i.Verbose != "0"
	return nil
}

type readyView struct {
	Status  string            `json:"status" doc:"ready" example:"ready"`
	Version string            `json:"version,omitempty" doc:"With ?verbose: the program's version" example:"0.1.0"`
	Checks  map[string]string `json:"checks,omitempty" doc:"With ?verbose: every check"`
	Sync    string            `json:"sync,omitempty" doc:"With ?verbose: how commits become durable: barrier or always, and why where it was not asked for" example:"barrier"`
	Scripts string            `json:"scripts,omitempty" doc:"With ?verbose: where scripts run, in-process or process" example:"in-process"`
	NATS    string            `json:"nats,omitempty" doc:"With ?verbose: where NATS clients connect" example:"127.0.0.1:4222"`
}

type readyOutput struct{ Body readyView }

func (s *Server) registerHealth() {
	handle(s, huma.Operation{
		OperationID: "livez", Method: http.MethodGet, Path: "/livez", Tags: []string{tagHealth},
		Summary: "Does the process live?", Description: "Answers as long as the process can answer at all. Restart it where this fails.",
		Responses: map[string]*huma.Response{"200": reply[liveView](s, "It lives", `{"status":"ok"}`)},
	}, func(context.Context, *struct{}) (*liveOutput, error) {
		return &liveOutput{Body: liveView{Status: "ok"}}, nil
	})
	handle(s, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagHealth},
		Summary: "Does it accept work?", Description: "503 with the reason while the engine cannot accept work: it is stopping, its store cannot write, or the disk does not keep up.",
		Errors:    []int{http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": reply[readyView](s, "It accepts work", `{"status":"ready"}`)},
	}, s.ready)
}

// filesCheck says what the last check of the store's files found.
func filesCheck(report *audit.Report) string {
	switch {
	case report == nil:
		return "not checked since the start"
	case report.Err() != nil:
		return report.Err().Error()
	default:
		return "ok"
	}
}

func (s *Server) ready(_ context.Context, input *readyInput) (*readyOutput, error) {
	if s.closing.Err() != nil {
		return nil, newProblem(kindShuttingDown, "the server is shutting down")
	}
	if err := s.system.Ready(); err != nil {
		return nil, newProblem(kindNotReady, "%s", sentence(err))
	}
	out := &readyOutput{Body: readyView{Status: "ready"}}
	if input.verbose {
		out.Body.Version = s.version
		out.Body.Checks = map[string]string{"engine": "ok", "store": "ok", "files": filesCheck(s.store.Damage()), "script processes": s.system.Isolated().Protection()}
		mode, why := s.store.Sync()
		out.Body.Sync, out.Body.NATS = string(mode), s.store.NATSAddr()
		if why != "" {
			out.Body.Sync += ": " + why
		}
		out.Body.Scripts = s.system.Scripts().Isolation()
	}
	return out, nil
}
