package scripts

import (
	"embed"
	"regexp"
	"slices"
	"sync"

	"github.com/dop251/goja"
)

// What goja lacks of ECMAScript is mended in JavaScript, and only for scripts that name it: a fresh runtime costs less
// than a microsecond, the least mend costs several.

// mend is a file of mends, and how a source names one of them.
type mend struct {
	file  string
	names *regexp.Regexp
}

var mends = []mend{
	{"group.js", regexp.MustCompile(`\bgroupBy\b`)},
	{"clone.js", regexp.MustCompile(`\bstructuredClone\b`)},
	{"promise.js", regexp.MustCompile(`\b(withResolvers|fromAsync|queueMicrotask)\b|\bPromise\s*\.\s*try\b`)},
	// Arrays have methods of these names, too: a helper needs an iterator that the source itself has made.
	{"iterator.js", regexp.MustCompile(`\bIterator\b|\.(keys|values|entries)\s*\(\s*\)|\bmatchAll\b|\bfunction\s*\*|[{,;}]\s*(static\s+)?\*\s*[\w$#\[]|Symbol\.iterator`)},
	{"text.js", regexp.MustCompile(`\b(isWellFormed|toWellFormed)\b|\bRegExp\s*\.\s*escape\b`)},
	{"weak.js", regexp.MustCompile(`\b(WeakRef|FinalizationRegistry)\b`)},
}

// helpers are what makes a source need the mend of iterators, beside Iterator itself.
var helpers = regexp.MustCompile(`\bIterator\b|\.\s*(map|filter|take|drop|flatMap|reduce|toArray|forEach|some|every|find)\s*\(`)

// mendsFor returns the mends that a source may need.
func mendsFor(source string) (needed []*goja.Program) {
	hidden := hidesNames(source)
	for i := range mends {
		m := &mends[i]
		switch {
		case hidden:
		case !m.names.MatchString(source):
			continue
		case m.file == "iterator.js" && !helpers.MatchString(source):
			continue
		}
		needed = append(needed, mendPrograms()[m.file])
	}
	return slices.Clip(needed)
}

//go:embed mends/*.js
var mendFiles embed.FS

// mendPrograms are the compiled mends. Each evaluates to a function that is given define.
var mendPrograms = sync.OnceValue(func() map[string]*goja.Program {
	programs := make(map[string]*goja.Program, len(mends))
	for _, m := range mends {
		source, err := mendFiles.ReadFile("mends/" + m.file)
		if err != nil {
			panic(err)
		}
		programs[m.file] = goja.MustCompile("mend", string(source), true)
	}
	return programs
})

// mend puts mends in place.
func (x *execution) mend(needed []*goja.Program) {
	for _, program := range needed {
		install, ok := goja.AssertFunction(result(x.rt.RunProgram(program)))
		if !ok {
			panic("a mend is no function")
		}
		result(install(goja.Undefined(), x.rt.ToValue(x.define)))
	}
}

// define gives an object what it lacks of others' members, as native ones have them: not enumerable.
func (x *execution) define(holder, members *goja.Object) {
	for _, name := range members.Keys() {
		if has := holder.Get(name); has == nil {
			_ = holder.DefineDataProperty(name, members.Get(name), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		}
	}
}
