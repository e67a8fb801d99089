package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/tools"
)

func TestParseToolLimits(t *testing.T) {
	got, err := parseToolLimits([]string{"http.request=20", "code.fix=1"}, []string{"http.request=100/1m"})
	want := map[string]tools.Limit{"http.request": {Concurrency: 20, Count: 100, Per: time.Minute}, "code.fix": {Concurrency: 1}}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "http.request", "http.request=", "http.request=0", "http.request=-1", "http.request=x", "=5", "http.request=1/1m"} {
		if _, err := parseToolLimits([]string{text}, nil); err == nil || !strings.Contains(err.Error(), "http.request=20") {
			t.Errorf("--tool-limit %q: %v", text, err)
		}
	}
	for _, text := range []string{"", "http.request", "http.request=20", "http.request=20/0s", "http.request=20/m", "=5/1m"} {
		if _, err := parseToolLimits(nil, []string{text}); err == nil || !strings.Contains(err.Error(), "http.request=100/1m") {
			t.Errorf("--tool-rate %q: %v", text, err)
		}
	}
}
