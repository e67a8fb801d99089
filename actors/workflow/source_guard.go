package workflow

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// What the YAML library costs grows with the square of some shapes: nested brackets, keys of one mapping,
// tabs in a line. These bounds refuse such shapes before they are handed on; with them the worst source of
// sourceBytesMax takes some tenths of a second and some hundred megabytes that are free again at once.
const (
	yamlSignsMax   = 300_000    // characters that could begin a token
	yamlTabWorkMax = 20_000_000 // tabs of a line times its length
	yamlKeyMax     = 1024       // bytes of a key, as YAML has it
	yamlKeyWorkMax = 4_000_000  // keys of a mapping, squared and halved
	yamlPathMax    = 16 << 20   // bytes of the paths that the library builds for all keys
)

// guardText refuses a YAML text whose tokens would cost too much to find.
func guardText(src *source) *syntaxError {
	signs, tabs := 0, 0
	for number := 1; number <= len(src.lines); number++ {
		line := src.line(number)
		tabs += strings.Count(line, "\t") * len(line)
		for i := range len(line) {
			switch line[i] {
			case ',', '[', ']', '{', '}', ':', '-', '?', '&', '*', '!', '|', '>', '#', '@', '`', '%', '"', '\'':
				signs++
			}
		}
		if tabs > yamlTabWorkMax {
			return tooLarge(place{line: number, column: 1}, "the lines up to here hold too many tabs", "use spaces")
		}
		if signs > yamlSignsMax {
			return tooLarge(place{line: number, column: 1},
				fmt.Sprintf("the YAML up to here holds more than %d punctuation marks", yamlSignsMax),
				"move large scripts to script_file")
		}
	}
	return nil
}

func tooLarge(at place, message, hint string) *syntaxError {
	return &syntaxError{at: at, code: CodeTooLarge, message: message, hint: hint}
}

// frame is a collection that is open at a token.
type frame struct {
	column    int // of a block collection
	flow, seq bool
	keys, key int // how many keys, and the length of the latest
}

// guard follows the nesting of a token stream.
type guard struct {
	frames []frame
	path   int // length of the keys on the way to here
	paths  int // sum of path over all keys
	work   int // what the keys of block mappings cost
	headed bool
}

// guardTokens refuses a token stream that would cost too much to parse, what the library is known to read
// wrongly (tabs within double quotes), and what a workflow has no use for: keys that are not plain, and more
// than one document.
func guardTokens(tokens token.Tokens) *syntaxError {
	g := guard{}
	for i, tk := range tokens {
		if err := g.token(tk, i > 0); err != nil {
			if err.at.line == 0 {
				err.at = place{line: tk.Position.Line, column: tk.Position.Column}
			}
			return err
		}
	}
	return nil
}

func (g *guard) token(tk *token.Token, after bool) *syntaxError {
	column := tk.Position.Column
	switch tk.Type {
	case token.InvalidType:
		return yamlError(tk.Error)
	case token.DoubleQuoteType:
		if i := strings.IndexByte(tk.Origin, '\t'); i >= 0 && strings.Contains(tk.Value, "\t") && quotedTab(tk.Origin) {
			return yamlSyntax("a text in double quotes cannot hold a tab character", `write \t`)
		}
	case token.MappingKeyType:
		return yamlSyntax("a key after a question mark cannot be used here", "write key: value")
	case token.DocumentHeaderType:
		if g.headed || after && len(g.frames) > 0 {
			return yamlSyntax("a second document begins here", "save each workflow from a file of its own")
		}
		g.headed = true
	case token.MappingStartType, token.SequenceStartType:
		return g.push(frame{flow: true})
	case token.MappingEndType, token.SequenceEndType:
		for len(g.frames) > 0 && !g.pop().flow {
		}
	case token.SequenceEntryType:
		if g.flow() {
			return nil
		}
		g.dedent(func(f frame) bool { return f.column > column })
		if top := g.top(); top == nil || !top.seq || top.column != column {
			return g.push(frame{column: column, seq: true})
		}
	case token.MappingValueType:
		return g.key(tk)
	}
	return nil
}

// key counts a key, which is the token before the colon.
func (g *guard) key(colon *token.Token) *syntaxError {
	column, length := colon.Position.Column, 0
	if name := colon.Prev; name != nil && name.Position.Line == colon.Position.Line {
		column, length = name.Position.Column, len(name.Value)
		if length > yamlKeyMax {
			return tooLarge(place{}, fmt.Sprintf("a key of more than %d bytes", yamlKeyMax), "")
		}
	}
	if !g.flow() {
		g.dedent(func(f frame) bool { return f.column > column || f.column == column && f.seq })
		if top := g.top(); top == nil || top.column != column {
			if err := g.push(frame{column: column}); err != nil {
				return err
			}
		}
	}
	if top := g.top(); top != nil {
		top.keys++
		if !top.flow {
			g.work += top.keys
		}
		g.path += length - top.key
		top.key = length
		g.paths += g.path
	}
	if g.work > yamlKeyWorkMax || g.paths > yamlPathMax {
		return tooLarge(place{}, "the mappings up to here hold too many keys", "")
	}
	return nil
}

func (g *guard) flow() bool {
	top := g.top()
	return top != nil && top.flow
}

func (g *guard) top() *frame {
	if len(g.frames) == 0 {
		return nil
	}
	return &g.frames[len(g.frames)-1]
}

func (g *guard) push(f frame) *syntaxError {
	g.frames = append(g.frames, f)
	if len(g.frames) > depthMax {
		return tooLarge(place{}, fmt.Sprintf("more than %d lists and objects within each other", depthMax), "")
	}
	return nil
}

func (g *guard) pop() frame {
	last := g.frames[len(g.frames)-1]
	g.frames = g.frames[:len(g.frames)-1]
	g.path -= last.key
	return last
}

// dedent closes the block collections that a token of this column stands outside of.
func (g *guard) dedent(outside func(frame) bool) {
	for top := g.top(); top != nil && !top.flow && outside(*top); top = g.top() {
		g.pop()
	}
}

// quotedTab reports whether a double-quoted text holds a tab within a line, not around its breaks.
func quotedTab(origin string) bool {
	for _, line := range strings.Split(origin, "\n") {
		if strings.Contains(strings.Trim(line, " \t"), "\t") {
			return true
		}
	}
	return false
}
