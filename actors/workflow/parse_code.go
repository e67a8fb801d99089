package workflow

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

func (p *parser) position(at place) Position {
	return Position{File: p.opts.File, Line: at.line, Column: at.column}
}

// codeOf makes a script of a whole string.
func (p *parser) codeOf(n *node) Script {
	return p.codeWithin(n, newRuler(p.src.marks(n), n.text), 0, len(n.text))
}

// codeWithin makes a script of a part of a string.
func (p *parser) codeWithin(n *node, r *ruler, from, to int) Script {
	marks := r.cut(from, to)
	s := Script{Source: n.text[from:to], Origin: p.position(marks[0].at), Item: p.item}
	if n.literal && from == 0 {
		s.Block = true
	} else if len(marks) > 1 {
		s.marks = marks
	}
	return s
}

// Frame returns the place from which an engine is to count positions in the script, and whether later
// lines begin at its column too. It is the script's origin, unless the script is scattered over its file, as
// a text with escapes or one folded over several lines is. Positions so counted become the file's by At.
func (s *Script) Frame() (from Position, block bool) {
	if s.marks == nil {
		return s.Origin, s.Block
	}
	return Position{File: s.Origin.File, Line: 1, Column: 1}, true
}

// At returns where in the file a position stands that was counted from Frame.
func (s *Script) At(at Position) Position {
	if s.marks == nil || at.File != s.Origin.File || at.Line < 1 {
		return at
	}
	offset := 0
	for range at.Line - 1 {
		offset += lineLength(s.Source[offset:])
	}
	for range at.Column - 1 {
		_, size := utf8.DecodeRuneInString(s.Source[offset:])
		offset += size
	}
	place := newRuler(s.marks, s.Source).place(offset)
	return Position{File: at.File, Line: place.line, Column: place.column}
}

// lineLength returns the length of a text's first line with what ends it, by JavaScript's rules.
func lineLength(text string) int {
	i := strings.IndexAny(text, "\n\r\u2028\u2029")
	if i < 0 {
		return len(text)
	}
	if strings.HasPrefix(text[i:], "\r\n") {
		return i + 2
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return i + size
}

// counted reports whether one more piece of code may be compiled.
func (p *parser) counted(at Position, t *trail) bool {
	p.codeSeen++
	if p.codeSeen == codeMax+1 {
		p.error(place{line: at.Line, column: at.Column}, t, CodeTooLarge,
			fmt.Sprintf("a workflow has at most %s scripts, conditions and ${…}", grouped(codeMax)), "")
	}
	return p.codeSeen <= codeMax && p.opts.Checker != nil
}

// checkBody compiles a script, which is bundled under a key.
func (p *parser) checkBody(s *Script, key string, t *trail) {
	s.Bundle = p.opts.Bundles[key]
	if !p.counted(s.Origin, t) {
		return
	}
	bundle, err := p.opts.Checker.Body(s, p.opts.Files)
	p.compiled(err, s, t, "the script does not compile")
	if err != nil {
		return
	}
	if bundle != nil {
		p.bundle(s, bundle, key, t)
	}
	p.remarks(s, false, t)
}

// bundle keeps what a script was translated to.
func (p *parser) bundle(s *Script, bundle *ScriptBundle, key string, t *trail) {
	s.Bundle = bundle
	p.named = append(p.named, bundle.Files...)
	if p.def.Bundles == nil {
		p.def.Bundles = map[string]*ScriptBundle{}
	}
	if _, again := p.def.Bundles[key]; !again {
		p.bundleBytes += len(bundle.Code) + len(bundle.Mappings)
		p.def.Bundles[key] = bundle
	}
	if p.bundleBytes > bundleBytesMax {
		p.bundleBytes = 0 // it is said once
		p.error(place{line: s.Origin.Line, column: s.Origin.Column}, t, CodeTooLarge,
			fmt.Sprintf("the scripts have more than %s bytes with all that they import", grouped(bundleBytesMax)), "import less, or in fewer scripts")
	}
}

// expression checks a script that is one expression.
func (p *parser) expression(s Script, t *trail) *Expression {
	if strings.TrimSpace(s.Source) == "" {
		p.error(place{line: s.Origin.Line, column: s.Origin.Column}, t, CodeMissing, "the expression is empty", "write one such as ${state.key}")
		return &s
	}
	if p.counted(s.Origin, t) {
		err := p.opts.Checker.Expression(&s)
		p.compiled(err, &s, t, "the expression does not compile")
		if err == nil {
			p.remarks(&s, true, t)
		}
	}
	return &s
}

// remarks passes on what the engine says of a script that compiles: warnings, as what a script never comes to keeps nothing
// from running.
func (p *parser) remarks(s *Script, expression bool, t *trail) {
	for _, r := range p.opts.Checker.Remarks(s, expression, p.opts.Files) {
		for _, names := range r.Known {
			if near := p.near(r.Name, names); near != "" {
				r.Hint = didYouMean(near)
				break
			}
		}
		p.list.add(Problem{
			Severity: SeverityWarning, File: r.Position.File, Line: r.Position.Line, Column: r.Position.Column,
			Path: t.String(), Code: r.Code, Message: r.Message, Hint: r.Hint,
		})
	}
}

// compiled reports a script that does not compile, at its place in the file.
func (p *parser) compiled(err error, s *Script, t *trail, what string) {
	if err == nil {
		return
	}
	at, message := s.Origin, err.Error()
	var f *Failure
	if errors.As(err, &f) {
		message = f.Message
		if f.Position != nil && f.Position.Line > 0 {
			at = *f.Position
		}
	}
	p.list.add(Problem{
		Severity: p.refusal(), File: at.File, Line: at.Line, Column: at.Column,
		Path: t.String(), Code: CodeScript, Message: what + ": " + message,
	})
}

// template reads a value whose strings may hold ${…}.
func (p *parser) template(n *node, t *trail) *Template { return &Template{root: p.part(n, t)} }

// unknownPart stands for what has been found wrong already.
var unknownPart = textPart{}

func (p *parser) part(n *node, t *trail) part {
	if n.bad {
		return unknownPart
	}
	switch n.kind {
	case document.KindString:
		return p.textPart(n, t)
	case document.KindArray:
		out, fixed := make(arrayPart, len(n.items)), true
		for i, item := range n.items {
			out[i] = p.part(item, within(t, i))
			fixed = fixed && isConstant(out[i])
		}
		return folded(out, fixed)
	case document.KindObject:
		var out objectPart
		fixed := true
		for _, m := range n.members {
			at := under(t, m.key)
			p.checkStateKey(m.key, m.at, at)
			if strings.Contains(m.key, "${") {
				p.error(m.at, at, CodeInvalidValue, "a key cannot hold an expression", "write the key as it is to be")
			}
			value := p.part(m.value, at)
			out.keys, out.parts = append(out.keys, m.key), append(out.parts, value)
			fixed = fixed && isConstant(value)
		}
		return folded(out, fixed)
	default:
		return constant{n.value()}
	}
}

func isConstant(p part) bool {
	_, ok := p.(constant)
	return ok
}

// folded evaluates a part without expressions once and for all.
func folded(p part, fixed bool) part {
	if !fixed {
		return p
	}
	v, err := p.eval(nil, Scope{})
	if err != nil {
		return p
	}
	return constant{v}
}

func (p *parser) textPart(n *node, t *trail) part {
	if !strings.Contains(n.text, "${") {
		return constant{document.String(n.text)}
	}
	r := newRuler(p.src.marks(n), n.text)
	parts, unclosed := spans(n.text)
	if unclosed >= 0 {
		p.error(r.place(unclosed), t, CodeScript, "the ${ that begins here has no closing }",
			"close it, or write $${ for the two characters themselves")
		return unknownPart
	}
	var out textPart
	for _, s := range parts {
		if s.expression {
			out = append(out, piece{expression: p.expression(p.codeWithin(n, r, s.from, s.to), t)})
		} else {
			out = append(out, piece{literal: s.literal})
		}
	}
	switch {
	case len(out) == 1 && out[0].expression != nil:
		return expressionPart{out[0].expression}
	case len(out) == 1:
		return constant{document.String(out[0].literal)}
	default:
		return out
	}
}
