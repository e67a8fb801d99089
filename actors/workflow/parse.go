package workflow

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// The formats of a source.
const (
	FormatYAML = "yaml"
	FormatJSON = "json"
)

// Bounds of a definition.
const (
	NodesMax = 2_000  // nodes of a workflow
	EdgesMax = 10_000 // edges and catches of a workflow
	codeMax  = 5_000  // scripts, conditions and ${…} of a workflow
)

// Options says how a source is read and what its names and scripts are checked against.
type Options struct {
	File    string            // name of the source in problems and positions; "" where it has none
	Format  string            // "yaml", "json", or "" to tell by File and content
	Name    string            // the name the workflow must have; "" for the one it says
	Checker Checker           // nil: tools and scripts are not checked
	Files   map[string]string // script files, and what they import, by path

	// Bundles are what the scripts of a saved source were translated to: a script file's under its path, an inline script's
	// under the way to it, behind a slash, which no path begins with.
	Bundles map[string]*ScriptBundle

	// Saved says that the source has been saved before. What was let pass then must not keep its runs from
	// going on: what only a stricter version refuses (scripts, their files, error kinds, arguments of tools) is a
	// warning.
	Saved bool
}

// Parse reads a workflow. It reports every problem at once, ordered by position; the definition is nil when
// an error is among them. It never panics, whatever the source, and takes time in proportion to the
// source's size, which is at most 1 MiB.
func Parse(source []byte, opts Options) (*Definition, Problems) {
	p := &parser{opts: opts, def: &Definition{Limits: DefaultLimits, index: map[string]int{}}}
	root := p.read(source)
	if root != nil && !root.bad {
		p.workflow(root)
		p.validate()
	}
	p.files(root != nil)
	problems := p.list.sorted(opts.File)
	if problems.HasErrors() {
		return nil, problems
	}
	return p.def, problems
}

// parser builds a definition out of a source's nodes and gathers what is wrong with them.
type parser struct {
	opts      Options
	src       *source
	def       *Definition
	list      problemList
	nodeNames []string
	named     []string     // what script_file names, or a script imports
	item      string       // under what name the code being read sees the item of a map
	joins     map[int]join // by node

	codeSeen    int // scripts and expressions so far
	bundleBytes int // of the bundles so far
	edgesSeen   int // edges and catches so far
}

// read turns the source into nodes; nil when nothing of it can be understood.
func (p *parser) read(data []byte) *node {
	if len(data) > sourceBytesMax {
		p.add(tooLarge(place{line: 1, column: 1},
			fmt.Sprintf("the source has %d bytes; at most %d are allowed", len(data), sourceBytesMax), "move large scripts to script_file"))
		return nil
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	text = normalise(text)
	p.src = newSource(text)
	if i := invalidText(text); i >= 0 {
		e := yamlSyntax("the source is not a text in UTF-8", "save the file as UTF-8")
		e.at = newCursor(p.src).offset(i)
		p.add(e)
		return nil
	}
	var root *node
	var err error
	switch format := p.format(text); format {
	case FormatJSON:
		root, err = readJSON(p.src, p.add)
	case FormatYAML:
		root, err = readYAML(p.src, p.add)
	default:
		err = &syntaxError{
			at: place{line: 1, column: 1}, code: CodeInvalidValue,
			message: "there is no format " + quote(format), hint: "use yaml or json",
		}
	}
	var e *syntaxError
	if errors.As(err, &e) {
		p.add(e)
		return nil
	}
	return root
}

// invalidText returns the offset of the first byte that is not text, -1 if there is none.
func invalidText(text string) int {
	if utf8.ValidString(text) {
		return strings.IndexByte(text, 0)
	}
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return i
		}
	}
	return -1
}

func (p *parser) format(text string) string {
	if p.opts.Format != "" {
		return p.opts.Format
	}
	switch strings.ToLower(filepath.Ext(p.opts.File)) {
	case ".json":
		return FormatJSON
	case ".yaml", ".yml":
		return FormatYAML
	}
	return tellFormat(text)
}

// workflow reads the whole.
func (p *parser) workflow(root *node) {
	if root.kind != document.KindObject {
		code, message := CodeWrongType, "a workflow is an object with name, nodes and edges, not "+root.describe()
		if root.kind == document.KindNull {
			code, message = CodeMissing, "there is no workflow here: it is an object with name, nodes and edges"
		}
		p.error(root.at, nil, code, message, "begin with the line name: my-workflow")
		return
	}
	f := p.fields(root, nil, workflowKeys)
	p.name(root, f)
	if n := f["signals"]; n != nil {
		p.signals(n) // before the nodes that wait for them
	}
	if n := f["nodes"]; n != nil {
		p.nodes(n)
	} else if root.member("nodes") == nil {
		p.error(root.at, nil, CodeMissing, "a workflow needs nodes", "write nodes: {first: some.tool}")
	}
	if n := f["edges"]; n != nil {
		p.edges(n)
	}
	if n := f["state"]; n != nil {
		p.state(n)
	}
	if n := f["limits"]; n != nil {
		p.limits(n)
	}
	if n := f["queue"]; n != nil {
		p.queue(n)
	}
	if n := f["labels"]; n != nil {
		p.labels(n)
	}
	if n := f["isolation"]; n != nil {
		p.isolation(n)
	}
	if n := f["schedules"]; n != nil {
		p.schedules(n)
	}
	if n := f["start"]; n != nil {
		p.start(n)
	} else if root.member("start") == nil {
		p.chooseStart(root.at)
	}
}

func (p *parser) name(root *node, f fields) {
	t := under(nil, "name")
	n := f["name"]
	switch {
	case n != nil:
		name, ok := p.text(n, t, "a name such as my-workflow")
		if !ok {
			return
		}
		p.checkName(name, "a workflow", n.at, t)
		if p.opts.Name != "" && name != p.opts.Name {
			p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("the workflow is named %s, but is to be saved as %s", quote(name), quote(p.opts.Name)),
				"write name: "+p.opts.Name)
		}
		p.def.Name = name
	case p.opts.Name != "":
		p.checkName(p.opts.Name, "a workflow", root.at, t)
		p.def.Name = p.opts.Name
	case root.member("name") == nil:
		p.error(root.at, t, CodeMissing, "a workflow needs a name", "begin with the line name: my-workflow")
	}
}
