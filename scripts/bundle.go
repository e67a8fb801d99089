package scripts

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
)

// Bundle is what a script in TypeScript, or one with imports, is translated to: one text of plain JavaScript that runs as
// it stands. It is made once and kept with what it was made of, so that a later translator changes nothing.
type Bundle struct {
	Code     string   // assigns the function that is the script to weir$main
	Files    []string // what it was made of, each by its path; "" for a script that is in no file of its own
	Mappings string   // from Code to Files, as in a source map; see sourcemap.go
}

// bundleMax bounds a bundle's code, in multiples of what one source may have.
const bundleMax = 4

// Endings of script files, in the order in which an import without an ending tries them.
var (
	typeScriptEndings = []string{".ts", ".mts"}
	scriptEndings     = append(typeScriptEndings, ".js", ".mjs", ".cjs")
	loaders           = map[string]api.Loader{
		".ts": api.LoaderTS, ".mts": api.LoaderTS, ".js": api.LoaderJS, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS,
		".json": api.LoaderJSON, ".txt": api.LoaderText, ".md": api.LoaderText,
	}
)

// IsFile reports whether a file of that name holds a script, by its ending.
func IsFile(name string) bool { return slices.Contains(scriptEndings, path.Ext(name)) }

// What goja lacks of ES2022, for the translator to write in other words.
var unsupported = map[string]bool{
	"async-generator": false, "for-await": false, "class-private-brand-check": false, "top-level-await": false, "import-meta": false,
}

// Warnings of the translator that are errors here: what they warn of cannot work.
var fatalWarnings = map[string]api.LogLevel{
	"import-is-undefined": api.LogLevelError, "empty-import-meta": api.LogLevelError, "unsupported-dynamic-import": api.LogLevelError,
	"call-import-namespace": api.LogLevelError,
}

// plainConfig keeps the translator from looking for a configuration of its own.
const plainConfig = "{}"

// translation turns a source that is not plain JavaScript into a Bundle.
type translation struct {
	*compilation
	*folder
	wrap int // lines before the source in what the translator is given
}

// translateBody translates a function's body in TypeScript.
func (t *translation) translateBody() (*Bundle, error) {
	t.wrap = 1
	result := api.Transform(unmapped(mainName+" = function () {\n"+t.source+"\n};"), api.TransformOptions{
		Loader: api.LoaderTS, Target: api.ES2022, Supported: unsupported, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		Sourcemap: api.SourceMapExternal, SourcesContent: api.SourcesContentExclude, Sourcefile: inlineName, TsconfigRaw: plainConfig,
	})
	if len(result.Errors) > 0 {
		return nil, t.translationError(result.Errors)
	}
	tree, err := parse(string(result.Code))
	if err != nil || !assignsFunction(tree) {
		return nil, t.syntaxError(nil)
	}
	return t.bundle(result.Code, result.Map)
}

// translateModule translates a module and puts it together with all that it imports.
func (t *translation) translateModule() (*Bundle, error) {
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: `import * as module from "script"; ` + mainName + " = module.default;"},
		Bundle: true, Outfile: "bundle.js", Format: api.FormatESModule, Platform: api.PlatformNeutral,
		Target: api.ES2022, Supported: unsupported, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		Sourcemap: api.SourceMapExternal, SourcesContent: api.SourcesContentExclude, TsconfigRaw: plainConfig,
		LogOverride: fatalWarnings, Plugins: []api.Plugin{{Name: "folder", Setup: t.plug}},
	})
	if len(result.Errors) > 0 {
		return nil, t.translationError(result.Errors)
	}
	var code, mapped []byte
	for _, file := range result.OutputFiles {
		if strings.HasSuffix(file.Path, ".map") {
			mapped = file.Contents
		} else {
			code = file.Contents
		}
	}
	return t.bundle(code, mapped)
}

// bundle takes what the translator has written.
func (t *translation) bundle(code, mapped []byte) (*Bundle, error) {
	if limit := bundleMax * t.sourceMax; len(code) > limit {
		return nil, t.failure(KindLimit, 0, fmt.Sprintf("the script has %d bytes with all that it imports; the limit is %d: import less, or %s", len(code), limit, raise("source")))
	}
	b := &Bundle{Code: string(code)}
	if err := t.remap(b, mapped); err != nil {
		return nil, t.failure(KindScript, 0, "the script's source map cannot be read: "+err.Error())
	}
	return b, nil
}

// The namespaces of what the translator loads: files of the folder, and the script where it is none of them.
const (
	folderSpace = "folder"
	inlineSpace = "inline"
	inlineName  = "script"
)

// plug makes the folder the only place that the translator reads.
func (t *translation) plug(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		from := "."
		switch args.Namespace {
		case inlineSpace:
		case folderSpace:
			from = path.Dir(args.Importer)
		default: // our own line, which imports the script
			if t.path == "" {
				return api.OnResolveResult{Path: inlineName, Namespace: inlineSpace}, nil
			}
			return api.OnResolveResult{Path: t.path, Namespace: folderSpace}, nil
		}
		found, err := t.resolve(from, args.Path)
		if err != nil {
			return api.OnResolveResult{}, err
		}
		return api.OnResolveResult{Path: found, Namespace: folderSpace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: inlineSpace}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
		return loaded(t.source, inlineSpace+":"+inlineName, api.LoaderTS), nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: folderSpace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text, err := t.load(args.Path)
		loader := loaders[path.Ext(args.Path)]
		if err != nil || !IsFile(args.Path) {
			return api.OnLoadResult{Contents: &text, Loader: loader}, err
		}
		return loaded(text, folderSpace+":"+args.Path, loader), nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		return api.OnLoadResult{}, errors.New("nothing is imported from outside of the workflow's folder")
	})
}

// loaded is a script as the translator is given it.
func loaded(text, file string, loader api.Loader) api.OnLoadResult {
	if at := unknownImport(text, loader); at != nil {
		at.File = file
		return api.OnLoadResult{Errors: []api.Message{{Text: "SyntaxError: " + unknownPath, Location: at}}}
	}
	text = unmapped(text)
	return api.OnLoadResult{Contents: &text, Loader: loader}
}

// unmapped keeps the translator from following a comment that names a source map, which may be any file of the host: only the
// last such comment counts, and what this one names is nothing that it reads.
func unmapped(text string) string {
	if !strings.Contains(text, "sourceMappingURL=") {
		return text
	}
	return text + "\n//# sourceMappingURL=none:"
}

// load reads a file of the folder that is imported.
func (t *translation) load(name string) (string, error) {
	if name == t.path {
		return t.source, nil // in the folder it may be missing, or stand as it was before
	}
	text, err := t.read(name, t.sourceMax)
	if err != nil {
		return "", err
	}
	problem := checkShape(text)
	if problem == nil && loaders[path.Ext(name)] != api.LoaderText {
		problem = checkTranslated(text)
	}
	if problem != nil {
		return "", errors.New(problem.message)
	}
	return text, nil
}

// ownSource is what the translator calls our own line.
const ownSource = "<stdin>"

// translationError tells the first error of the translator, but one of our own line only where there is no other: it follows
// from what is wrong with the script.
func (t *translation) translationError(list []api.Message) *Error {
	i := slices.IndexFunc(list, func(m api.Message) bool { return m.Location != nil && m.Location.File != ownSource })
	if i < 0 {
		if list[0].ID == "import-is-undefined" {
			return t.failure(KindScript, 0, "the module has no default export, which is the script: write export default function (state, ctx) { … }")
		}
		return t.failure(KindScript, 0, shorten(list[0].Text))
	}
	m := &list[i]
	at, text := m.Location, wording(m)
	if name, inFolder := strings.CutPrefix(at.File, folderSpace+":"); inFolder && name != t.path {
		before := at.LineText[:min(at.Column, len(at.LineText))]
		return &Error{Kind: KindScript, Message: text, File: name, Line: at.Line, Column: 1 + utf8.RuneCountInString(before)}
	}
	return t.failure(KindScript, min(t.place.start(at.Line-t.wrap)+at.Column, len(t.source)), text)
}

// wording says what the translator means.
func wording(m *api.Message) string {
	switch {
	case m.PluginName != "":
		return shorten(m.Text)
	case m.ID == "empty-import-meta":
		return "SyntaxError: there is no import.meta here: a script has no address"
	case m.ID == "unsupported-dynamic-import":
		return "SyntaxError: " + unknownPath
	case strings.HasPrefix(m.Text, "Top-level await"):
		return "SyntaxError: await is not possible at the top of a module: put it into the script, " + asyncModule
	case strings.HasPrefix(m.Text, `"await" can only be used inside`):
		return "SyntaxError: " + noAwaitInScript
	}
	return "SyntaxError: " + shorten(strings.ReplaceAll(m.Text, `"`+folderSpace+":", `"`))
}
