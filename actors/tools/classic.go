package tools

import (
	"context"
	"fmt"

	"github.com/weirflow/weir/eventstore/document"
)

// classicInput allows any state: the engines that these tools come from had no schemas.
var classicInput = document.MustParse(`{"type": "object"}`)

// classicTools are the tools of the two engines that weir replaces, which were written in Python: what a
// tool takes for absent, how it counts and how it compares follow that language. A key that is null
// counts as absent, so that a client that sends null gets the default rather than a failed run.
func classicTools() []Tool {
	tool := func(name, description string, work func(classicState) (document.Value, error)) Tool {
		return Tool{
			Name: "classic." + name, Description: description, Input: classicInput, Pure: true,
			Call: func(_ context.Context, call Call) (document.Value, error) { return work(classicState{call.Input}) },
		}
	}
	return []Tool{
		tool("map.extract", "Counts \"def \" in the state's code as functions.", mapExtract),
		tool("map.complexity", "Counts \"for \" and \"while \" in the state's code as complexity.", mapComplexity),
		tool("map.issues", "Counts TODO and FIXME in the state's code as issues, and sets quality_score.", mapIssues),
		tool("map.suggest", "Sets suggestions by quality_score and threshold.", mapSuggest),
		tool("list.extract_functions", "Lists the functions defined in the state's code, and counts them.", listExtractFunctions),
		tool("list.check_complexity", "Sets line_count and complexity_score from the state's code.", listCheckComplexity),
		tool("list.detect_basic_issues", "Lists issues of the state's code, and counts them.", listDetectBasicIssues),
		tool("list.suggest_improvements", "Sets suggestions, quality_score and quality_threshold.", listSuggestImprovements),
		tool("list.evaluate_quality", "Sets quality_ok by quality_score and quality_threshold.", listEvaluateQuality),
	}
}

// classicState reads the state the way the old tools did.
type classicState struct {
	state document.Value
}

// code is the state's code, "" where there is none.
func (s classicState) code() (string, error) {
	v, ok := s.present("code")
	if !ok {
		return "", nil
	}
	text, ok := v.AsString()
	if !ok {
		return "", fmt.Errorf("/code: got %s, want a text", v.Kind())
	}
	return text, nil
}

// number is the number under key; otherwise stands in for an absent one.
func (s classicState) number(key string, otherwise int64) (number, error) {
	v, ok := s.present(key)
	if !ok {
		return integer(otherwise), nil
	}
	n, ok := toNumber(v)
	if !ok {
		return number{}, fmt.Errorf("/%s: got %s, want a number", key, v.Kind())
	}
	return n, nil
}

// value is what is under key; otherwise stands in for an absent value.
func (s classicState) value(key string, otherwise int64) document.Value {
	if v, ok := s.present(key); ok {
		return v
	}
	return document.Int(otherwise)
}

func (s classicState) present(key string) (document.Value, bool) {
	v, ok := s.state.Get(key)
	return v, ok && !v.IsNull()
}

func object(members ...document.Member) document.Value { return document.Object(members...) }

func member(key string, value document.Value) document.Member {
	return document.Member{Key: key, Value: value}
}

func stringList(texts []string) document.Value {
	items := make([]document.Value, len(texts))
	for i, text := range texts {
		items[i] = document.String(text)
	}
	return document.Array(items...)
}
