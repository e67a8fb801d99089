package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/runindex"
)

func TestParseKeep(t *testing.T) {
	got, err := parseKeep([]string{"ended=720h", "failed=10000", "completed=1h30m"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[runindex.Status]actors.Keep{
		runindex.Completed: {Age: 90 * time.Minute}, runindex.Failed: {Age: 720 * time.Hour, Count: 10000}, runindex.Cancelled: {Age: 720 * time.Hour},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for value, words := range map[string]string{
		"running=1h": "have ended", "1h": "have ended", "": "have ended", "completed": "an age", "completed=": "an age",
		"completed=soon": "an age", "completed=0": "an age", "completed=-1h": "an age", "completed=30d": "720h",
	} {
		var usage *usageError
		if _, err := parseKeep([]string{value}); !errors.As(err, &usage) || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
