package document

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestForksOfAnArrayDoNotMeet(t *testing.T) {
	base := Array(Int(0)).Append(Int(1)) // with spare slots
	a := base.Append(Int(2))
	b := base.Append(Int(3))
	c := base.Append(Int(4), Int(5), Int(6), Int(7))
	d := a.Append(Int(8))
	e := a.Append(Int(9))
	for _, x := range []struct {
		v    Value
		want string
	}{
		{base, "[0,1]"}, {a, "[0,1,2]"}, {b, "[0,1,3]"}, {c, "[0,1,4,5,6,7]"}, {d, "[0,1,2,8]"}, {e, "[0,1,2,9]"},
	} {
		wellFormed(t, x.v)
		if x.v.String() != x.want {
			t.Errorf("got %s, want %s", x.v, x.want)
		}
	}
	if !a.v.(*array).sharesItems(base.v.(*array)) || b.v.(*array).sharesItems(base.v.(*array)) {
		t.Error("the first fork should share the slots of the array and the second not")
	}
}

func TestForksFromManyGoroutines(t *testing.T) {
	const goroutines, appends = 8, 200
	base := Array(Int(-1)).Append(Int(-2))
	for range 50 {
		base = base.Append(Int(-3))
	}
	lists := make([]Value, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			v := base
			for i := range appends {
				v = v.Append(Int(int64(g*appends + i)))
				if base.At(0) != Int(-1) || v.At(v.Len()-1) != Int(int64(g*appends+i)) {
					panic("a fork has met another")
				}
			}
			lists[g] = v
		})
	}
	wg.Wait()
	for g, v := range lists {
		wellFormed(t, v)
		if v.Len() != base.Len()+appends {
			t.Fatalf("the list has %d items", v.Len())
		}
		for i := range appends {
			if v.At(base.Len()+i) != Int(int64(g*appends+i)) {
				t.Fatalf("goroutine %d finds %s", g, v.At(base.Len()+i))
			}
		}
	}
}

func TestAppendCostsItsItems(t *testing.T) {
	list := Array(make([]Value, 10000)...).Append(Int(1))
	item := Int(2)
	// Without spare slots each append would copy 160 kB.
	if bytes := bytesPerRun(func() { list = list.Append(item) }); bytes > 1000 {
		t.Errorf("an append to a long list takes %d bytes", bytes)
	}
	if bytes := bytesPerRun(func() { list = list.Slice(1, list.Len()).Append(item) }); bytes > 1000 {
		t.Errorf("a window that slides takes %d bytes a step", bytes)
	}
}

// bytesPerRun returns the memory that f takes on average.
func bytesPerRun(f func()) uint64 {
	const runs = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

// Values made by any series of operations, forks among them, are what the same operations make of plain slices.
func TestArraysAgreeWithSlices(t *testing.T) {
	type pairing struct {
		v     Value
		plain []int64
	}
	rapid.Check(t, func(t *rapid.T) {
		all := []pairing{{Array(), nil}}
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			from := all[rapid.IntRange(0, len(all)-1).Draw(t, "from")]
			n := len(from.plain)
			next := pairing{from.v, append([]int64{}, from.plain...)}
			switch op := rapid.IntRange(0, 4).Draw(t, "op"); {
			case op == 0 && n > 0:
				i := rapid.IntRange(0, n-1).Draw(t, "i")
				next.v, next.plain[i] = next.v.WithAt(i, Int(int64(step))), int64(step)
			case op == 1:
				i := rapid.IntRange(0, n).Draw(t, "i")
				j := rapid.IntRange(i, n).Draw(t, "j")
				next.v, next.plain = next.v.Slice(i, j), next.plain[i:j]
			default:
				items := []Value{}
				for range rapid.IntRange(0, 5).Draw(t, "items") {
					items, next.plain = append(items, Int(int64(step))), append(next.plain, int64(step))
				}
				next.v = next.v.Append(items...)
			}
			all = append(all, next)
		}
		for _, p := range all {
			wellFormed(t, p.v)
			want := Array()
			for _, i := range p.plain {
				want = want.Append(Int(i))
			}
			if !Equal(p.v, want) || fmt.Sprint(p.v) != want.String() {
				t.Fatalf("got %s, want %s", p.v, want)
			}
		}
	})
}

func TestSameKnowsSharedItems(t *testing.T) {
	list := bigList(10)
	longer := list.Append(Null).Append(Null)
	for _, c := range []struct {
		a, b Value
		want bool
	}{
		{list, list, true},
		{longer.Slice(0, 11), longer.Slice(0, 11), true},
		{longer.Slice(0, 11), longer, false},
		{list, apart(list), false},
		{list.At(1), longer.At(1), true},
		{String("x"), apart(String("x")), true},
		{Int(1), Int(1), true},
		{Int(1), MustParse("1.0"), false},
		{MustParse("1.0"), MustParse("1.0"), true},
		{MustParse("0"), MustParse("-0"), false},
		{Null, Bool(false), false},
		{Null, Null, true},
		{Array(), Array(), true},
		{Object(), MustParse("{}"), true},
		{Array(), Object(), false},
		{Array(Null), Object(), false},
		{String(""), Null, false},
	} {
		if Same(c.a, c.b) != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("Same(%.50s, %.50s) = %v", c.a, c.b, !c.want)
		}
	}
}
