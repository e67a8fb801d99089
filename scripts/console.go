package scripts

import (
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

// consoleView is console. It implements goja.DynamicObject.
type consoleView struct {
	x     *execution
	lines []Line
	bytes int
	full  bool
	funcs [5]goja.Value
}

var consoleLevels = []string{"debug", "log", "info", "warn", "error"}

func consoleLevel(name string) int {
	for i, level := range consoleLevels {
		if level == name {
			return i
		}
	}
	return -1
}

// Get implements goja.DynamicObject.
func (v *consoleView) Get(key string) goja.Value {
	i := consoleLevel(key)
	if i < 0 {
		return nil
	}
	if v.funcs[i] == nil {
		v.funcs[i] = v.x.rt.ToValue(func(call goja.FunctionCall) goja.Value {
			v.print(key, call.Arguments)
			return goja.Undefined()
		})
	}
	return v.funcs[i]
}

// Has implements goja.DynamicObject.
func (v *consoleView) Has(key string) bool { return consoleLevel(key) >= 0 }

// Set implements goja.DynamicObject.
func (v *consoleView) Set(key string, _ goja.Value) bool {
	panic(v.x.rt.NewTypeError("%s", "console."+key+" cannot be changed"))
}

// Delete implements goja.DynamicObject.
func (v *consoleView) Delete(key string) bool { return v.Set(key, nil) }

// Keys implements goja.DynamicObject.
func (v *consoleView) Keys() []string { return consoleLevels }

// print captures one line. Beyond the limits it costs nothing any more.
func (v *consoleView) print(level string, args []goja.Value) {
	if v.full || v.x.durable.repeats() {
		return
	}
	limits := v.x.program.limits
	line := v.caller()
	line.Level = level
	if len(v.lines) >= limits.ConsoleLines {
		v.cut(line, fmt.Sprintf("console was cut here: more than %d lines; %s", limits.ConsoleLines, raise("lines")))
		return
	}
	room := limits.ConsoleBytes - v.bytes
	s := shower{x: v.x, max: room + 1}
	s.message(args)
	text := s.b.String()
	if len(text) > room {
		line.Text = strings.ToValidUTF8(text[:room], "")
		if line.Text != "" {
			v.lines = append(v.lines, line)
		}
		v.cut(line, fmt.Sprintf("console was cut here: more than %d bytes; %s", limits.ConsoleBytes, raise("console")))
		return
	}
	line.Text = text
	v.bytes += len(text)
	v.lines = append(v.lines, line)
}

// cut adds the last line.
func (v *consoleView) cut(at Line, text string) {
	v.full = true
	at.Level, at.Text = "warn", text
	v.lines = append(v.lines, at)
}

// caller returns where the script called console.
func (v *consoleView) caller() Line {
	var frames [8]goja.StackFrame
	at := v.x.where(v.x.rt.CaptureCallStack(len(frames), frames[:0]))
	return Line{File: at.file, Line: at.line, Column: at.column}
}
