package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
)

const backupType = "application/gzip"

func (s *Server) registerBackup() {
	s.document(huma.Operation{
		OperationID: "backup", Method: http.MethodGet, Path: "/v1/backup", Tags: []string{tagHealth},
		Summary: "Back everything up",
		Description: "Every event of every run and every revision that is durable now, as gzipped lines of JSON, while the engine goes on. " +
			"The last line is the object `end` with counts and a digest of the lines before; a file without it is not whole. `weir backup` checks that, and `weir restore` takes the file.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The backup", Content: map[string]*huma.MediaType{backupType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}},
	}, s.serveBackup)
}

// serveBackup streams. What goes wrong on the way can no longer be answered: the reply ends without its last
// line, and the log says why.
func (s *Server) serveBackup(w http.ResponseWriter, r *http.Request) {
	if s.closing.Err() != nil {
		s.problemOf(r.Context(), actors.ErrClosed).write(w, r)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.closing, func() { cancel(actors.ErrClosed) })() //nolint:contextcheck // the server's end ends the reply, too
	w.Header().Set("Content-Type", backupType)
	w.Header().Set("Content-Disposition", `attachment; filename="weir-`+time.Now().UTC().Format("20060102T150405Z")+`.jsonl.gz"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := s.store.Backup(ctx, w); err != nil && r.Context().Err() == nil {
		s.logger.ErrorContext(ctx, "a backup broke off", "error", err, "request_id", requestID(ctx))
	}
}
