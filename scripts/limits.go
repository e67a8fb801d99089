package scripts

import "time"

const (
	defaultTime         = 5 * time.Second
	defaultCallDepth    = 1000
	defaultSourceBytes  = 256 << 10
	defaultOutputBytes  = 1 << 20
	defaultConsoleBytes = 64 << 10
	defaultConsoleLines = 1000
)

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = defaultTime
	}
	if l.CallDepth <= 0 {
		l.CallDepth = defaultCallDepth
	}
	if l.SourceBytes <= 0 {
		l.SourceBytes = defaultSourceBytes
	}
	if l.OutputBytes <= 0 {
		l.OutputBytes = defaultOutputBytes
	}
	if l.ConsoleBytes <= 0 {
		l.ConsoleBytes = defaultConsoleBytes
	}
	if l.ConsoleLines <= 0 {
		l.ConsoleLines = defaultConsoleLines
	}
	return l
}
