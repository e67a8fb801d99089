package api

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// fields reads a classic body and gathers everything that is wrong with it. What it does not know it
// leaves aside: the classic engines did.
type fields struct {
	errors []fieldError
}

func (f *fields) bad(location string, value document.Value, format string, arguments ...any) {
	var sent any
	if !value.IsNull() && value.Kind() != document.KindObject && value.Size() <= valueBytesMax {
		sent = anyValue{value}
	}
	f.errors = append(f.errors, fieldError{Location: location, Message: fmt.Sprintf(format, arguments...), Value: sent})
}

// problem is everything that was wrong, nil where nothing was. Its detail says it all in one text, because
// classic clients show the detail alone.
func (f *fields) problem() *problem {
	if len(f.errors) == 0 {
		return nil
	}
	texts := make([]string, len(f.errors))
	for i, e := range f.errors {
		texts[i] = e.Location + ": " + e.Message
		if e.Hint != "" {
			texts[i] += " (" + e.Hint + ")"
		}
	}
	p := newProblem(kindInvalid, "%s", strings.Join(texts, "; "))
	p.Errors = f.errors
	return p
}

// object reads a body.
func (f *fields) object(v document.Value) bool {
	if v.Kind() != document.KindObject {
		f.bad("body", document.Null, "expected an object, not %s", v.Kind())
		return false
	}
	return true
}

// text reads a member that must be a text; null counts as absent.
func (f *fields) text(of document.Value, location, key string) (string, bool) {
	v, _ := of.Get(key)
	location += "." + key
	if v.IsNull() {
		f.bad(location, v, "is required")
		return "", false
	}
	text, ok := v.AsString()
	if !ok {
		f.bad(location, v, "expected a text, not %s", v.Kind())
	}
	return text, ok
}

// optional reads a member that may be a text, "" where it is absent or null.
func (f *fields) optional(of document.Value, location, key string) string {
	v, _ := of.Get(key)
	if v.IsNull() {
		return ""
	}
	text, ok := v.AsString()
	if !ok {
		f.bad(location+"."+key, v, "expected a text, not %s", v.Kind())
	}
	return text
}
