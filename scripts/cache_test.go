package scripts

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestCacheKeepsWhatWasUsedLast(t *testing.T) {
	e := New(Limits{})
	e.cache = newProgramCache[programKey](3, 1<<20)
	compile := func(source string, o Origin) *program {
		t.Helper()
		s, err := e.CompileBody(source, o)
		if err != nil {
			t.Fatal(err)
		}
		return s.program
	}
	a := compile("return 1", Origin{})
	if compile("return 1", Origin{}) != a {
		t.Error("compiled again")
	}
	if compile("return 1", Origin{File: "other"}) == a {
		t.Error("the origin does not count")
	}
	if x, err := e.CompileExpression("1", Origin{}); err != nil || x.program == a {
		t.Error("an expression is no body", err)
	}
	compile("return 1", Origin{}) // used again
	compile("return 2", Origin{})
	compile("return 3", Origin{})
	if compile("return 1", Origin{}) != a {
		t.Error("what was used last was dropped")
	}
	if n := e.cache.used.Len(); n != 3 || len(e.cache.byKey) != 3 {
		t.Errorf("%d programs are kept", n)
	}
}

func TestCacheIsBounded(t *testing.T) {
	e := New(Limits{})
	e.cache = newProgramCache[programKey](1000, 10_000)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 200 {
				if _, err := e.CompileBody(fmt.Sprintf("return %d //%s", i*(g%2+1), strings.Repeat("x", 100)), Origin{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	sum := 0
	for key := range e.cache.byKey {
		sum += len(key.source)
	}
	if sum != e.cache.bytes || sum > 10_000 || len(e.cache.byKey) != e.cache.used.Len() {
		t.Errorf("%d programs with %d bytes, counted as %d", len(e.cache.byKey), sum, e.cache.bytes)
	}
	if _, err := e.CompileBody("/*"+strings.Repeat("x", 20_000)+"*/", Origin{}); err != nil || e.cache.used.Len() != 1 {
		t.Errorf("one program larger than the cache: %v, %d kept", err, e.cache.used.Len())
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	l := New(Limits{CallDepth: 7}).Limits()
	if l.CallDepth != 7 || l.Time != defaultTime || l.SourceBytes != 256<<10 || l.OutputBytes != 1<<20 ||
		l.ConsoleBytes != 64<<10 || l.ConsoleLines != 1000 {
		t.Errorf("%+v", l)
	}
}
