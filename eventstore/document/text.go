package document

import (
	"strings"
	"unicode/utf8"
)

// text is a JSON string together with the length of its JSON text, quotes included. Where that is just two
// more than the string's own length, nothing in it needs an escape and it is copied as it stands.
type text struct {
	s    string
	size int
}

var emptyText = &text{size: len(`""`)}

func newText(s string) *text {
	if s == "" {
		return emptyText
	}
	size, valid := textSize(s)
	if !valid {
		s = validText(s)
		size, _ = textSize(s)
	}
	return &text{s, size}
}

// escaped says for each ASCII character how many bytes it takes in a JSON string.
var escaped = func() (width [utf8.RuneSelf]uint8) {
	for c := range width {
		switch {
		case c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t':
			width[c] = 2
		case c < ' ':
			width[c] = 6
		default:
			width[c] = 1
		}
	}
	return width
}()

// The two characters that JSON allows in strings and old JavaScript does not; we write them escaped, so that
// the text of a value may be pasted into any script.
const (
	lineSeparator      = '\u2028'
	paragraphSeparator = '\u2029'
)

// textSize returns the length of s as a JSON string, quotes included, and whether s is UTF-8.
func textSize(s string) (size int, valid bool) {
	size = len(`""`)
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			size += int(escaped[c])
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && width == 1 {
			return 0, false
		}
		size += runeSize(r, width)
		i += width
	}
	return size, true
}

// runeSize returns how many bytes a character outside ASCII takes in a JSON string.
func runeSize(r rune, width int) int {
	if r == lineSeparator || r == paragraphSeparator {
		return len(`\u2028`)
	}
	return width
}

// validText returns s with every byte that is not UTF-8 replaced by U+FFFD, as encoding/json does it.
func validText(s string) string {
	var b strings.Builder
	for _, r := range s { // ranging yields U+FFFD for each bad byte
		b.WriteRune(r)
	}
	return b.String()
}

// AppendString appends s as a JSON string: quoted, with the shortest escapes, U+2028 and U+2029
// escaped, HTML characters as they are. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	return append(appendEscaped(dst, s), '"')
}

func (t *text) appendJSON(dst []byte) []byte {
	if t.size == len(t.s)+len(`""`) {
		dst = append(dst, '"')
		dst = append(dst, t.s...)
		return append(dst, '"')
	}
	return AppendString(dst, t.s)
}

const hexDigits = "0123456789abcdef"

func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if escaped[c] > 1 {
				dst = appendControl(append(dst, s[done:i]...), c)
				done = i + 1
			}
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			dst = append(append(dst, s[done:i]...), "\uFFFD"...)
			done = i + width
		case r == lineSeparator || r == paragraphSeparator:
			dst = append(append(dst, s[done:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			done = i + width
		}
		i += width
	}
	return append(dst, s[done:]...)
}

// appendControl appends the shortest escape of an ASCII character that needs one.
func appendControl(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
	}
}

// jsonSize returns the number of bytes that AppendString appends for s.
func jsonSize(s string) int {
	size, valid := textSize(s)
	if !valid {
		size, _ = textSize(validText(s))
	}
	return size
}
