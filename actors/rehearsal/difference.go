package rehearsal

import (
	"strconv"

	"github.com/weirflow/weir/eventstore/document"
)

const (
	differencesMax = 20  // of one value: a person reads no more
	shownMax       = 300 // characters of a value
	nothing        = "nothing"
)

// differences holds a value against what is wanted of it. Objects may have more keys than are wanted, unless the whole is; lists
// have the items that are wanted, and no more.
func differences(want, got document.Value, whole bool) []Mismatch {
	d := differ{whole: whole}
	d.compare("", want, got)
	return d.found
}

type differ struct {
	whole bool
	found []Mismatch
}

func (d *differ) compare(pointer string, want, got document.Value) {
	switch {
	case len(d.found) >= differencesMax:
	case want.Kind() == document.KindObject && got.Kind() == document.KindObject:
		d.objects(pointer, want, got)
	case want.Kind() == document.KindArray && got.Kind() == document.KindArray:
		for i := range max(want.Len(), got.Len()) {
			at := pointer + "/" + strconv.Itoa(i)
			switch {
			case i >= got.Len():
				d.add(at, shown(want.At(i)), nothing)
			case i >= want.Len():
				d.add(at, nothing, shown(got.At(i)))
			default:
				d.compare(at, want.At(i), got.At(i))
			}
		}
	case !document.Equal(want, got):
		d.add(pointer, shown(want), shown(got))
	}
}

func (d *differ) objects(pointer string, want, got document.Value) {
	for key, value := range want.Members() {
		if its, ok := got.Get(key); ok {
			d.compare(pointer+document.Pointer(key), value, its)
		} else {
			d.add(pointer+document.Pointer(key), shown(value), nothing)
		}
	}
	if !d.whole {
		return
	}
	for key, value := range got.Members() {
		if _, ok := want.Get(key); !ok {
			d.add(pointer+document.Pointer(key), nothing, shown(value))
		}
	}
}

func (d *differ) add(pointer, want, got string) {
	if len(d.found) < differencesMax {
		d.found = append(d.found, Mismatch{About: aboutState, At: pointer, Expected: want, Got: got})
	}
}

// shown is a value as a message has it.
func shown(v document.Value) string {
	text := []rune(v.String())
	if len(text) > shownMax {
		return string(text[:shownMax]) + "…"
	}
	return string(text)
}
