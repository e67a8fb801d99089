package document

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// number reads a number at the current position, which begins with a digit or a minus sign.
func (p *parser) number() (Value, bool) {
	start := p.at
	if p.next() == '-' {
		p.at++
	}
	if p.next() == '0' {
		p.at++
		if isDigit(p.next()) {
			return Null, p.fail(start, "a number must not have leading zeros")
		}
	} else if !p.digits("the minus sign") {
		return Null, false
	}
	whole := p.at
	if p.next() == '.' {
		p.at++
		if !p.digits("the decimal point") {
			return Null, false
		}
	}
	if c := p.next(); c == 'e' || c == 'E' {
		p.at++
		if c := p.next(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits("the exponent") {
			return Null, false
		}
	}
	text := p.data[start:p.at]
	if p.at == whole {
		if i, small := smallInteger(text); small {
			return Value{i}, true
		}
	}
	return Value{numberFrom(string(text))}, true
}

// smallInteger reads the text of an integer where its form is int64.
func smallInteger(text []byte) (int64, bool) {
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if len(digits) > len("9007199254740992") || (negative && digits[0] == '0') {
		return 0, false
	}
	i := int64(0)
	for _, c := range digits {
		i = 10*i + int64(c-'0')
	}
	if negative {
		i = -i
	}
	return i, -maxInteger <= i && i <= maxInteger
}

// digits steps over the one digit or more that must follow what came before.
func (p *parser) digits(before string) bool {
	if !isDigit(p.next()) {
		return p.unexpected("a digit after " + before)
	}
	for isDigit(p.next()) {
		p.at++
	}
	return true
}

// str reads a string at the current position, which is its opening quote. The body is unescaped UTF-8 and valid
// until the next call; size is the length of its JSON text as we write it.
func (p *parser) str() (body []byte, size int, ok bool) {
	opening := p.at
	p.at++
	start := p.at
	p.plain()
	if p.next() == '"' {
		body = p.data[start:p.at]
		p.at++
		return body, len(body) + len(`""`), true
	}
	p.scratch = append(p.scratch[:0], p.data[start:p.at]...)
	size = len(p.scratch) + len(`""`)
	for {
		start = p.at
		p.plain()
		p.scratch = append(p.scratch, p.data[start:p.at]...)
		size += p.at - start
		if p.at == len(p.data) {
			return nil, 0, p.fail(opening, "the string has no closing quote")
		}
		r := rune(p.data[p.at])
		switch {
		case r == '"':
			p.at++
			return p.scratch, size, true
		case r == '\\':
			if r, ok = p.escape(); !ok {
				return nil, 0, false
			}
		case r < ' ':
			return nil, 0, p.fail(p.at, "a string must not hold the control character U+%04X as it stands: write %s",
				r, appendControl(nil, byte(r)))
		default:
			var width int
			if r, width = utf8.DecodeRune(p.data[p.at:]); r == utf8.RuneError && width == 1 {
				return nil, 0, p.fail(p.at, "the byte 0x%02x in a string is not UTF-8", p.data[p.at])
			}
			p.at += width
		}
		if r < utf8.RuneSelf {
			size += int(escaped[r])
		} else {
			size += runeSize(r, utf8.RuneLen(r))
		}
		p.scratch = utf8.AppendRune(p.scratch, r)
	}
}

// plain steps over the ASCII characters that stand for themselves in a string.
func (p *parser) plain() {
	data, i := p.data, p.at
	for i < len(data) && data[i] < utf8.RuneSelf && escaped[data[i]] == 1 {
		i++
	}
	p.at = i
}

// escape reads a backslash and what belongs to it.
func (p *parser) escape() (rune, bool) {
	start := p.at
	p.at++
	c := p.next()
	p.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		p.at = start
		return p.unicode()
	default:
		p.at = start
		return 0, p.fail(start, `a backslash in a string must be followed by one of " \ / b f n r t u`)
	}
}

// unicode reads \uXXXX, and two of them where they make a surrogate pair. Half a pair reads as U+FFFD.
func (p *parser) unicode() (rune, bool) {
	r, ok := p.unit()
	if !ok {
		return 0, p.fail(p.at, `\u must be followed by four hexadecimal digits`)
	}
	p.at += len(`\u0000`)
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if second, ok := p.unit(); ok {
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			p.at += len(`\u0000`)
			return pair, true
		}
	}
	return utf8.RuneError, true
}

// unit looks for \uXXXX at the current position.
func (p *parser) unit() (rune, bool) {
	rest := p.data[p.at:]
	if len(rest) < len(`\u0000`) || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range rest[2:6] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
