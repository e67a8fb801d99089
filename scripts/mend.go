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

// mend is a file of mends, and how a source names one of them: by a word, which is quick to look for, and as the expression
// says, where a word alone says too little.
type mend struct {
	file  string
	words []string
	use   *regexp.Regexp
}

var mends = []mend{
	{"group.js", []string{"groupBy"}, nil},
	{"clone.js", []string{"structuredClone"}, nil},
	{"promise.js", []string{"withResolvers", "fromAsync", "queueMicrotask"}, nil},
	{"promise.js", []string{"Promise"}, regexp.MustCompile(`\bPromise\s*\.\s*try\b`)},
	{"iterator.js", []string{"Iterator"}, nil},
	// Arrays have methods of these names, too: a helper needs an iterator, which the source makes itself.
	{"iterator.js", []string{".keys()", ".values()", ".entries()", "matchAll", "yield", "Symbol.iterator"}, regexp.MustCompile(
		`\.\s*(map|filter|take|drop|flatMap|reduce|toArray|forEach|some|every|find)\s*\(`)},
	{"text.js", []string{"isWellFormed", "toWellFormed"}, nil},
	{"text.js", []string{"RegExp"}, regexp.MustCompile(`\bRegExp\s*\.\s*escape\b`)},
	{"symbols.js", []string{"Symbol"}, regexp.MustCompile(`\bSymbol\s*\.\s*(dispose|asyncDispose|asyncIterator)\b`)},
	{"weak.js", []string{"WeakRef", "FinalizationRegistry"}, nil},
}

// names reports whether a source names what the mend is for.
func (m *mend) names(source string) bool {
	return containsAny(source, m.words) && (m.use == nil || m.use.MatchString(source))
}

// mendsFor returns the mends that a source may need.
func mendsFor(source string) (needed []*goja.Program) {
	all := hidesNames(source)
	for i := range mends {
		m := &mends[i]
		if !all && !m.names(source) {
			continue
		}
		if program := mendPrograms()[m.file]; !slices.Contains(needed, program) {
			needed = append(needed, program)
		}
	}
	return needed
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
