package tools

import (
	"fmt"
	"path"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds of the code.* tools.
const (
	sourceBytesMax  = 1 << 20 // of one source
	sourcesBytesMax = 4 << 20 // of all sources of a call
)

// codeTools are the tools that read, judge and repair source code.
func codeTools() []Tool {
	return []Tool{
		functionsTool(), complexityTool(), issuesTool(), suggestTool(), fixTool(), diffTool(),
	}
}

// sourceProperties is the part of an input schema that says which sources a tool reads. Keys may be null
// because an expression over a state without the key gives null.
const sourceProperties = `
	"code": {"type": ["string", "null"], "description": "one source, up to 1 MiB"},
	"path": {"type": ["string", "null"], "description": "its path; the ending says the language"},
	"language": {"type": ["string", "null"], "description": "its language, where the path does not say it: go"},
	"files": {
		"type": ["array", "null"],
		"description": "several sources, instead of code, path and language",
		"items": {
			"type": "object",
			"required": ["path", "code"],
			"properties": {"path": {"type": "string"}, "code": {"type": "string"}, "language": {"type": ["string", "null"]}}
		}
	}`

const sourceDescription = "Reads Go source: {path, code} or {code, language: go}, or several as {files: [{path, code}, …]}. Pure."

// sources is what a call asks about. Several are given as `files`, one as `code`, and results follow.
type sources struct {
	list    []source
	several bool
}

// source is one text to look at.
type source struct {
	path string // "" where it has none
	code string
}

// name is what messages call the source.
func (s source) name() string {
	if s.path == "" {
		return "code"
	}
	return s.path
}

// badSource is an error about input that its schema cannot express.
func badSource(format string, args ...any) *Error {
	return &Error{Kind: KindInput, Message: fmt.Sprintf(format, args...)}
}

// readSources reads the sources that sourceProperties describes and checks that they are Go.
func readSources(input document.Value) (sources, error) {
	if files := field(input, "files"); !files.IsNull() {
		all := sources{several: true}
		total := 0
		for i, file := range files.Items() {
			s, err := readSource(file, fmt.Sprintf("/files/%d", i))
			if err != nil {
				return sources{}, err
			}
			if total += len(s.code); total > sourcesBytesMax {
				return sources{}, badSource("/files: the sources hold more than %d bytes together; review them in parts", sourcesBytesMax)
			}
			all.list = append(all.list, s)
		}
		return all, nil
	}
	if field(input, "code").IsNull() {
		return sources{}, badSource("give the source as code with its path, or several as files: [{path, code}]")
	}
	s, err := readSource(input, "")
	return sources{list: []source{s}}, err
}

func readSource(v document.Value, place string) (source, error) {
	s := source{path: text(v, "path"), code: text(v, "code")}
	if len(s.code) > sourceBytesMax {
		return source{}, badSource("%s/code: %s has %d bytes; a source may have %d", place, s.name(), len(s.code), sourceBytesMax)
	}
	switch language := strings.ToLower(text(v, "language")); {
	case language == "go" || language == "golang":
	case language != "":
		return source{}, badSource("%s/language: %q is not understood; only go is", place, language)
	case path.Ext(s.path) == ".go":
	case s.path == "":
		return source{}, badSource("%s/language: nothing says what language the code is; give language: go, or a path that ends in .go", place)
	default:
		return source{}, badSource("%s/path: %q is not understood; only go is: a path that ends in .go, or language: go", place, s.path)
	}
	return s, nil
}

// field is the value under key, null where there is none.
func field(v document.Value, key string) document.Value {
	found, _ := v.Get(key)
	return found
}

// text is the string under key, "" where there is none.
func text(v document.Value, key string) string {
	s, _ := field(v, key).AsString()
	return s
}

// whole is the integer under key, 0 where there is none.
func whole(v document.Value, key string) int {
	i, _ := field(v, key).AsInt()
	return int(i)
}
