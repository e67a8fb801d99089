package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/lmittmann/tint"
	"github.com/spf13/pflag"
)

// The log formats.
const (
	logFormatText = "text"
	logFormatJSON = "json"
)

// logConfig says how the engine's own log is written.
type logConfig struct {
	format string
	level  string
}

func (c *logConfig) register(flags *pflag.FlagSet) {
	flags.StringVar(&c.format, "log-format", logFormatText, "text or json")
	flags.StringVar(&c.level, "log-level", "info", "debug, info, warn or error")
}

func (c *logConfig) logger(out io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.level)); err != nil {
		return nil, usagef("--log-level %q is none of debug, info, warn and error", c.level)
	}
	switch c.format {
	case logFormatJSON:
		return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})), nil
	case logFormatText:
		return slog.New(tint.NewTextHandler(out, &tint.Options{
			Level: level, TimeFormat: "15:04:05.000", NoColor: !paletteFor(out).on,
		})), nil
	}
	return nil, usagef("--log-format %q is neither text nor json", c.format)
}

// quietLogger writes only what a person must know, for commands that tell what happens themselves.
func quietLogger(out io.Writer) *slog.Logger {
	logger, err := (&logConfig{format: logFormatText, level: "error"}).logger(out)
	if err != nil {
		panic(err) // both words are known
	}
	return logger
}

// printer returns a function that prints one line as the program's own.
func printer(out io.Writer) func(text string) {
	return func(text string) { fmt.Fprintf(out, "weir: %s\n", text) }
}
