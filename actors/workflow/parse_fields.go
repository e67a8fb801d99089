package workflow

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// keySet says which keys an object may have.
type keySet struct {
	of        string            // what the object is, for messages
	known     []string          // in the order a message lists them
	later     []string          // known, but not supported by this version
	misplaced map[string]string // what belongs somewhere else, and where
	ignored   func(key string) bool
}

var (
	workflowKeys = keySet{
		of: "a workflow", known: []string{"name", "start", "state", "nodes", "edges", "signals", "limits", "queue", "labels", "isolation", "schedules"},
		// $schema and x-… are for editors and for anchors.
		ignored: func(key string) bool { return key == "$schema" || strings.HasPrefix(key, "x-") },
	}
	nodeKeys = keySet{
		of: "a node",
		known: []string{
			"tool", "script", "script_file", "set", "sleep", "until", "wait", "map", "workflow",
			"with", "into", "retry", "timeout", "catch", "checkpoint", "join", "limit", "compensate",
		},
	}
	edgeKeys   = keySet{of: "a choice", known: []string{"when", "to", "max", "exhausted", "loop"}}
	retryKeys  = keySet{of: "retry", known: []string{"max", "backoff", "initial", "cap", "jitter", "on"}}
	catchKeys  = keySet{of: "a catch", known: []string{"on", "to"}}
	waitKeys   = keySet{of: "a wait", known: []string{"signal", "timeout", "schema"}}
	signalKeys = keySet{of: "a signal", known: []string{"schema"}}
	stateKeys  = keySet{of: "a state key", known: []string{"reduce", "schema"}}
	limitKeys  = keySet{
		of: "limits", known: []string{"steps", "duration", "state_size", "output_size", "fan_out", "depth", "calls"},
	}
)

// fields holds an object's values by key: only known keys, only those that have a value.
type fields map[string]*node

// fields reads an object and reports every key that does not belong.
func (p *parser) fields(n *node, t *trail, set keySet) fields {
	out := fields{}
	for _, m := range n.members {
		at := under(t, m.key)
		switch {
		case slices.Contains(set.known, m.key):
			if m.value.kind == document.KindNull && !m.value.bad {
				p.error(m.at, at, CodeMissing, fmt.Sprintf("`%s` has no value", m.key), "give it one, or remove the key")
			} else if !m.value.bad {
				out[m.key] = m.value
			}
		case slices.Contains(set.later, m.key):
			p.error(m.at, at, CodeNotYet, fmt.Sprintf("`%s` is not supported yet", m.key), "remove the key")
		case set.misplaced[m.key] != "":
			p.error(m.at, at, CodeInvalidValue, fmt.Sprintf("`%s` does not belong into %s", m.key, set.of), set.misplaced[m.key])
		case set.ignored != nil && set.ignored(m.key):
		default:
			hint := set.of + " has " + strings.Join(set.known, ", ")
			if near := p.near(m.key, slices.Concat(set.known, set.later)); near != "" {
				hint = didYouMean(near)
			}
			p.error(m.at, at, CodeUnknownKey, "unknown key "+quote(m.key), hint)
		}
	}
	return out
}

// object reports a value that is not an object.
func (p *parser) object(n *node, t *trail, want, hint string) bool {
	if n.bad || n.kind == document.KindObject {
		return !n.bad
	}
	p.wrongType(n, t, want, hint)
	return false
}

// text reads a text that is not empty.
func (p *parser) text(n *node, t *trail, want string) (string, bool) {
	hint := ""
	switch {
	case n.bad:
		return "", false
	case n.kind == document.KindNumber || n.kind == document.KindBool:
		hint = "put it in quotes"
	}
	if n.kind != document.KindString {
		p.wrongType(n, t, want, hint)
		return "", false
	}
	if strings.TrimSpace(n.text) == "" {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s is empty", t), "write "+want)
		return "", false
	}
	return n.text, true
}

// truth reads a boolean.
func (p *parser) truth(n *node, t *trail) bool {
	if n.kind == document.KindBool {
		return n.truth
	}
	p.wrongType(n, t, "true or false", truthHint(n.text))
	return false
}

// truthHint says how a text that means yes or no is written, "" for others.
func truthHint(text string) string {
	switch strings.ToLower(text) {
	case "yes", "on":
		return "write true"
	case "no", "off":
		return "write false"
	case "true", "false":
		return "remove the quotes"
	}
	return ""
}

// integer reads a whole number from 1 to a bound.
func (p *parser) integer(n *node, t *trail, most int) (int, bool) {
	want := "a whole number from 1 to " + grouped(most)
	if n.kind != document.KindNumber {
		hint := ""
		if _, err := strconv.Atoi(n.text); n.kind == document.KindString && err == nil {
			hint = "remove the quotes"
		}
		p.wrongType(n, t, want, hint)
		return 0, false
	}
	i, ok := n.value().AsInt()
	if !ok || i < 1 || i > int64(most) {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, clip(n.text)), "")
		return 0, false
	}
	return int(i), true
}

// grouped writes a number with commas, as people read large ones.
func grouped(i int) string {
	s := strconv.Itoa(i)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// durationMax is about a century, far within what timestamps hold.
const durationMax = 876_000 * time.Hour

var (
	unitless = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	days     = regexp.MustCompile(`^([0-9]{1,5}) ?(d|day|days)$`)

	durationShape = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`)
)

// duration reads a span of time of at least a given length.
func (p *parser) duration(n *node, t *trail, least time.Duration) (time.Duration, bool) {
	switch n.kind {
	case document.KindNumber:
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is a number without a unit", t), fmt.Sprintf(`write "%ss" for seconds`, clip(n.text)))
		return 0, false
	case document.KindString:
	default:
		p.wrongType(n, t, `a duration such as "30s"`, "")
		return 0, false
	}
	hint := `write a number with a unit of ms, s, m or h, such as "30s" or "1h30m"`
	d, err := time.ParseDuration(n.text)
	switch m := days.FindStringSubmatch(n.text); {
	case strings.Contains(n.text, "${"):
		p.error(n.at, t, CodeNotYet, fmt.Sprintf("%s cannot be an expression yet", t), hint)
		return 0, false
	case unitless.MatchString(n.text) && n.text != "0":
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is a number without a unit", t), fmt.Sprintf(`write "%ss" for seconds`, n.text))
		return 0, false
	case m != nil:
		count, _ := strconv.Atoi(m[1])
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is in days, which durations do not have", t), fmt.Sprintf(`write "%dh"`, 24*count))
		return 0, false
	case err != nil && !durationShape.MatchString(n.text):
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is not a duration: %s", t, quote(n.text)), hint)
		return 0, false
	case err != nil || d > durationMax:
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is longer than %dh, the longest there is", t, int(durationMax.Hours())), "")
		return 0, false
	case d < least:
		want := "longer than 0s"
		if least == 0 {
			want = "0s or more"
		}
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, quote(n.text)), "")
		return 0, false
	}
	return d, true
}

var (
	sizeText  = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)$`)
	sizeUnits = map[string]int64{
		"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	}
)

// size reads a number of bytes, plain or with a unit, of at least one.
func (p *parser) size(n *node, t *trail, most int) int {
	switch n.kind {
	case document.KindNumber:
		bytes, _ := p.integer(n, t, most)
		return bytes
	case document.KindString:
	default:
		p.wrongType(n, t, "a size such as 4MiB", "")
		return 0
	}
	text := n.text
	m := sizeText.FindStringSubmatch(text)
	var unit int64
	if m != nil {
		unit = sizeUnits[m[2]]
	}
	if unit == 0 {
		hint := "write bytes, or a number with KiB, MiB or GiB, such as 4MiB"
		if m != nil {
			if near := p.near(m[2], keys(sizeUnits)); near != "" {
				hint = fmt.Sprintf("did you mean %s%s?", m[1], near)
			}
		}
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is not a size: %s", t, quote(text)), hint)
		return 0
	}
	count, _ := new(big.Rat).SetString(m[1])
	count.Mul(count, new(big.Rat).SetInt64(unit))
	bytes := new(big.Int).Quo(count.Num(), count.Denom())
	if !bytes.IsInt64() || bytes.Int64() < 1 || bytes.Int64() > int64(most) {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be from 1 byte to %s, not %s", t, sized(most), quote(text)), "")
		return 0
	}
	return int(bytes.Int64())
}

// sized writes a number of bytes in its largest whole unit.
func sized(bytes int) string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if u := int(sizeUnits[unit]); bytes >= u && bytes%u == 0 {
			return strconv.Itoa(bytes/u) + unit
		}
	}
	return strconv.Itoa(bytes) + " bytes"
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// checkName reports a name that subjects, files and URLs could not carry.
func (p *parser) checkName(name, of string, at place, t *trail) {
	if namePattern.MatchString(name) {
		return
	}
	hint := ""
	if fixed := nameOf(name); fixed != "" {
		hint = "write " + fixed
	}
	p.error(at, t, CodeInvalidName, fmt.Sprintf("%s cannot be the name of %s: names are 1 to 64 of the characters A-Z a-z 0-9 _ -", quote(name), of), hint)
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// nameOf makes an allowed name of another.
func nameOf(name string) string {
	fixed := strings.Trim(notInNames.ReplaceAllString(name, "-"), "-")
	return fixed[:min(len(fixed), 64)]
}
