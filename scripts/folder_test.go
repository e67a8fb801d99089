package scripts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// TestHostIsNotRead translates scripts in a working directory that has all that a translator looks for by itself.
func TestHostIsNotRead(t *testing.T) {
	host := t.TempDir()
	for name, text := range map[string]string{
		"lib/x.ts":                  "export const x = 'host'",
		"node_modules/pkg/index.js": "export const x = 'host'",
		"package.json":              `{"imports": {"#x": "./lib/x.ts"}, "browser": {"./lib/y": "./lib/x.ts"}, "sideEffects": false}`,
		"tsconfig.json":             `{"compilerOptions": {"baseUrl": ".", "paths": {"x": ["lib/x.ts"]}, "useDefineForClassFields": false, "target": "ES5"`,
	} {
		file := filepath.Join(host, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(host)
	t.Setenv("NODE_PATH", filepath.Join(host, "node_modules"))
	for _, what := range []string{"./lib/x", "./lib/x.ts", "x", "#x", "pkg", "./node_modules/pkg/index.js", "./lib/y", "file://" + host + "/lib/x.ts", host + "/lib/x.ts", "./package.json"} {
		c := inline("import {x} from '" + what + "'\nexport default () => x")
		c.Folder = scripts.Files{"other.ts": ""}
		if _, err := runCode(t, c); err == nil || !strings.Contains(err.Error(), "cannot import") {
			t.Errorf("import of %s: %v", what, err)
		}
	}
	for _, asked := range []string{
		"import(`./lib/${n}.ts`)", "import('./lib/' + n)", "import\u00a0(`../${n}.json`)", "import /* ( */ (`./lib/${n}.ts`)", "import.defer(`./lib/${n}.ts`)",
		"import(n ? './other' : `./lib/${n}.ts`)", "import(`./lib/${n}.ts`, {with: {type: 'json'}})",
		"require(`./lib/${n}.ts`)", "require('./' + n)", `re\u0071uire("./lib/" + n)`, "require(E.lib + n)",
	} {
		source := "const enum E { lib = './lib/' }\nconst n = state.n\nexport default () => " + asked
		for name, c := range map[string]scripts.Code{
			"the script":   inline(source),
			"what it uses": {Source: "export {default} from './other'", Folder: scripts.Files{"other.ts": source}},
			"a file":       {Source: source, Origin: scripts.Origin{File: "steps/a.ts"}},
		} {
			if _, err := runCode(t, c); err == nil || !strings.Contains(err.Error(), "3:22: SyntaxError: a path between quotes is needed") && !strings.Contains(err.Error(), "12:28: SyntaxError: a path between") {
				t.Errorf("%s has %s: %v", name, asked, err)
			}
		}
	}
	r, err := runCode(t, inline("class A { n }\nconst has: boolean = 'n' in new A()\nreturn has"))
	if err != nil || !document.Equal(r.Returned, must("true")) {
		t.Errorf("a configuration of the host was read: %s, %v", r.Returned, err)
	}
}

// TestSourceMapsOfScriptsAreNotRead translates scripts that name a source map, which could be any file of the host, or claim other places.
func TestSourceMapsOfScriptsAreNotRead(t *testing.T) {
	host := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(host, []byte("root:x:0:0"), 0o600); err != nil {
		t.Fatal(err)
	}
	const claim = "data:application/json,{\"version\":3,\"sources\":[\"other.ts\"],\"mappings\":\"AAAA;AAAA;AAAA\"}"
	for _, named := range []string{"file://" + host, claim, "secret.map"} {
		comment := "\n//# sourceMappingURL=" + named
		for place, c := range map[string]scripts.Code{
			"flow.yaml:11:39":    inline("const n: number = 1\nconst x: never = (() => { throw new Error('thrown') })()" + comment),
			"flow.yaml:10:36":    inline("export default () => { throw new Error('thrown') }" + comment + "\n/*# sourceMappingURL=" + named + " */"),
			"lib/throws.js:1:32": {Source: "import {fail} from './lib/throws'\nexport default () => fail()", Folder: scripts.Files{"lib/throws.js": "export function fail() { throw new Error('thrown') }" + comment}},
		} {
			_, err := runCode(t, c)
			if e := failure(t, err, scripts.KindScript); e.Error() != place+": Error: thrown" {
				t.Errorf("%s: %s, want %s", named, e, place)
			}
		}
	}
	text := inline("import text from './lib/text.md'\nexport default () => text")
	text.Folder = scripts.Files{"lib/text.md": "//# sourceMappingURL=x"}
	if r, err := runCode(t, text); err != nil || r.Returned.String() != `"//# sourceMappingURL=x"` {
		t.Errorf("a text that is imported is %s, %v", r.Returned, err)
	}
}

// TestImports shows which files a script needs, those of types alone left out.
func TestImports(t *testing.T) {
	folder := fstest.MapFS{
		"a.ts":       {Data: []byte("import {b} from './lib/b'\nimport {T} from './lib/t'\nexport default () => b as T")},
		"lib/b.ts":   {Data: []byte("import c from './c.json'\nimport x from './gone'\nexport const b = [c, x]")},
		"lib/c.json": {Data: []byte("{}")},
		"lib/t.ts":   {Data: []byte("export type T = unknown")},
		"whole.ts":   {Data: []byte("import './lib/t'\nexport default () => state.n")},
	}
	for _, c := range []struct {
		source, file string
		want         []string
	}{
		{string(folder["a.ts"].Data), "a.ts", []string{"lib/b.ts", "lib/c.json"}},
		{"import a from './a'\nexport default a", "", []string{"a.ts", "lib/b.ts", "lib/c.json"}},
		{"import {b} from './b'\nexport default b", "lib/d.js", []string{"lib/b.ts", "lib/c.json"}},
		{"import one from './whole'\nexport default () => one()", "main.ts", []string{"lib/t.ts", "whole.ts"}},
		{"return 'import'", "", nil},
		{"import a from './a'\nexport default a )", "", nil},
	} {
		got := scripts.Imports(scripts.Code{Source: c.source, Origin: scripts.Origin{File: c.file}, Folder: folder})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s imports %q, want %q", c.source, got, c.want)
		}
	}
}

// TestFilesThatCannotBeImported shows what is said of files that are there and of no use.
func TestFilesThatCannotBeImported(t *testing.T) {
	folder := scripts.Files{
		"page.tsx": "", "image.png": "", "latin.js": "export default '\xe9'", "deep.js": "export default " + strings.Repeat("[", 2000),
		"long.js": strings.Repeat("/", 300<<10), "dir/x.js": "", "a+b c%41.ts": "export default (): string => 'odd'",
	}
	for what, want := range map[string]string{
		"./page.tsx":  "only files that end in .ts, .mts, .js, .mjs, .cjs, .json, .txt or .md can be imported",
		"./image.png": "only files that end in",
		"./latin.js":  "the file is not a text in UTF-8",
		"./deep.js":   "brackets nest more than 1000 deep",
		"./long.js":   "the file has 307200 bytes; the limit of a script is 262144",
		"./dir":       "the workflow's folder has no file dir",
		"./":          "the workflow's folder has no file",
		"":            "write the way to a file",
		"./a\\\\b":    "write the way to a file, with /",
	} {
		c := inline("import x from '" + what + "'\nexport default () => x")
		c.Folder = folder
		if _, err := runCode(t, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("import of %s: %v", what, err)
		}
	}
	c := inline("import odd from './a+b c%41'\nexport default () => odd()")
	c.Folder = folder
	if r, err := runCode(t, c); err != nil || !document.Equal(r.Returned, must(`"odd"`)) {
		t.Errorf("a file with an odd name: %s, %v", r.Returned, err)
	}
}
