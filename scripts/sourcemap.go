package scripts

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja/file"
	"github.com/go-sourcemap/sourcemap"
)

// The mappings of a Bundle are those of a source map, but count as goja does and as people read: columns from 1, in bytes
// in the code and in characters in the files. The translator counts both from 0, in units of UTF-16.

// mapping says where a place of the code comes from. Lines and files count from 0.
type mapping struct{ line, column, file, fromLine, fromColumn int }

// The names of what is no file: the code of a bundle, and the text around it.
const (
	bundleName = "bundle"
	aroundName = "around"
)

// remap gives a bundle its files and mappings, made of the translator's source map.
func (t *translation) remap(b *Bundle, data []byte) error {
	var m struct {
		Sources  []string `json:"sources"`
		Mappings string   `json:"mappings"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	found, err := decodeMappings(m.Mappings)
	if err != nil {
		return err
	}
	files, texts, err := t.sources(m.Sources)
	if err != nil {
		return err
	}
	code := rulers(b.Code)
	at := make([]int, len(files)) // each file's number in the bundle
	for i, text := range texts {
		if at[i] = len(b.Files); text != nil {
			b.Files = append(b.Files, files[i])
		}
	}
	kept := found[:0]
	for _, p := range found {
		if p.file >= len(m.Sources) || p.line >= len(code) || texts[p.file] == nil {
			continue
		}
		if files[p.file] == "" {
			p.fromLine -= t.wrap
		}
		if p.fromLine < 0 || p.fromLine >= len(texts[p.file]) {
			continue // of what the source is wrapped in
		}
		inBytes, _ := code[p.line].measure(p.column)
		_, inCharacters := texts[p.file][p.fromLine].measure(p.fromColumn)
		p.column, p.fromColumn, p.file = 1+inBytes, 1+inCharacters, at[p.file]
		kept = append(kept, p)
	}
	b.Mappings = encodeMappings(kept)
	for _, name := range t.loaded() {
		if !slices.Contains(b.Files, name) {
			b.Files = append(b.Files, name) // nothing of it is left, and yet it is needed to make the bundle again
		}
	}
	return nil
}

// ruler measures columns of one line. A library may well be one line of 200 KiB with 50,000 mappings, so it does not count
// from the line's beginning each time.
type ruler struct {
	text  string
	marks []mark // of each unit of UTF-16, made when it is first needed; none where the line is ASCII, and all units are the same
	ready bool
}

// mark is how much of a line is before a unit of UTF-16.
type mark struct{ bytes, characters int }

// rulers returns one for each line of a text.
func rulers(text string) []ruler {
	lines := splitLines(text)
	list := make([]ruler, len(lines))
	for i, line := range lines {
		list[i].text = line
	}
	return list
}

// measure turns a column in units of UTF-16 into bytes and characters. What lies behind the line's end is at its end.
func (r *ruler) measure(units int) (bytes, characters int) {
	if !r.ready {
		r.ready = true
		if strings.IndexFunc(r.text, func(c rune) bool { return c >= utf8.RuneSelf }) >= 0 {
			r.mark()
		}
	}
	if r.marks == nil {
		units = min(units, len(r.text))
		return units, units
	}
	m := r.marks[min(units, len(r.marks)-1)]
	return m.bytes, m.characters
}

func (r *ruler) mark() {
	characters := 0
	for at, c := range r.text {
		r.marks = append(r.marks, mark{at, characters})
		characters++
		if utf16.RuneLen(c) == 2 { // its middle is taken for its end
			r.marks = append(r.marks, mark{at + utf8.RuneLen(c), characters})
		}
	}
	r.marks = append(r.marks, mark{len(r.text), characters})
}

// splitLines splits a text into its lines, by JavaScript's rules.
func splitLines(text string) (lines []string) {
	for {
		end := lineEnd(text)
		line := trimLineEnd(text[:end])
		lines = append(lines, line)
		if len(line) == end {
			return lines
		}
		text = text[end:]
	}
}

// sources returns the files of a source map and their lines; none for what is ours.
func (t *translation) sources(names []string) (files []string, texts [][]ruler, err error) {
	files, texts = make([]string, len(names)), make([][]ruler, len(names))
	for i, name := range names {
		switch inner, inFolder := strings.CutPrefix(name, folderSpace+":"); {
		case inFolder:
			text, err := t.load(inner)
			if err != nil {
				return nil, nil, err
			}
			files[i], texts[i] = inner, rulers(text)
		case strings.HasSuffix(name, inlineName):
			texts[i] = rulers(t.source)
		}
	}
	return files, texts, nil
}

// consumer makes of a bundle's mappings what goja asks for the places of its code, which begins on the second line of the
// program. Names tells how it calls the files; that of a script that is in no file of its own is "" where its places are
// those of the script's text and not of the file that it stands in.
func (b *Bundle) consumer(p *placement) (c *sourcemap.Consumer, names map[string]string, err error) {
	found, err := decodeMappings(b.Mappings)
	if err != nil {
		return nil, nil, err
	}
	sources := append(slices.Clone(b.Files), aroundName)
	if own := slices.Index(sources, ""); own >= 0 && p.exact() {
		sources[own] = p.origin.File
		for i := range found {
			if m := &found[i]; m.file == own {
				m.fromLine, m.fromColumn, _ = p.locate(m.fromLine+1, m.fromColumn)
				m.fromLine--
			}
		}
	}
	for i := range found {
		found[i].line++
	}
	// The consumer finds nothing behind the last mapping, so there is one behind all code.
	end := mapping{line: len(splitLines(b.Code)) + 1, column: 1, file: len(b.Files), fromColumn: 1}
	return newConsumer(sources, append(found, end))
}

// newConsumer makes what goja asks for places. A source without a name is called as the program is.
func newConsumer(sources []string, list []mapping) (c *sourcemap.Consumer, names map[string]string, err error) {
	called := make([]string, len(sources))
	names = make(map[string]string, len(sources))
	for i, name := range sources {
		if called[i] = name; name == "" {
			called[i] = programName
		}
		resolved := called[i]
		if u := file.ResolveSourcemapURL(bundleName, resolved); u != nil {
			resolved = u.String()
		}
		names[resolved] = name
	}
	delete(names, aroundName)
	data, err := json.Marshal(map[string]any{"version": 3, "sources": called, "mappings": encodeMappings(list)})
	if err != nil {
		return nil, nil, err
	}
	c, err = sourcemap.Parse("", data)
	return c, names, err
}

// tokens maps every place of a plain script at which goja may see something: where a word or a sign begins. The script's text begins on
// the second line of the program.
func (p *placement) tokens() (list []mapping) {
	for i, line := range splitLines(p.source) {
		word := false
		for at := range len(line) {
			was := word
			if word = isWord(line[at]); line[at] == ' ' || line[at] == '\t' || was && word {
				continue
			}
			fileLine, column, _ := p.find(i+1, at+1)
			list = append(list, mapping{line: i + 1, column: at + 1, fromLine: fileLine - 1, fromColumn: column})
		}
	}
	return list
}

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

var errMappings = errors.New("the mappings are damaged")

// decodeMappings reads the mappings of a source map. Places that come from nowhere are left out.
func decodeMappings(text string) (found []mapping, err error) {
	var p mapping
	for line, segments := range strings.Split(text, ";") {
		p.line, p.column = line, 0
		if segments == "" {
			continue
		}
		for _, segment := range strings.Split(segments, ",") {
			fields, err := decodeNumbers(segment)
			if err != nil {
				return nil, err
			}
			p.column += fields[0]
			if len(fields) < 4 {
				continue
			}
			p.file, p.fromLine, p.fromColumn = p.file+fields[1], p.fromLine+fields[2], p.fromColumn+fields[3]
			if p.column < 0 || p.file < 0 || p.fromLine < 0 || p.fromColumn < 0 {
				return nil, errMappings
			}
			found = append(found, p)
		}
	}
	return found, nil
}

// decodeNumbers reads the numbers of one mapping, which are one at least.
func decodeNumbers(segment string) (numbers []int, err error) {
	value, shift := 0, 0
	for i := range len(segment) {
		digit := strings.IndexByte(base64, segment[i])
		if digit < 0 || shift > 30 {
			return nil, errMappings
		}
		value |= digit & 31 << shift
		if shift += 5; digit&32 != 0 {
			continue
		}
		if value&1 == 1 {
			value = -value
		}
		numbers = append(numbers, value/2)
		value, shift = 0, 0
	}
	if len(numbers) == 0 || shift > 0 {
		return nil, errMappings
	}
	return numbers, nil
}

// encodeMappings writes mappings, which are in the order of the code.
func encodeMappings(list []mapping) string {
	var text []byte
	var last mapping
	number := func(n int) {
		value := n << 1
		if n < 0 {
			value = -n<<1 | 1
		}
		for ; value > 31; value >>= 5 {
			text = append(text, base64[value&31|32])
		}
		text = append(text, base64[value])
	}
	for i, p := range list {
		switch {
		case p.line > last.line:
			text = append(text, strings.Repeat(";", p.line-last.line)...)
			last.column = 0
		case i > 0:
			text = append(text, ',')
		}
		number(p.column - last.column)
		number(p.file - last.file)
		number(p.fromLine - last.fromLine)
		number(p.fromColumn - last.fromColumn)
		last = p
	}
	return string(text)
}
