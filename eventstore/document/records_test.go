package document

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRecords makes objects of few keys in any order, some of them twice or no UTF-8, and compares each with what Object makes of
// the same members.
func TestRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Records
		key := rapid.SampledFrom([]string{"a", "b", "10", "9", "\xff", "\xfe", "ключ"})
		for range rapid.IntRange(1, 40).Draw(t, "objects") {
			var members []Member
			for i, key := range rapid.SliceOfN(key, 0, 3).Draw(t, "keys") {
				members = append(members, Member{key, Int(int64(i))})
			}
			want := Object(members...)
			got := r.Object(members)
			if got.String() != want.String() || got.Size() != want.Size() || got.Depth() != want.Depth() {
				t.Fatalf("%q: Records made %s of size %d and depth %d, Object %s of size %d and depth %d",
					members, got, got.Size(), got.Depth(), want, want.Size(), want.Depth())
			}
			clear(members) // it may be used again
			if got.String() != want.String() {
				t.Fatalf("%s became %s with the slice of members", want, got)
			}
		}
	})
}

// TestRecordsShareKeys shows what they are for.
func TestRecordsShareKeys(t *testing.T) {
	var r Records
	members := []Member{{"total", Int(1)}, {"id", Int(2)}}
	for range 2 { // the first may be the only one, the second is remembered
		r.Object(members)
	}
	a, b := r.Object(members), r.Object(members)
	if &a.Keys()[0] != &b.Keys()[0] {
		t.Error("two records with the same keys have them twice")
	}
	if got := testing.AllocsPerRun(100, func() { r.Object(members) }); got > 2 {
		t.Errorf("a record costs %v allocations, want the values and the object", got)
	}
}
