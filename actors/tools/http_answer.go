package tools

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// readHTTPBody reads an answer's body and says in which format it returns it.
func readHTTPBody(answer *http.Response) (body document.Value, format string, err error) {
	// Content-Length is not asked: it may describe compressed bytes, or a body that HEAD does not send.
	data, err := io.ReadAll(io.LimitReader(answer.Body, httpBodyBytesMax+1))
	if err != nil {
		return document.Null, "", fmt.Errorf("the answer broke off after %d bytes: %w", len(data), err)
	}
	if len(data) > httpBodyBytesMax {
		return document.Null, "", &Error{Kind: KindOutputTooLarge, Message: fmt.Sprintf("the answer's body is larger than %d bytes", httpBodyBytesMax)}
	}
	if len(data) == 0 {
		return document.Null, "empty", nil
	}
	if saysJSON(answer.Header) {
		// A body that is not the JSON it says it is stays text: the request has had its effect, and
		// failing the attempt would repeat it.
		if value, err := document.Parse(data); err == nil {
			return value, "json", nil
		}
	}
	if utf8.Valid(data) {
		return document.String(string(data)), "text", nil
	}
	return document.String(base64.StdEncoding.EncodeToString(data)), "base64", nil
}

func saysJSON(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

func headerValue(header http.Header) document.Value {
	members := make([]document.Member, 0, len(header))
	for name, values := range header {
		key := strings.ToLower(strings.ToValidUTF8(name, "\uFFFD"))
		var value document.Value
		if key == "set-cookie" {
			cookies := make([]document.Value, len(values))
			for i, v := range values {
				cookies[i] = document.String(strings.ToValidUTF8(v, "\uFFFD"))
			}
			value = document.Array(cookies...)
		} else {
			value = document.String(strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD"))
		}
		members = append(members, document.Member{Key: key, Value: value})
	}
	// Sorted, so that the answer does not depend on the order of a Go map.
	slices.SortFunc(members, func(a, b document.Member) int { return strings.Compare(a.Key, b.Key) })
	return document.Object(members...)
}

// statusFailure is the error of an answer whose status says failure, with the beginning of its text.
func (r *httpRequest) statusFailure(answer *http.Response) *Error {
	message := fmt.Sprintf("%s %s answered %d", r.method, publicURL(r.url), answer.StatusCode)
	if text := http.StatusText(answer.StatusCode); text != "" {
		message += " " + text
	}
	data, _ := io.ReadAll(io.LimitReader(answer.Body, httpExcerptBytes))
	if text := excerpt(data); text != "" {
		message += ": " + text
	}
	return &Error{Kind: KindHTTPStatus, Message: message}
}

// excerpt makes one readable line of the beginning of a body, or nothing where it is not text.
func excerpt(data []byte) string {
	if len(data) == httpExcerptBytes {
		for range utf8.UTFMax - 1 { // the cut may have gone through a character
			if utf8.Valid(data) {
				break
			}
			data = data[:len(data)-1]
		}
	}
	if !utf8.Valid(data) {
		return ""
	}
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, string(data))
	return strings.Join(strings.Fields(printable), " ")
}
