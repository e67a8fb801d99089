package api

import (
	"encoding/json"
	"io"
	"math"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/document"
)

// appender is a reply that writes its own JSON text, and so keeps the bytes and numbers it holds.
type appender interface{ AppendJSON(dst []byte) []byte }

// jsonFormat reads and writes bodies. Numbers pass as text wherever the type is a document value.
var jsonFormat = huma.Format{Marshal: writeJSON, Unmarshal: readJSON}

// textPool keeps the buffers that replies are gathered in.
var textPool = sync.Pool{New: func() any { return new([]byte) }}

// pooledBytesMax keeps one large reply from holding its memory for ever.
const pooledBytesMax = 1 << 20

func writeJSON(w io.Writer, v any) error {
	a, ok := v.(appender)
	if !ok {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	buffer, _ := textPool.Get().(*[]byte)
	text := append(a.AppendJSON((*buffer)[:0]), '\n')
	_, err := w.Write(text)
	if cap(text) <= pooledBytesMax {
		*buffer = text
		textPool.Put(buffer)
	}
	return err
}

// readJSON fills v. Huma asks for an *any first, which it checks against the operation's schema, and for
// the input's type then.
func readJSON(data []byte, v any) error {
	into, ok := v.(*any)
	if !ok {
		return json.Unmarshal(data, v)
	}
	value, err := document.Parse(data)
	if err != nil {
		return err
	}
	*into = plain(value)
	return nil
}

// plain is a value as huma's validation reads it. Its numbers serve for comparing with bounds only.
func plain(v document.Value) any {
	switch v.Kind() {
	case document.KindBool:
		b, _ := v.AsBool()
		return b
	case document.KindNumber:
		f, _, ok := v.AsFloat()
		if !ok || math.IsInf(f, 0) {
			return math.MaxFloat64
		}
		return f
	case document.KindString:
		s, _ := v.AsString()
		return s
	case document.KindArray:
		items := make([]any, 0, v.Len())
		for _, item := range v.Items() {
			items = append(items, plain(item))
		}
		return items
	case document.KindObject:
		members := make(map[string]any, v.Len())
		for key, member := range v.Members() {
			members[key] = plain(member)
		}
		return members
	case document.KindNull:
	}
	return nil
}

// anyValue is a JSON value of whatever kind, digits and all, as a field of a request or reply.
type anyValue struct{ document.Value }

// Schema allows everything.
func (anyValue) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "Any JSON value. Numbers keep every digit."}
}

// objectValue is a JSON object, digits and all.
type objectValue struct{ document.Value }

// Schema allows any object.
func (objectValue) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "Any JSON object. Numbers keep every digit.",
	}
}

// appendMember writes a key, which needs no escaping, and what stands before its value.
func appendMember(dst []byte, key string) []byte {
	if last := dst[len(dst)-1]; last != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

func appendString(dst []byte, s string) []byte { return document.String(s).AppendJSON(dst) }

// appendTime writes a time as events do; the zero time is null.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}

// appendLabels writes labels in the order of their keys.
func appendLabels(dst []byte, labels map[string]string) []byte {
	members := make([]document.Member, 0, len(labels))
	for key, value := range labels {
		members = append(members, document.Member{Key: key, Value: document.String(value)})
	}
	return document.Object(members...).AppendJSON(dst)
}
