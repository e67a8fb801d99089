package main

import (
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

func TestScriptFlags(t *testing.T) {
	f := scriptFlags{isolation: "process", workers: 3, limits: []string{
		"time=1m30s", "heap=512MiB", "depth=2000", "source=1MiB", "output=4096", "console=256KiB", "lines=5000",
	}}
	c, err := f.config()
	want := scripts.Limits{
		Time: 90 * time.Second, HeapBytes: 512 << 20, CallDepth: 2000, SourceBytes: 1 << 20, OutputBytes: 4096, ConsoleBytes: 256 << 10, ConsoleLines: 5000,
	}
	if err != nil || c.limits != want || c.isolation != scriptsProcess || c.workers != 3 {
		t.Errorf("got %+v, %v", c, err)
	}
	for want, f := range map[string]scriptFlags{
		`--scripts "cell": write in-process or process`:                          {isolation: "cell"},
		`--script-workers -1: write a number`:                                    {isolation: "process", workers: -1},
		`--script-limit "time=fast": write a duration`:                           {isolation: "process", limits: []string{"time=fast"}},
		`--script-limit "heap=0": write a number from 1`:                         {isolation: "process", limits: []string{"heap=0"}},
		`--script-limit "heap=9999999999GiB": write a number`:                    {isolation: "process", limits: []string{"heap=9999999999GiB"}},
		`--script-limit "depth=10001": write a number from 1 to 10000`:           {isolation: "process", limits: []string{"depth=10001"}},
		`--script-limit "stack=1": there is no such limit; there are time, heap`: {isolation: "process", limits: []string{"stack=1"}},
	} {
		if _, err := f.config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
