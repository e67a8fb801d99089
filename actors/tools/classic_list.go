package tools

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// pythonSpace lists what Python's \s matches and str.strip removes.
const pythonSpace = "\t\n\v\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

// definition is def\s+([a-zA-Z_]\w*)\s*\( with Python's Unicode meaning of \s and \w.
var definition = regexp.MustCompile(`def[` + pythonSpace + `]+([a-zA-Z_][\p{L}\p{N}_]*)[` + pythonSpace + `]*\(`)

func listExtractFunctions(s classicState) (document.Value, error) {
	code, err := s.code()
	if err != nil {
		return document.Null, err
	}
	names := []string{}
	for _, match := range definition.FindAllStringSubmatch(code, -1) {
		names = append(names, match[1])
	}
	return object(member("functions", stringList(names)), member("function_count", document.Int(int64(len(names))))), nil
}

// pythonLineEnd reports whether str.splitlines ends a line at r.
func pythonLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

func listCheckComplexity(s classicState) (document.Value, error) {
	code, err := s.code()
	if err != nil {
		return document.Null, err
	}
	lines := int64(0)
	for line := range strings.FieldsFuncSeq(code, pythonLineEnd) {
		if strings.Trim(line, pythonSpace) != "" {
			lines++
		}
	}
	return object(
		member("line_count", document.Int(lines)),
		member("complexity_score", document.Int(min(10, max(1, lines/10)))),
	), nil
}

func listDetectBasicIssues(s classicState) (document.Value, error) {
	code, err := s.code()
	if err != nil {
		return document.Null, err
	}
	issues := []string{}
	for _, rule := range []struct{ part, text string }{
		{"print(", "Avoid print statements; use logging instead"},
		{"TODO", "Unresolved TODO comments"},
		{"  ", "Two spaces in a row; check the indentation"},
	} {
		if strings.Contains(code, rule.part) {
			issues = append(issues, rule.text)
		}
	}
	return object(member("issues", stringList(issues)), member("issue_count", document.Int(int64(len(issues))))), nil
}

func listSuggestImprovements(s classicState) (document.Value, error) {
	complexity, err := s.number("complexity_score", 0)
	if err != nil {
		return document.Null, err
	}
	issues, err := s.number("issue_count", 0)
	if err != nil {
		return document.Null, err
	}
	hasFunctions := truthy(s.value("function_count", 0)) || truthy(s.value("functions", 0))
	suggestions := []string{}
	if complexity.compare(integer(7)) > 0 {
		suggestions = append(suggestions, "Split long functions and simplify branches to reduce complexity")
	}
	if issues.compare(integer(0)) > 0 {
		suggestions = append(suggestions, "Fix the detected issues")
	}
	if !hasFunctions {
		suggestions = append(suggestions, "Organise the code into functions")
	}
	penalty := greater(integer(0), complexity.minus(integer(5)))
	score, err := greater(integer(0), lesser(integer(10), integer(10).minus(penalty).minus(issues))).value()
	return object(
		member("suggestions", stringList(suggestions)),
		member("quality_score", score),
		member("quality_threshold", s.value("quality_threshold", 7)),
	), err
}

// truthy is Python's bool(v).
func truthy(v document.Value) bool {
	switch v.Kind() {
	case document.KindNull:
		return false
	case document.KindString:
		text, _ := v.AsString()
		return text != ""
	case document.KindArray, document.KindObject:
		return v.Len() > 0
	default:
		n, _ := toNumber(v)
		return n.compare(integer(0)) != 0
	}
}

func listEvaluateQuality(s classicState) (document.Value, error) {
	o, err := order(s.value("quality_score", 0), s.value("quality_threshold", 7))
	if err != nil {
		return document.Null, fmt.Errorf("quality_score and quality_threshold: %w", err)
	}
	return object(member("quality_ok", document.Bool(o >= 0))), nil
}
