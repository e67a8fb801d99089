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
	member := regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)[?(:<]`)
	for name, seen := range result.Returned.Members() {
		_, body, _ := strings.Cut(string(types), "\ninterface "+name+" {\n")
		body, _, _ = strings.Cut(body, "\n}")
		var declared, want []string
		for _, m := range member.FindAllStringSubmatch(body, -1) {
			declared = append(declared, m[1])
		}
		for _, key := range seen.Items() {
			text, _ := key.AsString()
			want = append(want, text)
		}
		slices.Sort(declared)
		slices.Sort(want)
		if !slices.Equal(declared, want) {
			t.Errorf("%s declares %q, scripts see %q", name, declared, want)
		}
	}
}
