package scripts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestEnumsThatWouldBeHuge shows that the translator is not given enums whose texts it would make longer without an end.
func TestEnumsThatWouldBeHuge(t *testing.T) {
	plus, template, long := "A0 = 'xxxxxxxx'", "A0 = 'xxxxxxxx'", strings.Repeat("x", 9000)
	for i := range 40 {
		plus += fmt.Sprintf(", A%d = A%d + A%[2]d", i+1, i)
		template += fmt.Sprintf(", A%d = `${A%d}${A%[2]d}`", i+1, i)
	}
	for source, huge := range map[string]bool{
		"const enum E ¶{ " + plus + " }":         true,
		"enum E ¶{ " + template + " }":           true,
		"enum E ¶{ A = '" + long + "' }":         true,
		"enum /* { */ E ¶{ A = `" + long + "` }": true,
		"enum A { B = 'x', C = 'y' + B, D = `${C}z` }\nenum F { G = 1 + 2, H = 1 << 4 }\nconst s: string = 'x' + '" + long + "'": false,
		"const s: any = {enum: {a: '" + long + "'}}; s.enum = {b: s + s}; // enum E { A = " + long:                               false,
	} {
		before, after, _ := strings.Cut(source, "¶")
		source := before + after + "\nexport default () => 1"
		inner := scripts.Code{Source: "export {default} from './lib'", Folder: scripts.Files{"lib.ts": source}}
		_, err := scripts0.Compile(inline(source))
		_, within := scripts0.Compile(inner)
		if !huge {
			if err != nil || within != nil {
				t.Errorf("%.60s: %v, %v", source, err, within)
			}
			continue
		}
		if e := failure(t, err, scripts.KindLimit); !strings.Contains(e.Message, "a text of this enum") || e.Column != 7+len(before) {
			t.Errorf("%.60s: %v", source, e)
		}
		if within == nil || !strings.Contains(within.Error(), "a text of this enum") {
			t.Errorf("imported: %.60s: %v", source, within)
		}
	}
}
