package event

import (
	"fmt"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// fields reads the fields of an object, by name. It keeps the first mistake for the end, so that reading a body is one line a
// field. The optional ones give the zero value where the field is missing; a field of the wrong kind is always a mistake.
type fields struct {
	members []document.Member // in the order in which they stand
	at      int               // behind the one that was found last
	err     error
}

// get looks for a field first behind the one that was found last: most are read in the order in which they are written.
func (f *fields) get(name string) (v document.Value, there bool) {
	for i := f.at; i < len(f.members); i++ {
		if f.members[i].Key == name {
			f.at = i + 1
			return f.members[i].Value, true
		}
	}
	for i := range f.at {
		if f.members[i].Key == name {
			f.at = i + 1
			return f.members[i].Value, true
		}
	}
	return document.Null, false
}

func (f *fields) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("field %q: %s", name, fmt.Sprintf(format, args...))
	}
}

func (f *fields) want(name, kind string, found document.Value) {
	f.fail(name, "want %s, found %s", kind, found.Kind())
}

// value returns a field that must be there.
func (f *fields) value(name string) (document.Value, bool) {
	v, there := f.get(name)
	if !there {
		f.fail(name, "it is missing")
	}
	return v, there
}

// optionalValue returns null where the field is missing.
func (f *fields) optionalValue(name string) document.Value {
	v, _ := f.get(name)
	return v
}

func (f *fields) text(name string) string {
	v, there := f.value(name)
	s, ok := v.AsString()
	if there && !ok {
		f.want(name, "a string", v)
	}
	return s
}

func (f *fields) optionalText(name string) string {
	if !f.has(name) {
		return ""
	}
	return f.text(name)
}

func (f *fields) has(name string) bool {
	_, there := f.get(name)
	return there
}

func (f *fields) optionalTruth(name string) bool {
	if !f.has(name) {
		return false
	}
	v, _ := f.value(name)
	truth, ok := v.AsBool()
	if !ok {
		f.want(name, "true or false", v)
	}
	return truth
}

func (f *fields) integer(name string) int64 {
	v, there := f.value(name)
	i, ok := v.AsInt()
	if there && !ok {
		f.want(name, "an integer", v)
	}
	return i
}

// int has 64 bits on every machine that weir is built for.
func (f *fields) int(name string) int { return int(f.integer(name)) }

func (f *fields) optionalInt(name string) int {
	if !f.has(name) {
		return 0
	}
	return f.int(name)
}

func (f *fields) duration(name string) time.Duration { return time.Duration(f.integer(name)) }

// number returns a count, which may take all 64 bits.
func (f *fields) number(name string) uint64 {
	v, there := f.value(name)
	n, ok := wholeNumber(v)
	if there && !ok {
		f.want(name, "a whole number from 0", v)
	}
	return n
}

func wholeNumber(v document.Value) (uint64, bool) {
	if i, ok := v.AsInt(); ok && i >= 0 {
		return uint64(i), true
	}
	n, err := strconv.ParseUint(v.NumberText(), 10, 64) // it may be too large for an int64
	return n, err == nil
}

func (f *fields) instant(name string) time.Time {
	text := f.text(name)
	if f.err != nil {
		return time.Time{}
	}
	t, err := parseTime(text)
	if err != nil {
		f.fail(name, "%s", err)
	}
	return t
}

func (f *fields) optionalInstant(name string) time.Time {
	if !f.has(name) {
		return time.Time{}
	}
	return f.instant(name)
}

// each calls do for the items of a list that must be there.
func (f *fields) each(name string, do func(item document.Value)) {
	v, there := f.value(name)
	if there && v.Kind() != document.KindArray {
		f.want(name, "an array", v)
		return
	}
	for _, item := range v.Items() {
		do(item)
	}
}

// inside reads an object with its own fields.
func (f *fields) inside(name string, object document.Value, read func(inner *fields)) {
	if object.Kind() != document.KindObject {
		f.want(name, "an object", object)
		return
	}
	inner := fields{members: make([]document.Member, 0, object.Len())}
	for key, v := range object.Members() {
		inner.members = append(inner.members, document.Member{Key: key, Value: v})
	}
	read(&inner)
	if inner.err != nil {
		f.fail(name, "%s", inner.err)
	}
}

func (f *fields) numbers(name string) []uint64 {
	var numbers []uint64
	f.each(name, func(item document.Value) {
		n, ok := wholeNumber(item)
		if !ok {
			f.want(name, "whole numbers from 0", item)
		}
		numbers = append(numbers, n)
	})
	return numbers
}

func (f *fields) labels(name string) map[string]string {
	v, there := f.get(name)
	if !there || v.Len() == 0 && v.Kind() == document.KindObject {
		return nil
	}
	labels := make(map[string]string, v.Len())
	f.inside(name, v, func(inner *fields) {
		for key := range v.Members() {
			labels[key] = inner.text(key)
		}
	})
	return labels
}

func (f *fields) patch(name string) document.Patch {
	v, there := f.value(name)
	if !there {
		return nil
	}
	patch, err := document.PatchOf(v)
	if err != nil {
		f.fail(name, "%s", err)
	}
	return patch
}

func (f *fields) parent(name string) *Parent {
	v, there := f.get(name)
	if !there {
		return nil
	}
	p := &Parent{}
	f.inside(name, v, func(inner *fields) {
		*p = Parent{Run: inner.text("run"), Node: inner.text("node"), Visit: inner.int("visit"), Attempt: inner.int("attempt"), Item: inner.optionalInt("item")}
	})
	return p
}

func (f *fields) position(name string) *Position {
	v, there := f.get(name)
	if !there {
		return nil
	}
	p := &Position{}
	f.inside(name, v, func(inner *fields) {
		*p = Position{File: inner.text("file"), Line: inner.int("line"), Column: inner.int("column")}
	})
	return p
}

func (f *fields) queue(name string) *Queue {
	v, there := f.get(name)
	if !there {
		return nil
	}
	q := &Queue{}
	f.inside(name, v, func(inner *fields) {
		*q = Queue{Key: inner.optionalText("key"), Priority: inner.optionalInt("priority")}
	})
	return q
}

func (f *fields) uncompensated(name string) []Uncompensated {
	if _, ok := f.get(name); !ok {
		return nil
	}
	var list []Uncompensated
	f.each(name, func(item document.Value) {
		f.inside(name, item, func(inner *fields) {
			list = append(list, Uncompensated{
				Node: inner.text("node"), Visit: inner.int("visit"), Kind: inner.text("kind"), Message: inner.text("message"),
			})
		})
	})
	return list
}

func (f *fields) lines(name string) []LogLine {
	var lines []LogLine
	f.each(name, func(item document.Value) {
		f.inside(name, item, func(inner *fields) {
			lines = append(lines, LogLine{
				Level: inner.text("level"), Text: inner.text("text"),
				File: inner.optionalText("file"), Line: inner.optionalInt("line"), Column: inner.optionalInt("column"),
			})
		})
	})
	return lines
}
