package api

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore"
)

func TestBackup(t *testing.T) {
	e := newEngine(t)
	e.want(201, e.call("POST", "/v1/workflows", yaml(helloYAML)))
	e.want(202, e.call("POST", "/v1/workflows/hello/runs", `{"run_id": "one", "input": {"name": "Ada"}}`))
	got := e.call("GET", "/v1/backup", nil)
	if got.status != 200 || got.header.Get("Content-Type") != "application/gzip" || !strings.HasSuffix(got.header.Get("Content-Disposition"), `Z.jsonl.gz"`) {
		t.Errorf("%d %v", got.status, got.header)
	}
	counts, err := eventstore.Restore(t.Context(), eventstore.Config{Dir: filepath.Join(t.TempDir(), "new")}, strings.NewReader(got.text))
	if err != nil || counts.Commits == 0 || counts.Revisions != 1 {
		t.Errorf("restored %+v, error %v", counts, err)
	}
}
