//go:build scale

package scale

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"
)

const asked = 500 // how often each question is asked

// ask lists runs under each filter alone and reads runs at random, one request after the other.
func ask(t *testing.T, s *server, runs int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	from := func() string {
		return url.QueryEscape(time.Now().Add(-time.Duration(random.IntN(60)) * time.Second).UTC().Format(time.RFC3339Nano))
	}
	for _, q := range []struct {
		name  string
		limit time.Duration
		path  func() string
	}{
		{"no filter", listLimit, func() string { return "/v1/runs?limit=50" }},
		{"workflow", listLimit, func() string { return "/v1/runs?limit=50&workflow=" + flowName(random.IntN(flows)) }},
		{"workflow of the open", listLimit, func() string { return "/v1/runs?limit=50&workflow=nap" }},
		{"status completed", listLimit, func() string { return "/v1/runs?limit=50&status=completed" }},
		{"status failed", listLimit, func() string { return "/v1/runs?limit=50&status=failed" }},
		{"status waiting", listLimit, func() string { return "/v1/runs?limit=50&status=waiting" }},
		{"label of many", listLimit, func() string { return fmt.Sprintf("/v1/runs?limit=50&label=team=team-%d", random.IntN(teams)) }},
		{"label of one", listLimit, func() string { return fmt.Sprintf("/v1/runs?limit=50&label=customer=c-%d", random.IntN(runs)) }},
		{"node", listLimit, func() string { return "/v1/runs?limit=50&node=nap" }},
		{"node of the failed", listLimit, func() string { return "/v1/runs?limit=50&node=fetch" }},
		{"text", listLimit, func() string { return "/v1/runs?limit=50&text=refused" }},
		{"started_from", listLimit, func() string { return "/v1/runs?limit=50&started_from=" + from() }},
		{"parent", listLimit, func() string { return "/v1/runs?limit=50&parent=" + doneName(random.IntN(runs)) }},
		{"finished run", readLimit, func() string { return "/v1/runs/" + doneName(random.IntN(runs)) }},
		{"open run", readLimit, func() string { return "/v1/runs/" + openName(random.IntN(runs/openEvery)) }},
	} {
		took := make([]time.Duration, asked)
		size := 0
		for i := range took {
			path := q.path()
			begun := time.Now()
			size = len(s.Get(path))
			took[i] = time.Since(begun)
		}
		slices.Sort(took)
		p50, p99 := took[asked/2], took[asked*99/100]
		t.Logf("%-22s p50 %6.2f ms, p99 %6.2f ms (%d bytes); load %.2f", q.name, p50.Seconds()*1e3, p99.Seconds()*1e3, size, load())
		if p99 > q.limit {
			t.Errorf("%s: p99 is %s, at most %s is allowed", q.name, p99, q.limit)
		}
	}
}
