package scripts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// folder is the one place that scripts import from. It resolves imports itself: the translator's own way would read the
// host's files.
type folder struct {
	files fs.FS

	mu   sync.Mutex // the translator reads files side by side
	used []string
}

func folderOf(files fs.FS) *folder {
	if files == nil {
		files = Files(nil)
	}
	return &folder{files: files}
}

// loaded returns the files that were read, in order.
func (f *folder) loaded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.used)
	f.used = slices.Compact(f.used)
	return slices.Clone(f.used)
}

var (
	scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`)
	drive  = regexp.MustCompile(`^[A-Za-z]:`)
)

// builtins are modules of Node that people reach for. Others are told like packages.
var builtins = strings.Fields(`
	assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs
	http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
	string_decoder sys timers tls tty url util v8 vm wasi worker_threads zlib`)

// resolve returns the file that an import means which stands in a file of the folder from. The error says what to write instead.
func (f *folder) resolve(from, what string) (string, error) {
	base, _, _ := strings.Cut(what, "/")
	switch {
	case what == "" || strings.ContainsAny(what, "\\\x00"):
		return "", fmt.Errorf("cannot import %q: write the way to a file, with /, such as ./lib/score.ts", what)
	case strings.HasPrefix(what, "/") || drive.MatchString(what):
		return "", fmt.Errorf("cannot import %q: it is an absolute path; write the way from this file, such as ./lib/score.ts", what)
	case strings.HasPrefix(what, "node:") || slices.Contains(builtins, base):
		return "", fmt.Errorf("cannot import %q: it is a part of Node, and scripts have no files, network or processes; let a tool do it", what)
	case scheme.MatchString(what):
		return "", fmt.Errorf("cannot import %q: scripts import nothing from elsewhere; keep a copy in lib/ and import that", what)
	case base != "." && base != "..":
		if found := f.find(what); found != "" {
			return "", fmt.Errorf("cannot import %q: a path begins with ./ or ../; write %q", what, relative(from, found))
		}
		return "", fmt.Errorf("cannot import %q: there are no packages here; bundle it into one file in lib/ and import that, such as ./lib/%s.js", what, path.Base(what))
	}
	name := path.Join(from, what)
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", fmt.Errorf("cannot import %q: it is outside of the workflow's folder; keep what is imported in the folder, or in its lib/", what)
	}
	if found := f.find(name); found != "" {
		if loaders[path.Ext(found)] == 0 {
			return "", fmt.Errorf("cannot import %q: only files that end in .ts, .mts, .js, .mjs, .cjs, .json, .txt or .md can be imported", what)
		}
		return found, nil
	}
	return "", fmt.Errorf("cannot import %q: the workflow's folder has no file %s%s", what, name, tried(name))
}

// tried says which endings a path was also looked for with.
func tried(name string) string {
	if path.Ext(name) != "" {
		return ""
	}
	return ", also with none of the endings " + strings.Join(scriptEndings, ", ")
}

// find returns the file that a path means: itself, the TypeScript that the JavaScript of that name is made of, as compilers
// of TypeScript want it written, the path with an ending, or the index of a folder.
func (f *folder) find(name string) string {
	candidates := []string{name}
	for js, ts := range map[string]string{".js": ".ts", ".mjs": ".mts"} {
		if stem, ok := strings.CutSuffix(name, js); ok {
			candidates = append(candidates, stem+ts)
		}
	}
	for _, ending := range scriptEndings {
		candidates = append(candidates, name+ending)
	}
	for _, ending := range scriptEndings {
		candidates = append(candidates, path.Join(name, "index"+ending))
	}
	for _, c := range candidates {
		if !fs.ValidPath(c) {
			continue
		}
		if info, err := fs.Stat(f.files, c); err == nil && info.Mode().IsRegular() {
			return c
		}
	}
	return ""
}

// relative writes the way from a folder to a file as an import has it.
func relative(from, to string) string {
	up := ""
	for from != "." && !strings.HasPrefix(to, from+"/") {
		up, from = up+"../", path.Dir(from)
	}
	if from != "." {
		to = strings.TrimPrefix(to, from+"/")
	}
	if up == "" {
		return "./" + to
	}
	return up + to
}

// read returns the text of a file of at most so many bytes.
func (f *folder) read(name string, most int) (string, error) {
	f.mu.Lock()
	f.used = append(f.used, name)
	f.mu.Unlock()
	info, err := fs.Stat(f.files, name)
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	if info.Size() > int64(most) {
		return "", fmt.Errorf("the file has %d bytes; the limit of a script is %d", info.Size(), most)
	}
	data, err := fs.ReadFile(f.files, name)
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	if !utf8.Valid(data) {
		return "", errors.New("the file is not a text in UTF-8: save it as UTF-8")
	}
	return string(data), nil
}

// cause leaves the path out of an error that is told with it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
