package document

import "strings"

// Pointer returns the RFC 6901 pointer of the tokens: each after a slash, with ~ written ~0 and / written ~1. Without
// tokens it is "", the whole document.
func Pointer(tokens ...string) string {
	var dst []byte
	for _, token := range tokens {
		dst = appendToken(dst, token)
	}
	return string(dst)
}

// appendToken appends one token to a pointer.
func appendToken(dst []byte, token string) []byte {
	dst = append(dst, '/')
	for i := range len(token) {
		switch c := token[i]; c {
		case '~':
			dst = append(dst, '~', '0')
		case '/':
			dst = append(dst, '~', '1')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// Lookup returns the value that an RFC 6901 pointer points to in v; ok is false where there is none or the pointer
// is not well formed.
func (v Value) Lookup(pointer string) (x Value, ok bool) {
	for pointer != "" {
		token, rest, message := cutToken(pointer)
		if message != "" {
			return Null, false
		}
		switch x := v.v.(type) {
		case *object:
			if v, ok = v.Get(token); !ok {
				return Null, false
			}
		case *array:
			i, message := arrayIndex(token, len(x.items))
			if message != "" || i == len(x.items) {
				return Null, false
			}
			v = x.items[i]
		default:
			return Null, false
		}
		pointer = rest
	}
	return v, true
}

// cutToken splits a pointer that is not empty into its first token, unescaped, and the rest. The message says what is
// wrong with the pointer, "" when nothing is.
func cutToken(pointer string) (token, rest, message string) {
	if pointer[0] != '/' {
		return "", "", `a path must be empty or begin with "/"`
	}
	token, rest = pointer[1:], ""
	if end := strings.IndexByte(token, '/'); end >= 0 {
		token, rest = token[:end], token[end:]
	}
	if strings.IndexByte(token, '~') < 0 {
		return token, rest, ""
	}
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		if token[i] != '~' {
			b.WriteByte(token[i])
			continue
		}
		i++
		switch {
		case i < len(token) && token[i] == '0':
			b.WriteByte('~')
		case i < len(token) && token[i] == '1':
			b.WriteByte('/')
		default:
			return "", "", `in a path "~" must be written "~0" and "/" within a key "~1"`
		}
	}
	return b.String(), rest, ""
}

// arrayIndex reads a token as a position in an array of n items, n itself included, which "-" names too. The message
// says what is wrong with the token, "" when nothing is.
func arrayIndex(token string, n int) (i int, message string) {
	if token == "-" {
		return n, ""
	}
	if token == "" {
		return 0, "an array has positions, not keys"
	}
	for _, c := range []byte(token) {
		if !isDigit(c) {
			return 0, "an array has positions, not keys"
		}
		if i <= n { // beyond n the index is too large whatever follows
			i = 10*i + int(c-'0')
		}
	}
	if token[0] == '0' && len(token) > 1 {
		return 0, "a position must not have leading zeros"
	}
	if i > n {
		return 0, "the position is beyond the array's end"
	}
	return i, ""
}
