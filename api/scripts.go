package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// scriptFile is what errors call the script that was sent. It has no ending, which would say its language.
const scriptFile = "script"

type checkInput struct {
	Body struct {
		Script string            `json:"script" doc:"A node's script, in JavaScript or TypeScript, or an expression" example:"return {total: state.price * state.count}"`
		As     string            `json:"as,omitempty" enum:"body,expression" default:"body" doc:"What it is: a node's script, or the expression of a condition or a ${…}"`
		File   string            `json:"file,omitempty" doc:"The script's path in its folder: from there it imports, its ending says its language, and errors name it; script where absent" example:"steps/total.ts"`
		Files  map[string]string `json:"files,omitempty" doc:"What it imports, by path"`
	}
}

// codeOf is a script as an engine takes it, by its path among files that it may import.
func codeOf(script, file string, files map[string]string) scripts.Code {
	return scripts.Code{
		Source: script, Origin: scripts.Origin{File: cmp.Or(file, scriptFile), Line: 1, Column: 1, Block: true}, Folder: scripts.Files(files),
	}
}

type checkedView struct {
	OK       bool          `json:"ok" doc:"Always true; a script that does not compile is a problem"`
	Warnings []warningView `json:"warnings" doc:"What compiles and is probably not meant: names that nothing has, code that is never reached, …"`
}

type checkOutput struct{ Body checkedView }

type tryInput struct {
	Body struct {
		Script    string            `json:"script" doc:"A node's script, in JavaScript or TypeScript" example:"return {total: state.price * state.count}"`
		File      string            `json:"file,omitempty" doc:"The script's path in its folder: from there it imports, its ending says its language, and errors name it; script where absent" example:"steps/total.ts"`
		Files     map[string]string `json:"files,omitempty" doc:"What it imports, by path"`
		State     objectValue       `json:"state" doc:"The state it sees"`
		Input     objectValue       `json:"input,omitzero" doc:"The run's input it sees; the empty object where absent"`
		Isolation string            `json:"isolation,omitempty" enum:"in-process,process" doc:"Where it runs: in the server's process, or in one of its own; where absent, as the server was told. A server whose scripts all run in processes of their own does not run this one otherwise"`
	}
}

// triedView is what a script did.
type triedView struct {
	State      objectValue   `json:"state" doc:"The state after it: its changes in place, then what it returned, merged key by key"`
	Patch      patchValue    `json:"patch" doc:"The same as RFC 6902 operations"`
	Returned   anyValue      `json:"returned" doc:"What it returned; null where it returned nothing"`
	Console    []consoleLine `json:"console" doc:"What it wrote"`
	DurationMS float64       `json:"duration_ms" doc:"How long it ran, in milliseconds" example:"0.31"`
}

type tryOutput struct{ Body triedView }

// consoleLine is one call of console.
type consoleLine struct {
	Level  string `json:"level" enum:"debug,log,info,warn,error" doc:"The function that was called"`
	Text   string `json:"text" doc:"What was written"`
	File   string `json:"file,omitempty" doc:"The file of the call, where the script came with its path"`
	Line   int    `json:"line,omitempty" doc:"The line of the call, counted from 1"`
	Column int    `json:"column,omitempty" doc:"The column of the call, counted from 1"`
}

// patchValue is a JSON Patch in a reply.
type patchValue struct{ document.Patch }

// Schema describes a list of operations.
func (patchValue) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeArray, Description: "RFC 6902 operations",
		Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"op", "path"}, Properties: map[string]*huma.Schema{
			"op":   {Type: huma.TypeString, Enum: []any{"add", "remove", "replace", "move", "copy", "test"}},
			"path": {Type: huma.TypeString}, "from": {Type: huma.TypeString}, "value": {},
		}},
	}
}

// MarshalJSON writes the operations; no operation is an empty list.
func (p patchValue) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil), nil }

// UnmarshalJSON reads operations.
func (p *patchValue) UnmarshalJSON(data []byte) error { return p.Patch.UnmarshalJSON(data) }

func (s *Server) registerScripts() {
	errs := []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}
	handle(s, huma.Operation{
		OperationID: "check-script", Method: http.MethodPost, Path: "/v1/scripts/check", Tags: []string{tagTools},
		Summary:     "Check a script",
		Description: "Compiles without running. A script that does not compile is 422, with `line` and `column`. One that does is looked through for what is most likely wrong: the `warnings` are those that saving a workflow with it gives.",
		RequestBody: jsonBody(`{"script":"return {total: state.price * cuont}"}`), Errors: errs,
		Responses: map[string]*huma.Response{"200": reply[checkedView](s, "It compiles",
			`{"ok":true,"warnings":[{"message":"nothing is called `+"`cuont`"+` here","code":"unknown_name","file":"script","line":1,"column":31,"hint":"declare it, or write state.cuont for a key of the state"}]}`)},
	}, s.checkScript)
	handle(s, huma.Operation{
		OperationID: "try-script", Method: http.MethodPost, Path: "/v1/scripts/try", Tags: []string{tagTools},
		Summary:     "Run a script once",
		Description: "Runs a node's script over a state that is sent along, with the limits that hold in runs, and records nothing. A script that throws or passes a limit is 422: `kind`, `line` and `column` say what failed and where.",
		RequestBody: jsonBody(`{"script":"console.log('adding up')\nreturn {total: state.price * state.count}","state":{"price":4,"count":3}}`), Errors: errs,
		Responses: map[string]*huma.Response{"200": reply[triedView](s, "What it did",
			`{"state":{"count":3,"price":4,"total":12},"patch":[{"op":"add","path":"/total","value":12}],"returned":{"total":12},"console":[{"level":"log","text":"adding up","line":1,"column":1}],"duration_ms":0.31}`)},
	}, s.tryScript)
}

func (s *Server) checkScript(_ context.Context, input *checkInput) (*checkOutput, error) {
	body := &input.Body
	code, expression := codeOf(body.Script, body.File, body.Files), body.As == "expression"
	var err error
	if expression {
		_, err = s.system.Scripts().CompileExpression(code.Source, code.Origin)
	} else {
		_, err = s.system.Scripts().Compile(code)
	}
	if err != nil {
		return nil, err
	}
	problems := s.system.CheckScript(actors.Source{Data: []byte(code.Source), File: code.Origin.File, Files: body.Files}, expression)
	return &checkOutput{Body: checkedView{OK: true, Warnings: warningsOf(problems)}}, nil
}

func (s *Server) tryScript(ctx context.Context, input *tryInput) (*tryOutput, error) {
	if p := reservedKeys(input); p != nil {
		return nil, p
	}
	engine := s.system.Scripts()
	if input.Body.Isolation == "process" {
		engine = s.system.Isolated()
	}
	script, err := engine.Compile(codeOf(input.Body.Script, input.Body.File, input.Body.Files))
	if err != nil {
		return nil, err
	}
	select {
	case s.scripts <- struct{}{}:
		defer func() { <-s.scripts }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	tried, err := actors.Try(ctx, script, scripts.Scope{
		State: input.Body.State.Value, Input: input.Body.Input.Value,
		Ctx: scripts.Context{Run: "try", Node: "try", Visit: 1, Attempt: 1, Now: time.Now()},
	})
	if err != nil {
		return nil, err
	}
	return &tryOutput{Body: triedView{
		State: objectValue{tried.State}, Patch: patchValue{tried.Patch}, Returned: anyValue{tried.Returned},
		Console: consoleLines(tried.Console), DurationMS: float64(tried.Took.Microseconds()) / 1000,
	}}, nil
}

// reservedKeys refuses what no run's state and input can hold.
func reservedKeys(input *tryInput) *problem {
	var errors []fieldError
	for _, each := range []struct {
		location string
		value    document.Value
	}{{"body.state", input.Body.State.Value}, {"body.input", input.Body.Input.Value}} {
		if err := workflow.CheckKeys(each.value); err != nil {
			errors = append(errors, fieldError{Location: each.location, Message: err.Error()})
		}
	}
	return invalid(errors)
}

// consoleLines are the lines that a script wrote.
func consoleLines(lines []scripts.Line) []consoleLine {
	out := make([]consoleLine, 0, len(lines))
	for _, l := range lines {
		if l.File == scriptFile {
			l.File = "" // nobody has called it so
		}
		out = append(out, consoleLine{Level: strings.ToLower(l.Level), Text: l.Text, File: l.File, Line: l.Line, Column: l.Column})
	}
	return out
}
