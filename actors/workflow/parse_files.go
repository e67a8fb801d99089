package workflow

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds of the files that come with a workflow. A script file is also bounded by the engine that runs it.
const (
	filesMax      = 100     // files
	filesBytesMax = 1 << 20 // of all of them together
	// Of what scripts are translated to. It is stored with the revision, whose source and files it may copy many times.
	bundleBytesMax = 3 << 20
	pathBytesMax   = 255
)

// ScriptSources returns the paths that a source names under script_file, and the scripts that stand in it, each once. A
// source that cannot be read has none; Parse says what is wrong with it.
func ScriptSources(source []byte, opts Options) (files, inline []string) {
	p := &parser{opts: opts, def: &Definition{}}
	root := p.read(source)
	if root == nil || root.bad {
		return nil, nil
	}
	add := func(list *[]string, n *node) {
		if n != nil && n.kind == document.KindString && !slices.Contains(*list, n.text) {
			*list = append(*list, n.text)
		}
	}
	if nodes := root.member("nodes"); nodes != nil {
		for _, m := range nodes.members {
			for _, n := range []*node{m.value, m.value.way("map", "node"), m.value.way("compensate")} {
				if n != nil {
					add(&files, n.member("script_file"))
					add(&inline, n.member("script"))
				}
			}
		}
	}
	return files, inline
}

// way returns the value that keys lead to; nil if there is none.
func (n *node) way(keys ...string) *node {
	for _, key := range keys {
		if n = n.member(key); n == nil {
			return nil
		}
	}
	return n
}

// CheckScript says what is wrong with a node's script, or an expression, that stands by itself, as Parse does of those of a
// workflow. Its file is opts.File.
func CheckScript(source string, expression bool, opts Options) Problems {
	p := &parser{opts: opts, def: &Definition{}}
	s := Script{Source: source, Origin: Position{File: opts.File, Line: 1, Column: 1}, Block: true}
	if expression {
		p.expression(s, nil)
	} else {
		p.checkBody(&s, opts.File, nil)
	}
	return p.list.sorted(opts.File)
}

// scriptFile takes a script from the files that came with the workflow.
func (p *parser) scriptFile(out *Node, n *node, t *trail) {
	name, ok := p.text(n, t, "the path of a script")
	if !ok {
		return
	}
	p.named = append(p.named, name)
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".tsx" || ext == ".jsx" {
		p.error(n.at, t, CodeInvalidValue, "scripts have no JSX", "write the script in a .ts or .js file")
		return
	}
	if wrong, hint := badPath(name); wrong != "" {
		p.refuse(n.at, t, CodeInvalidValue, fmt.Sprintf("the path %s %s", quote(name), wrong), hint)
		if !p.opts.Saved {
			return
		}
	}
	source, ok := p.opts.Files[name]
	if !ok {
		hint := "put the file there, or send it along, under exactly this path"
		if near := p.near(name, keys(p.opts.Files)); near != "" {
			hint = didYouMean(near)
			p.named = append(p.named, near)
		}
		p.error(n.at, t, CodeUnknownFile, fmt.Sprintf("there is no file %s with the workflow", quote(name)), hint)
		return
	}
	if strings.TrimSpace(source) == "" {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("the file %s is empty", quote(name)), "")
		return
	}
	out.Script = Script{Source: source, Origin: Position{File: name, Line: 1, Column: 1}, Block: true, Item: p.item}
	p.checkBody(&out.Script, name, t)
}

// files looks at the files that came with the workflow, once that has been read or could not be. What is wrong
// with a file names it and has no line.
func (p *parser) files(read bool) {
	if count := len(p.opts.Files); count > filesMax {
		p.aboutFiles(p.opts.File, under(nil, "files"), p.refusal(), CodeTooLarge,
			fmt.Sprintf("%s files came with the workflow; at most %d are allowed", grouped(count), filesMax), "send those that a script_file names")
		return
	}
	bytes := 0
	for _, name := range keys(p.opts.Files) {
		t := under(under(nil, "files"), name)
		text := p.opts.Files[name]
		bytes += len(text)
		wrong, hint := badPath(name)
		switch {
		case wrong != "":
			p.aboutFiles(name, t, p.refusal(), CodeInvalidValue, fmt.Sprintf("the path %s %s", quote(name), wrong), hint)
		case !utf8.ValidString(text):
			p.aboutFiles(name, t, p.refusal(), CodeSyntax, "the file is not a text in UTF-8", "save it as UTF-8")
		case read && !slices.Contains(p.named, name):
			p.aboutFiles(name, t, SeverityWarning, CodeNoEffect, "no script_file names this file, and no script imports it", "leave it out, or name it")
		}
	}
	if bytes > filesBytesMax {
		p.aboutFiles(p.opts.File, under(nil, "files"), p.refusal(), CodeTooLarge,
			fmt.Sprintf("the files have %s bytes together; at most %s are allowed", grouped(bytes), grouped(filesBytesMax)), "")
	}
}

func (p *parser) aboutFiles(file string, t *trail, s Severity, code, message, hint string) {
	p.list.add(Problem{Severity: s, File: file, Path: t.String(), Code: code, Message: message, Hint: hint})
}

var drive = regexp.MustCompile(`^[A-Za-z]:`)

// badPath says why a path cannot be that of a file beside the workflow, and what to write instead; "" where
// it can be.
func badPath(name string) (wrong, hint string) {
	const from = "write the way to it from the folder of the workflow, such as lib/score.js"
	switch {
	case name == "":
		return "is empty", from
	case len(name) > pathBytesMax:
		return fmt.Sprintf("has more than %d bytes", pathBytesMax), ""
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has a control character", ""
	case strings.HasPrefix(name, "/") || drive.MatchString(name):
		return "is absolute", from
	case strings.Contains(name, `\`):
		return "has a backslash", "write /"
	}
	switch clean := path.Clean(name); {
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "has a step `..`", "keep the file in the folder of the workflow, or below it"
	case name == ".":
		return "is a folder", from
	case clean != name:
		return "is not written as short as it can be", "write " + clean
	}
	return "", ""
}
