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
	if strings.Contains(source, "eval") || strings.Contains(source, `\u`) {
		return allowed // a name may be put together, or be spelled with escapes
	}
	var found names
	for _, n := range allNames {
		if allowed&n.bit != 0 && strings.Contains(source, n.name) {
			found |= n.bit
		}
	}
	return found
}

// header returns the start of the function that a source is wrapped in. The names are constants, so that `state = x`,
// which would have no effect, is an error; they are declared outside of the block of the source, which may
// therefore declare its own.
func header(sees names) string {
	var params, consts []string
	for _, n := range allNames {
		if sees&n.bit != 0 {
			params = append(params, "weir$"+n.name)
			consts = append(consts, n.name+"=weir$"+n.name)
		}
	}
	head := "(function(" + strings.Join(params, ",") + `){"use strict";`
	if len(consts) > 0 {
		head += "const " + strings.Join(consts, ",") + ";"
	}
	return head
}
