package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// inTheirWords checks that a refusal names a place of the request and none of the workflow that a graph
// becomes, which the client never saw.
func inTheirWords(t *testing.T, p document.Value, location, message string) {
	t.Helper()
	found := false
	for _, each := range at(p, "/errors").Items() {
		found = found || textAt(each, "/location") == location && strings.Contains(textAt(each, "/message"), message)
		for _, key := range []string{"file", "line", "column", "path", "hint"} {
			if v, ok := each.Get(key); ok {
				t.Errorf("%s is %s", key, v)
			}
		}
	}
	if !found || !strings.Contains(textAt(p, "/detail"), location) {
		t.Errorf("nothing says %q at %s: %s", message, location, p)
	}
	for _, foreign := range []string{"workflow", "script", "expression", "state[", "line ", "classic-", "source"} {
		if strings.Contains(textAt(p, "/detail"), foreign) {
			t.Errorf("the detail says %q: %s", foreign, textAt(p, "/detail"))
		}
	}
}

// list is a graph of dialect B over two nodes.
func list(edges ...string) string {
	return `{"nodes":[{"name":"a","tool":"check_complexity"},{"name":"b","tool":"check_complexity"}],"edges":[` +
		strings.Join(edges, ",") + `],"start_node":"a"}`
}

func edge(key, value string) string {
	return `{"from_node":"a","to_node":"b","condition_key":"` + key + `","value":` + value + `}`
}

func TestRefusedGraphsSpeakOfTheRequest(t *testing.T) {
	e := newEngine(t)
	many := func(n int, each func(i int) string) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = each(i)
		}
		return all
	}
	for _, c := range []struct{ what, body, location, message string }{
		{"a name in dialect A", `{"nodes":{"a b":"extract"}}`, "body.nodes.a b", "names are 1 to 64"},
		{"no name in dialect A", `{"nodes":{"":"extract"}}`, "body.nodes.", "names are 1 to 64"},
		{"a name in dialect B", `{"nodes":[{"name":"a.b","tool":"check_complexity"}],"start_node":"a.b"}`, "body.nodes[0].name", "names are 1 to 64"},
		{"nodes", `{"nodes":{` + strings.Join(many(2001, func(i int) string { return fmt.Sprintf(`"n%d":"extract"`, i) }), ",") + `}}`, "body.nodes", "at most 2000"},
		{"edges", list(many(10_001, func(int) string { return `{"from_node":"a","to_node":"b"}` })...), "body.edges", "at most 10000"},
		{"conditions", list(many(5001, func(int) string { return edge("k", "1") })...), "body.edges[5000]", "too large"},
		{"the whole", list(many(4900, func(int) string { return edge("k", `[[1],"`+strings.Repeat("x", 80)+`"]`) })...), "body", "too large"},
		{"a long value", list(edge("k", "1"), edge("k", `"`+strings.Repeat("x", 40_000)+`"`)), "body.edges[1]", "32768"},
		{"a deep value", list(edge("k", strings.Repeat("[", 200)+strings.Repeat("]", 200))), "body.edges[0].value", "at most 100 levels"},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/graph/create", c.body))
			inTheirWords(t, p, c.location, c.message)
		})
	}
	// Whatever is not refused can be run.
	id := e.create(list(edge("k", strings.Repeat("[", 100)+`9007199254740993`+strings.Repeat("]", 100)), edge(strings.Repeat("k", 15_000), `"`+strings.Repeat(`\u0001`, 2_000)+`"`)))
	result := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+id+`","initial_state":{"k":`+strings.Repeat("[", 100)+`9007199254740993`+strings.Repeat("]", 100)+`}}`))
	if textAt(result, "/status") != "COMPLETED" || textAt(result, "/log/1/node") != "b" {
		t.Errorf("the largest comparison: %s", result)
	}
}

func TestAGraphWhoseToolIsGone(t *testing.T) {
	e := newEngine(t)
	spare := failTool()
	spare.Name = "classic.list.spare"
	e.more = []tools.Tool{spare}
	e.restart()
	id := e.create(`{"nodes":[{"name":"a","tool":"spare"}],"start_node":"a"}`)
	body := `{"graph_id":"` + id + `","initial_state":{}}`
	run := textAt(e.want(http.StatusOK, e.call("POST", "/graph/run", body)), "/run_id")
	e.more = nil
	e.restart()
	for what, a := range map[string]answer{"a run": e.call("POST", "/graph/run", body), "its state": e.call("GET", "/graph/state/"+run, nil)} {
		p := e.wantProblem(http.StatusUnprocessableEntity, "invalid-workflow", a)
		if detail := textAt(p, "/detail"); !strings.Contains(detail, "graph "+id) || !strings.Contains(detail, `"spare"`) || !at(p, "/errors").IsNull() {
			t.Errorf("%s: %s", what, p)
		}
	}
}
