package document

import (
	"encoding/json"
	"fmt"
	"testing"
)

func BenchmarkAppendToLongList(b *testing.B) {
	list, item := bigList(10000), Int(1)
	b.ReportAllocs()
	for b.Loop() {
		list = list.Append(item)
		if list.Len() > 100000 {
			list = list.Slice(0, 10000)
		}
	}
}

func BenchmarkWith(b *testing.B) {
	for _, n := range []int{4, 16, 100, 10000} {
		object := wideObject(n)
		key := object.Keys()[n/2]
		b.Run(fmt.Sprintf("replace/keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				object.With(key, Null)
			}
		})
		b.Run(fmt.Sprintf("insert/keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				object.With("new key", Null)
			}
		})
		b.Run(fmt.Sprintf("get/keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				object.Get(key)
			}
		})
	}
}

func wideObject(n int) Value {
	members := make([]Member, n)
	for i := range members {
		members[i] = Member{fmt.Sprintf("key number %d", i), Int(int64(i))}
	}
	return Object(members...)
}

func BenchmarkDiff(b *testing.B) {
	list := bigList(10000)
	state := Object(Member{"list", list}, Member{"table", wideObject(1000)}, Member{"n", Int(1)})
	appended := list.Append(Int(1))
	table, _ := state.Get("table")
	for _, c := range []struct {
		name string
		next Value
	}{
		{"leaf", state.With("n", Int(2))},
		{"append", state.With("list", appended)},
		{"spread and one more", state.With("list", Array(append(itemsOf(list), Int(1))...))},
		{"change in the middle", state.With("list", list.WithAt(5000, Null))},
		{"window that slides", state.With("list", appended.Slice(1, appended.Len()))},
		{"every tenth dropped", state.With("list", Array(everyTenthDropped(list)...))},
		{"member of a wide object", state.With("table", table.With("key number 500", Null))},
		{"equal and apart", apart(state)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Diff(state, c.next)
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	list := bigList(10000).Append(Null)
	state := Object(Member{"list", list}, Member{"table", wideObject(1000)}, Member{"n", Int(1)})
	many := make(Patch, 1000)
	for i := range many {
		many[i] = Op{Op: OpReplace, Path: fmt.Sprintf("/list/%d/id", i*10), Value: Null}
	}
	keys := make(Patch, 1000)
	for i := range keys {
		keys[i] = Op{Op: OpAdd, Path: fmt.Sprintf("/table/new %d", i), Value: Null}
	}
	for _, c := range []struct {
		name  string
		patch Patch
	}{
		{"leaf", Patch{{Op: OpReplace, Path: "/n", Value: Int(2)}}},
		{"append to a fork", Patch{{Op: OpAdd, Path: "/list/-", Value: Int(2)}}},
		{"a thousand items", many},
		{"a thousand keys", keys},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.patch.Apply(state); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The way of a loop that collects: each patch is applied to what the one before it made.
func BenchmarkApplyAppendAgain(b *testing.B) {
	state := Object(Member{"list", bigList(10000)}, Member{"n", Int(1)})
	patch := Patch{{Op: OpAdd, Path: "/list/-", Value: Int(2)}}
	b.ReportAllocs()
	for b.Loop() {
		next, err := patch.Apply(state)
		if err != nil {
			b.Fatal(err)
		}
		state = next
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 1000} {
		text := bigList(n).AppendJSON(nil)
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("records=%d/encoding-json", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var x any
				if err := json.Unmarshal(text, &x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	for name, v := range map[string]Value{
		"records":   bigList(1000),
		"long text": String(string(make([]byte, 100)) + fmt.Sprintf("%010000d", 1)),
	} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, v.Size())
			b.SetBytes(int64(v.Size()))
			b.ReportAllocs()
			for b.Loop() {
				v.AppendJSON(buf)
			}
		})
	}
}
