package scripts

import (
	"fmt"
	"math"
	"strings"
)

// The translator writes the text of an enum's member wherever the member stands, and puts texts together in an enum while it
// translates: B = A + A, C = B + B, … is twice as long with each line. No limit of an execution holds there.

// enumTextMax bounds what a text of an enum may come to, in bytes.
const enumTextMax = 4096

var hugeEnum = fmt.Sprintf("a text of this enum is, or may come to, more than %d bytes, which would stand wherever it is used: keep it in a constant", enumTextMax)

// checkEnums finds an enum whose texts, by a cautious estimate, are too long.
func checkEnums(source string) *shapeProblem {
	if !strings.Contains(source, "enum") {
		return nil
	}
	s := bracketScanner{source: source}
	e := enumTexts{}
	for i := 0; i < len(source); {
		from := i
		if i = s.next(i); s.fault != nil {
			s.fault, i = nil, from+1
		}
		if token := strings.TrimSpace(source[from:i]); token != "" && !strings.HasPrefix(token, "//") && !strings.HasPrefix(token, "/*") {
			e.take(token, from)
		}
		if e.size() > enumTextMax {
			return &shapeProblem{hugeEnum, e.at}
		}
	}
	return nil
}

// enumTexts adds up the texts in all enums of a source: each may be made of those before it.
type enumTexts struct {
	last    [2]string // tokens before this one
	at      int       // where the last enum begins
	depth   int       // braces that are open since an enum has begun
	longest int
	sum     int
	joins   int // signs that put texts together
}

// take looks at one token of the source.
func (e *enumTexts) take(token string, at int) {
	opens, closes := token == "{" || strings.HasSuffix(token, "${"), token[0] == '}' // a template has such braces in its tokens
	switch {
	case e.depth > 0:
		if opens {
			e.depth++
		}
		if closes {
			e.depth--
		}
		if token == "+" || strings.HasSuffix(token, "${") {
			e.joins++
		}
		if strings.ContainsAny(token[:1], "\"'`}") {
			e.sum += len(token)
			e.longest = max(e.longest, len(token))
		}
	case token == "{" && e.last[0] == "enum" && isWord(e.last[1][0]):
		e.depth, e.at = 1, at
	}
	e.last[0], e.last[1] = e.last[1], token
}

// size is how long a text may be at most: as long as the longest, or twice all for each sign that puts some together.
func (e *enumTexts) size() int {
	if e.joins == 0 || e.sum == 0 {
		return e.longest
	}
	if e.joins > 30 {
		return math.MaxInt
	}
	return e.sum << e.joins
}
