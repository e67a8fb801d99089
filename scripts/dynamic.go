package scripts

import (
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
)

// The translator takes import(`./lib/${name}`), and require with such a path, for a pattern, and looks through the folders of the
// host for what fits it, past all that would keep it from them. So a path that is not known while translating is refused
// before: by a translation of the one file, which reads nothing.

const unknownPath = "a path between quotes is needed: what a script imports is put together when it is saved"

// unknownImport returns where a source asks for a path that is not known while translating, nil where it does not.
func unknownImport(text string, loader api.Loader) *api.Location {
	if !mayImportByName(text) {
		return nil
	}
	result := api.Transform(unmapped(text), api.TransformOptions{
		Loader: loader, Format: api.FormatESModule, Platform: api.PlatformNeutral, Target: api.ES2022, Supported: unsupported, TsconfigRaw: plainConfig,
		LogOverride: map[string]api.LogLevel{"unsupported-dynamic-import": api.LogLevelError, "unsupported-require-call": api.LogLevelError},
	})
	for _, m := range result.Errors {
		if strings.HasPrefix(m.ID, "unsupported-") && strings.HasSuffix(m.Text, "because the argument is not a string literal") {
			return m.Location
		}
	}
	return nil
}

// mayImportByName reports whether a source may have import(…) or require(…). That of import is followed by what no statement
// that imports goes on with, and the word require may be written with escapes.
func mayImportByName(text string) bool {
	if strings.Contains(text, "require") || strings.Contains(text, `\u`) {
		return true
	}
	for {
		_, after, found := strings.Cut(text, "import")
		if !found {
			return false
		}
		text = strings.TrimLeft(after, " \t\r\n")
		if text == "" || text[0] >= utf8.RuneSelf || !isWord(text[0]) && !strings.ContainsRune(`'"{*`, rune(text[0])) {
			return true
		}
	}
}
