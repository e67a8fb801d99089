package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// TestTypesNameWhatScriptsSee holds weir.d.ts against what scripts really see.
func TestTypesNameWhatScriptsSee(t *testing.T) {
	types, err := project.ReadFile("project/weir.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	script, err := scripts.New(scripts.Limits{}).CompileBody("return {Context: [...Object.keys(ctx), 'exact'], ScriptConsole: Object.keys(console)}", scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := script.Run(t.Context(), scripts.Scope{
		State: document.Object(), Input: document.Object(), Item: &scripts.Item{Value: document.Null, Keyed: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, seen := range result.Returned.Members() {
		checkInterface(t, string(types), name, textsOf(seen))
	}
}

// TestTypesNameWhatDurableScriptsHave holds DurableContext, and what its calls may be told, against what durable scripts have.
func TestTypesNameWhatDurableScriptsHave(t *testing.T) {
	types, err := project.ReadFile("project/weir.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	methods := membersOf(string(types), "DurableContext")
	script, err := scripts.New(scripts.Limits{}).Compile(scripts.Code{Source: `export default function (state, ctx) {
		const refused = call => { try { call() } catch (e) { return e.message.split("it has ")[1].split(", ") } }
		return {
			DurableContext: input.methods.filter(name => typeof ctx[name] === "function"),
			ToolOptions: refused(() => ctx.tool("x", {}, {other: 1})),
			RetryOptions: refused(() => ctx.tool("x", {}, {retry: {other: 1}})),
			SignalOptions: refused(() => ctx.signal("x", {other: 1})),
		}
	}`, Origin: scripts.Origin{File: "calls.ts"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []document.Value
	for _, name := range methods {
		names = append(names, document.String(name))
	}
	durable := script.Durable(scripts.Scope{
		State: document.Object(), Input: document.Object(document.Member{Key: "methods", Value: document.Array(names...)}),
	})
	turn, err := durable.Turn(t.Context(), func(int, int) scripts.Record { return scripts.Record{} })
	if err != nil {
		t.Fatal(err)
	}
	for name, has := range turn.Result.Returned.Members() {
		checkInterface(t, string(types), name, textsOf(has))
	}
}

// checkInterface compares the members of an interface with those that scripts see.
func checkInterface(t *testing.T, types, name string, want []string) {
	t.Helper()
	declared := membersOf(types, name)
	slices.Sort(declared)
	slices.Sort(want)
	if !slices.Equal(declared, want) {
		t.Errorf("%s declares %q, scripts see %q", name, declared, want)
	}
}

// membersOf returns the names of the members of an interface.
func membersOf(types, name string) (declared []string) {
	_, body, _ := strings.Cut(types, "\ninterface "+name+" ")
	_, body, _ = strings.Cut(body, "{\n")
	body, _, _ = strings.Cut(body, "\n}")
	for _, m := range regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)[?(:<]`).FindAllStringSubmatch(body, -1) {
		declared = append(declared, m[1])
	}
	return declared
}

func textsOf(list document.Value) (texts []string) {
	for _, item := range list.Items() {
		text, _ := item.AsString()
		texts = append(texts, text)
	}
	return texts
}
