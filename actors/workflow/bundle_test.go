package workflow

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadBundle(t *testing.T) {
	const source = "name: x\nnodes:\n  a: {script_file: a.js}\n"
	for name, c := range map[string]struct{ format, doc, want string }{
		"a workflow in YAML":      {FormatYAML, source, "none"},
		"a workflow about source": {FormatYAML, "name: source\nnodes: {files: t}\n", "none"},
		"not readable":            {FormatYAML, "source: [", "none"},
		"no object":               {FormatJSON, `["source"]`, "none"},
		"JSON with YAML":          {FormatJSON, `{"source": "name: x\n", "files": {"a.js": "1"}}`, `yaml "name: x\n" map[a.js:1]`},
		"JSON with JSON":          {FormatJSON, `{"source": " {\"name\": 1}"}`, `json " {\"name\": 1}" map[]`},
		"JSON with an object":     {FormatJSON, "{\"files\": {\"a.js\": \"1\"},\n \"source\": {\"name\": \"é\",\n  \"nodes\": {}} }", `json "{\"name\": \"é\",\n  \"nodes\": {}}" map[a.js:1]`},
		"a format that is said":   {FormatJSON, `{"source": "{name: x}", "format": "yaml"}`, `yaml "{name: x}" map[]`},
		"YAML with YAML":          {FormatYAML, "source: |\n  name: x\n  nodes: {}\nfiles:\n  a.js: |\n    return 1\n", `yaml "name: x\nnodes: {}\n" map[a.js:return 1` + "\n]"},
		"files alone": {
			FormatYAML, "name: x\nfiles: {}\n", `"" map[]
r:1:1: unknown key "name"; a workflow with files has source, format, files
r:1:1: the files come without a workflow; write the workflow under source, beside files`,
		},
		"a workflow beside it": {
			FormatJSON, `{"source": "name: x", "nodes": {}, "fils": {}}`, `yaml "name: x" map[]
r:1:23: unknown key "nodes"; a workflow with files has source, format, files` + "\nr:1:36: unknown key \"fils\"; did you mean `files`?",
		},
		"an object in YAML": {
			FormatYAML, "source:\n  name: x\n", `"" map[]
r:2:3: the source of a workflow in YAML must be a text; write source: | and the workflow on the lines below it, indented`,
		},
		"wrong types": {
			FormatJSON, `{"source": 5, "format": "toml", "files": {"a.js": {}, "b.js": "1"}}`, `"" map[a.js:0 b.js:1]
r:1:12: source must be the workflow, as a text, not the number 5; put it in quotes
r:1:25: there is no format "toml"; use yaml or json
r:1:51: files["a.js"] must be the text of the file, not an object`,
		},
		"wrong files":        {FormatJSON, `{"source": "x", "files": ["a.js"]}`, `yaml "x" map[]` + "\nr:1:26: files must be an object with the text of each file under its path, not a list; write {\"score.js\": \"return {score: 100}\"}"},
		"a wrong format":     {FormatJSON, `{"source": {}, "format": "yaml"}`, `json "{}" map[]` + "\nr:1:12: the source stands here in JSON, and format says yaml; leave out format, or write the source as a text"},
		"a file given twice": {FormatYAML, "source: x\nfiles: {a: '1', a: '2'}\n", `yaml "x" map[a:1]` + "\nr:2:17: the key \"a\" is already there, at line 2, column 9; keep one of them"},
	} {
		t.Run(name, func(t *testing.T) {
			b, found, problems := ReadBundle([]byte(c.doc), Options{File: "r", Format: c.format})
			got := "none"
			if found {
				got = strings.TrimPrefix(fmt.Sprintf("%s %q %v", b.Format, b.Source, b.Files), " ")
			}
			for _, p := range problems {
				got += "\n" + p.String()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
