package tools

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// counts returns how often the words occur in the state's code, without overlap.
func counts(s classicState, words ...string) (int64, error) {
	code, err := s.code()
	if err != nil {
		return 0, err
	}
	total := 0
	for _, word := range words {
		total += strings.Count(code, word)
	}
	return int64(total), nil
}

func mapExtract(s classicState) (document.Value, error) {
	n, err := counts(s, "def ")
	return object(member("functions", document.Int(n))), err
}

func mapComplexity(s classicState) (document.Value, error) {
	n, err := counts(s, "for ", "while ")
	return object(member("complexity", document.Int(n))), err
}

func mapIssues(s classicState) (document.Value, error) {
	n, err := counts(s, "TODO", "FIXME")
	if err != nil {
		return document.Null, err
	}
	complexity, err := s.number("complexity", 0)
	if err != nil {
		return document.Null, err
	}
	score, err := integer(100 - 10*n).minus(complexity).value()
	return object(member("issues", document.Int(n)), member("quality_score", score)), err
}

func mapSuggest(s classicState) (document.Value, error) {
	o, err := order(s.value("quality_score", 100), s.value("threshold", 100))
	if err != nil {
		return document.Null, fmt.Errorf("quality_score and threshold: %w", err)
	}
	suggestions := []string{"Looks good!"}
	if o < 0 {
		suggestions = []string{"Reduce complexity", "Fix TODOs"}
	}
	return object(member("suggestions", stringList(suggestions))), nil
}
