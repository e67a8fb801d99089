package workflow

import (
	"bytes"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// Bundle is a workflow that comes in one document with the script files it names.
type Bundle struct {
	Source []byte            // the workflow as it was written; nil where a problem hides it
	Format string            // of the source: FormatYAML or FormatJSON
	Files  map[string]string // script files by path
}

var bundleKeys = keySet{of: "a workflow with files", known: []string{"source", "format", "files"}}

// ReadBundle reads a bundle, which is an object in YAML or JSON:
//
//	source: |              # the workflow, as a text; in JSON it may also stand here as the object it is
//	  name: review
//	  nodes: {score: {script_file: score.js}}
//	format: yaml           # of the source: yaml or json; may be left out
//	files:
//	  score.js: |
//	    return {score: 100}
//
// A workflow has neither of the keys source and files, a bundle has at least one: found says whether the
// document is one. Its problems are about the document and point into it. What it gives although there are
// problems can be parsed, so that those of the workflow come along: lines and columns count within source.
func ReadBundle(doc []byte, opts Options) (b Bundle, found bool, problems Problems) {
	if !bytes.Contains(doc, []byte("source")) && !bytes.Contains(doc, []byte("files")) {
		return Bundle{}, false, nil // not worth reading twice
	}
	p := &parser{opts: opts, def: &Definition{}}
	root := p.read(doc)
	if root == nil || root.kind != document.KindObject || root.member("source") == nil && root.member("files") == nil {
		return Bundle{}, false, nil
	}
	f := p.fields(root, nil, bundleKeys)
	if n := f["format"]; n != nil {
		b.Format = p.bundleFormat(n)
	}
	if n := f["source"]; n != nil {
		p.bundleSource(&b, n)
	} else if root.member("source") == nil {
		p.error(root.at, under(nil, "source"), CodeMissing, "the files come without a workflow", "write the workflow under source, beside files")
	}
	if n := f["files"]; n != nil {
		b.Files = p.bundleFiles(n)
	}
	return b, true, p.list.sorted(opts.File)
}

func (p *parser) bundleFormat(n *node) string {
	t := under(nil, "format")
	format, ok := p.text(n, t, "yaml or json")
	if ok && format != FormatYAML && format != FormatJSON {
		p.error(n.at, t, CodeInvalidValue, "there is no format "+quote(format), "use yaml or json")
		return ""
	}
	return format
}

func (p *parser) bundleSource(b *Bundle, n *node) {
	t := under(nil, "source")
	switch {
	case n.kind == document.KindObject && n.end > 0:
		if b.Format == FormatYAML {
			p.error(n.at, t, CodeInvalidValue, "the source stands here in JSON, and format says yaml", "leave out format, or write the source as a text")
		}
		b.Source, b.Format = []byte(p.src.text[n.at.offset:n.end]), FormatJSON
	case n.kind == document.KindObject:
		p.error(n.at, t, CodeWrongType, "the source of a workflow in YAML must be a text", "write source: | and the workflow on the lines below it, indented")
	default:
		text, ok := p.text(n, t, "the workflow, as a text")
		if !ok {
			return
		}
		b.Source = []byte(text)
		if b.Format == "" {
			b.Format = tellFormat(text)
		}
	}
}

func (p *parser) bundleFiles(n *node) map[string]string {
	const want, hint = "an object with the text of each file under its path", `write {"score.js": "return {score: 100}"}`
	t := under(nil, "files")
	if !p.object(n, t, want, hint) {
		return nil
	}
	files := map[string]string{}
	for _, m := range n.members {
		if files[m.key] = m.value.text; m.value.kind != document.KindString {
			p.wrongType(m.value, under(t, m.key), "the text of the file", "")
			files[m.key] = "0" // stands in for it, so that the workflow does not seem to lack the file
		}
	}
	return files
}

// tellFormat tells JSON, which begins with a brace, from YAML.
func tellFormat(text string) string {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return FormatJSON
	}
	return FormatYAML
}
