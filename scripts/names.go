package scripts

import "strings"

// names is a set of the names that a program sees.
type names uint8

const (
	seesState names = 1 << iota
	seesInput
	seesCtx
	seesConsole
)

var allNames = []struct {
	name string
	bit  names
}{
	{"state", seesState},
	{"input", seesInput},
	{"ctx", seesCtx},
	{"console", seesConsole},
}

// namesIn returns those of the allowed names that the source could refer to. A program is given no others: what it
// cannot name need not be made.
func namesIn(source string, allowed names) names {
	if hidesNames(source) {
		return allowed
	}
	var found names
	for _, n := range allNames {
		if allowed&n.bit != 0 && strings.Contains(source, n.name) {
			found |= n.bit
		}
	}
	return found
}

// itemIn returns the name of the item if the source could refer to it, else "".
func itemIn(source, item string) string {
	if !hidesNames(source) && !strings.Contains(source, item) {
		return ""
	}
	return item
}

// hidesNames reports whether a name may be put together in the source, or be spelled with escapes.
func hidesNames(source string) bool {
	return strings.Contains(source, "eval") || strings.Contains(source, `\u`)
}

// header returns the start of the function that a source is wrapped in. The names are constants, so that `state = x`,
// which would have no effect, is an error; they are declared outside of the block of the source, which may
// therefore declare its own. The name of an item, if any, comes last.
func header(sees names, item string) string {
	var params, consts []string
	see := func(name string) {
		params = append(params, "weir$"+name)
		consts = append(consts, name+"=weir$"+name)
	}
	for _, n := range allNames {
		if sees&n.bit != 0 {
			see(n.name)
		}
	}
	if item != "" {
		see(item)
	}
	head := "(function(" + strings.Join(params, ",") + `){"use strict";`
	if len(consts) > 0 {
		head += "const " + strings.Join(consts, ",") + ";"
	}
	return head
}
