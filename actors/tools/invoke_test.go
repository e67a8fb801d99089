package tools_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// registered passes a tool through a registry, where its schemas are compiled.
func registered(t *testing.T, tool tools.Tool) tools.Tool {
	t.Helper()
	tool.Name = "test.tool"
	registry, err := tools.NewRegistry(tool)
	if err != nil {
		t.Fatal(err)
	}
	found, _ := registry.Lookup(tool.Name)
	return found
}

const personSchema = `{
	"type": "object",
	"required": ["name", "age"],
	"additionalProperties": false,
	"properties": {
		"name": {"type": "string", "minLength": 1},
		"age": {"type": "integer", "minimum": 0},
		"tags": {"type": "array", "items": {"enum": ["a", "b"]}},
		"a/b": {"anyOf": [{"type": "string"}, {"type": "null"}]}
	}
}`

func TestInvokeReportsEveryViolation(t *testing.T) {
	called := 0
	tool := registered(t, tools.Tool{
		Input: document.MustParse(personSchema),
		Call: func(_ context.Context, call tools.Call) (document.Value, error) {
			called++
			return call.Input, nil
		},
	})
	ok := document.MustParse(`{"name": "Ada", "age": 9007199254740993, "a/b": null}`)
	got, err := tool.Invoke(t.Context(), tools.Call{Input: ok})
	if err != nil || !document.Equal(got, ok) {
		t.Fatalf("got %s, %v", got, err)
	}
	bad := document.MustParse(`{"name": "", "tags": ["a", "c", 1], "a/b": 1, "nom": 1}`)
	_, err = tool.Invoke(t.Context(), tools.Call{Input: bad})
	message := failed(t, err, tools.KindInput)
	want := "test.tool: the input does not fit: " +
		"`age` is missing; `nom` is not allowed (did you mean `name`?); " +
		"/a~1b: must be a text, or null, not a number; " +
		"/name: must be a text that is not empty; " +
		"/tags/1: must be a or b; /tags/2: must be a or b"
	if message != want {
		t.Errorf("got  %s\nwant %s", message, want)
	}
	if called != 1 {
		t.Errorf("the tool ran %d times", called)
	}
	// A tool that was never registered is checked all the same.
	_, err = tools.Tool{Name: "loose", Input: document.MustParse(personSchema), Call: echo}.Invoke(t.Context(), tools.Call{Input: bad})
	failed(t, err, tools.KindInput)
	_, err = tools.Tool{Name: "loose", Input: document.MustParse(`{"type": 1}`), Call: echo}.Invoke(t.Context(), tools.Call{})
	failed(t, err, tools.KindTool)
}

func TestInvokeBoundsViolations(t *testing.T) {
	tool := registered(t, tools.Tool{Call: echo, Input: document.MustParse(`{"items": {"type": "string"}}`)})
	items := make([]document.Value, 100)
	_, err := tool.Invoke(t.Context(), tools.Call{Input: document.Array(items...)})
	message := failed(t, err, tools.KindInput)
	if !strings.HasSuffix(message, "; and 80 more") || strings.Count(message, ";") != 20 {
		t.Errorf("got %s", message)
	}
}

func TestInvokeChecksTheOutput(t *testing.T) {
	tool := registered(t, tools.Tool{
		Output: document.MustParse(`{"type": "object", "required": ["sum"]}`),
		Call: func(context.Context, tools.Call) (document.Value, error) {
			return document.MustParse(`{"total": 1}`), nil
		},
	})
	_, err := tool.Invoke(t.Context(), tools.Call{})
	message := failed(t, err, tools.KindOutput)
	if message != "test.tool: the tool returned what its schema does not allow: `sum` is missing" {
		t.Errorf("got %s", message)
	}
}

// evil is an error that cannot be asked for its text.
type evil struct{}

func (evil) Error() string { panic("no text for you") }

func TestInvokeClassifiesErrors(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	var nilError *tools.Error
	tests := []struct {
		name    string
		ctx     context.Context
		err     error
		kind    string
		message string
	}{
		{"plain", t.Context(), os.ErrNotExist, tools.KindTool, "file does not exist"},
		{"own kind", t.Context(), &tools.Error{Kind: "quota", Message: "used up"}, "quota", "used up"},
		{"own kind wrapped", t.Context(), fmt.Errorf("step 2: %w", &tools.Error{Kind: "quota", Message: "used up"}), "quota", "step 2: used up"},
		{"own kind after the end", cancelled, &tools.Error{Kind: "quota", Message: "used up"}, "quota", "used up"},
		{"without a kind", t.Context(), &tools.Error{Message: "used up"}, tools.KindTool, "used up"},
		{"nil pointer", t.Context(), nilError, tools.KindTool, "a *tools.Error that cannot be printed"},
		{"cancelled", cancelled, errors.New("broken pipe"), tools.KindCancelled, "the call was cancelled: broken pipe"},
		{"late", late, errors.New("broken pipe"), tools.KindTimeout, "the time for this attempt was up: broken pipe"},
		{"inner deadline", t.Context(), fmt.Errorf("x: %w", context.DeadlineExceeded), tools.KindTimeout, "x: context deadline exceeded"},
		{"inner cancel", t.Context(), fmt.Errorf("x: %w", context.Canceled), tools.KindCancelled, "x: context canceled"},
		{"text that panics", t.Context(), evil{}, tools.KindTool, "a tools_test.evil that cannot be printed"},
		{"long text", t.Context(), errors.New(strings.Repeat("é", 5000)), tools.KindTool, strings.Repeat("é", 2041) + "…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tool := registered(t, tools.Tool{Call: func(context.Context, tools.Call) (document.Value, error) { return document.Null, test.err }})
			_, err := tool.Invoke(test.ctx, tools.Call{})
			if message := failed(t, err, test.kind); message != "test.tool: "+test.message {
				t.Errorf("got %q, want %q", message, test.message)
			}
			if !errors.Is(err, test.err) {
				t.Error("the tool's own error is lost")
			}
		})
	}
}

func TestInvokeSurvivesPanics(t *testing.T) {
	for name, test := range map[string]struct {
		thrown any
		want   string
	}{
		"text":  {"boom", "test.tool: panic: boom"},
		"error": {os.ErrNotExist, "test.tool: panic: file does not exist"},
		"evil":  {evil{}, "test.tool: panic: a tools_test.evil that cannot be printed"},
		"value": {struct{ A int }{1}, "test.tool: panic: {1}"},
		"nil":   {nil, "test.tool: panic: panic called with nil argument"},
	} {
		t.Run(name, func(t *testing.T) {
			tool := registered(t, tools.Tool{Call: func(context.Context, tools.Call) (document.Value, error) { panic(test.thrown) }})
			_, err := tool.Invoke(t.Context(), tools.Call{})
			if message := failed(t, err, tools.KindPanic); !strings.HasPrefix(message, test.want) || strings.Contains(message, "goroutine") {
				t.Errorf("got %q, want %q", message, test.want)
			}
		})
	}
}

func BenchmarkInvoke(b *testing.B) {
	registry, err := tools.NewRegistry(tools.Tool{Name: "a", Call: echo, Input: document.MustParse(personSchema)})
	if err != nil {
		b.Fatal(err)
	}
	tool, _ := registry.Lookup("a")
	call := tools.Call{Input: document.MustParse(`{"name": "Ada", "age": 36, "tags": ["a", "b"]}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tool.Invoke(b.Context(), call); err != nil {
			b.Fatal(err)
		}
	}
}
