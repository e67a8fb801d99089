package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// messageBytesMax bounds an error's message: it becomes part of the run's events.
const messageBytesMax = 4096

// Invoke calls the tool with input that has passed its schema and returns output that has passed its
// schema. It runs on the caller's goroutine and applies no timeout of its own. Every error is an *Error:
// a tool's own *Error keeps its kind, an error after the context's deadline has the kind timeout, after
// its cancellation cancelled, a panic panic (its text, never its stack), all others tool_error.
func (t Tool) Invoke(ctx context.Context, call Call) (document.Value, error) {
	compiled := t.schemas
	if compiled == nil {
		var err error
		if compiled, err = compileSchemas(t); err != nil {
			return document.Null, &Error{Kind: KindTool, Message: err.Error(), cause: err}
		}
	}
	if lines := violations(compiled.input, t.Input, call.Input); len(lines) > 0 {
		return document.Null, misfit(KindInput, t.Name, "the input does not fit", lines)
	}
	output, err := t.callSafely(ctx, call)
	if err != nil {
		return document.Null, t.classify(ctx, err)
	}
	if lines := violations(compiled.output, t.Output, output); len(lines) > 0 {
		return document.Null, misfit(KindOutput, t.Name, "the tool returned what its schema does not allow", lines)
	}
	return output, nil
}

// panicError is a recovered panic on its way to becoming an Error.
type panicError struct{ text string }

func (p *panicError) Error() string { return p.text }

func (t Tool) callSafely(ctx context.Context, call Call) (output document.Value, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			output, err = document.Null, &panicError{text: textOf(thrown)}
		}
	}()
	return t.Call(ctx, call)
}

// textOf renders an error or a thrown value, whatever its own Error or String method does.
func textOf(x any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a %T that cannot be printed", x)
		}
	}()
	switch x := x.(type) {
	case error:
		return x.Error()
	case fmt.Stringer:
		return x.String()
	default:
		return fmt.Sprint(x)
	}
}

func (t Tool) classify(ctx context.Context, err error) *Error {
	text := textOf(err)
	var own *Error
	var broke *panicError
	switch {
	case errors.As(err, &broke):
		return t.fail(KindPanic, "panic: "+broke.text, nil)
	case errors.As(err, &own) && own != nil && own.Kind != "":
		return t.fail(own.Kind, text, err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return t.fail(KindTimeout, "the time for this attempt was up: "+text, err)
	case ctx.Err() != nil:
		return t.fail(KindCancelled, "the call was cancelled: "+text, err)
	case errors.Is(err, context.DeadlineExceeded):
		return t.fail(KindTimeout, text, err)
	case errors.Is(err, context.Canceled):
		return t.fail(KindCancelled, text, err)
	default:
		return t.fail(KindTool, text, err)
	}
}

func (t Tool) fail(kind, text string, cause error) *Error {
	return &Error{Kind: kind, Message: shorten(t.Name+": "+text, messageBytesMax), cause: cause}
}

func misfit(kind, name, what string, lines []string) *Error {
	return &Error{Kind: kind, Message: shorten(name+": "+what+": "+strings.Join(lines, "; "), messageBytesMax)}
}

// shorten cuts text to at most limit bytes of valid UTF-8.
func shorten(text string, limit int) string {
	const ellipsis = "…"
	if len(text) > limit {
		text = text[:limit-len(ellipsis)] + ellipsis
	}
	return strings.ToValidUTF8(text, "")
}
