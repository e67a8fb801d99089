package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/weirflow/weir/scripts"
)

// Where scripts run.
const (
	scriptsInProcess = "in-process"
	scriptsProcess   = "process"
)

// scriptConfig is what can be set about scripts.
type scriptConfig struct {
	isolation string // "": in-process
	workers   int    // 0: one for each processor
	limits    scripts.Limits
}

// scriptFlags are the flags about scripts, as they are read.
type scriptFlags struct {
	isolation string
	workers   int
	limits    limitFlags
}

// limitFlags are the values of --script-limit. Whatever reads a server's workflows has the flag, so that it can take what the server takes.
type limitFlags []string

func (f *limitFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar((*[]string)(f), "script-limit", nil, "what one script may use, as time=10s, heap=512MiB, depth=2000, source=1MiB, output=4MiB, console=256KiB or lines=5000 (repeatable)")
	fromEnvironment(flags, "script-limit")
}

func (f *scriptFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.isolation, "scripts", scriptsInProcess, "where scripts run: in-process, or process for those of all workflows in processes of their own")
	flags.IntVar(&f.workers, "script-workers", 0, "how many processes for scripts there are at most (default one for each processor)")
	f.limits.register(flags)
}

// scriptWorkersMax bounds --script-workers.
const scriptWorkersMax = 1000

func (f *scriptFlags) config() (scriptConfig, error) {
	c := scriptConfig{isolation: f.isolation, workers: f.workers}
	if f.isolation != scriptsInProcess && f.isolation != scriptsProcess {
		return c, usagef("--scripts %q: write %s or %s", f.isolation, scriptsInProcess, scriptsProcess)
	}
	if f.workers < 0 || f.workers > scriptWorkersMax {
		return c, usagef("--script-workers %d: write a number from 1 to %d, or 0 for one for each processor", f.workers, scriptWorkersMax)
	}
	var err error
	c.limits, err = f.limits.limits()
	return c, err
}

func (f limitFlags) limits() (l scripts.Limits, err error) {
	for _, text := range f {
		if err := setScriptLimit(&l, text); err != nil {
			return l, err
		}
	}
	return l, nil
}

// setScriptLimit reads one --script-limit.
func setScriptLimit(l *scripts.Limits, text string) error {
	const bytesMax = 1 << 40
	name, value, _ := strings.Cut(text, "=")
	if name == "time" {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return usagef("--script-limit %q: write a duration, as in time=10s", text)
		}
		l.Time = d
		return nil
	}
	for _, limit := range []struct {
		name    string
		to      *int
		most    int
		example string
	}{
		{"heap", &l.HeapBytes, bytesMax, "512MiB"},
		{"source", &l.SourceBytes, bytesMax, "1MiB"},
		{"output", &l.OutputBytes, bytesMax, "4MiB"},
		{"console", &l.ConsoleBytes, bytesMax, "256KiB"},
		{"lines", &l.ConsoleLines, bytesMax, "5000"},
		{"depth", &l.CallDepth, scripts.CallDepthMax, "2000"},
	} {
		if limit.name != name {
			continue
		}
		n, ok := parseSize(value)
		if !ok || n < 1 || n > limit.most {
			return usagef("--script-limit %q: write a number from 1 to %d, as in %s=%s", text, limit.most, name, limit.example)
		}
		*limit.to = n
		return nil
	}
	return usagef("--script-limit %q: there is no such limit; there are time, heap, depth, source, output, console and lines", text)
}

// parseSize reads a number, which may have one of the units KiB, MiB and GiB.
func parseSize(text string) (int, bool) {
	unit := 1
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if number, has := strings.CutSuffix(text, suffix); has {
			text, unit = number, 1<<(10*(i+1))
		}
	}
	n, err := strconv.Atoi(text)
	return n * unit, err == nil && n <= 1<<40/unit
}
