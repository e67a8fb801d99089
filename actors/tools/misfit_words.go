package tools

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/weirflow/weir/eventstore/document"
)

// claim says what is wrong at the place of the misfit.
func (m *Misfit) claim() string {
	switch {
	case m.Missing != "":
		return fmt.Sprintf("`%s` is missing", m.Missing)
	case m.Extra != "":
		claim := fmt.Sprintf("`%s` is not allowed", m.Extra)
		if near := nearest(m.Extra, m.Known); near != "" {
			claim += fmt.Sprintf(" (did you mean `%s`?)", near)
		}
		return claim
	case m.Want != "":
		return "must be " + m.Want
	default:
		return m.Message
	}
}

// claimFrom is claim with the way from a place so many steps deep.
func (m *Misfit) claimFrom(depth int) string {
	if below := document.Pointer(m.At[depth:]...); below != "" {
		return below + ": " + m.claim()
	}
	return m.claim()
}

var english = message.NewPrinter(language.English)

// kindWords says what a value is.
func kindWords(v document.Value) string {
	switch v.Kind() {
	case document.KindString:
		return "a text"
	case document.KindNumber:
		return "a number"
	case document.KindArray:
		return "a list"
	case document.KindObject:
		return "an object"
	default:
		return v.String()
	}
}

// Words for what a schema asks of a value, to follow "must be".

// typeWords names the types of JSON Schema as people call them.
func typeWords(types []string) string {
	words := map[string][]string{
		"string": {"a text"}, "number": {"a number"}, "integer": {"a whole number"}, "boolean": {"true", "false"},
		"array": {"a list"}, "object": {"an object"}, "null": {"null"},
	}
	var all []string
	for _, name := range types {
		all = append(all, words[name]...)
	}
	return oneOf(all)
}

// valueWords names values that are allowed, and returns those that are texts.
func valueWords(values []any) (words string, texts []string) {
	const most = 20
	var all []string
	for _, v := range values {
		if text, ok := v.(string); ok && text != "" {
			texts = append(texts, text)
			all = append(all, text)
			continue
		}
		value, err := document.From(v)
		if err != nil {
			return "", nil
		}
		all = append(all, value.String())
	}
	if rest := len(all) - most; rest > 0 {
		all = append(all[:most], fmt.Sprintf("%d others", rest))
	}
	return oneOf(all), texts
}

// oneOf joins words: a, b or c.
func oneOf(words []string) string {
	words = slices.Compact(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// boundWords says what a bound asks for, "" for what is no bound.
func boundWords(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		if k.Want == 1 {
			return "a text that is not empty"
		}
		return fmt.Sprintf("a text of at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("a text of at most %d characters", k.Want)
	case *kind.Pattern:
		return "a text that matches " + k.Want
	case *kind.Minimum:
		return "at least " + decimal(k.Want)
	case *kind.Maximum:
		return "at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "a multiple of " + decimal(k.Want)
	}
	return ""
}

// boundMessage says what is wrong where "must be" would not.
func boundMessage(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinItems:
		return fmt.Sprintf("it has %d items, and needs at least %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("it has %d items, and may have %d", k.Got, k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("it has %d keys, and needs at least %d", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("it has %d keys, and may have %d", k.Got, k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("the items [%d] and [%d] are equal", k.Duplicates[0], k.Duplicates[1])
	}
	return k.LocalizedString(english)
}

func decimal(r *big.Rat) string {
	text := r.FloatString(20)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
