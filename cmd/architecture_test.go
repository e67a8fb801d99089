// Package cmd holds the programs. At this level there are only the tests that look at the whole module:
// which package may import which, and how the house is kept.
package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/weirflow/weir"

// fileLinesMax is the length at which a Go file is taken to hold two subjects.
const fileLinesMax = 400

// room says what one package may use. Everything a package imports, directly or through others, must be
// named here or in the rooms it names.
type room struct {
	own        []string // packages of this module
	thirdParty []string // modules or packages of others, imported directly; a prefix up to a slash
	pure       bool     // no clock, no random, no input or output, no goroutine
}

// rooms is the table of allowed imports. Imports go one way:
// cmd → api → actors → {actors/workflow → actors/timetable, actors/tools, scripts, eventstore} → eventstore/audit → eventstore/event →
// eventstore/document.
var rooms = map[string]room{
	"eventstore/document": {pure: true},
	"eventstore/event":    {own: []string{"eventstore/document"}, pure: true},
	// It reads the server's files without the server, whose checksums are HighwayHash.
	"eventstore/audit": {
		own:        []string{"eventstore/event", "eventstore/document"},
		thirdParty: []string{"github.com/minio/highwayhash"},
	},
	"eventstore": {
		own:        []string{"eventstore/audit", "eventstore/event", "eventstore/document"},
		thirdParty: []string{"github.com/nats-io", "github.com/google/uuid", "golang.org/x/sys"},
	},
	// The list of runs, in a SQLite file: what is handed to it are commits.
	"eventstore/runindex": {
		own:        []string{"eventstore/event", "eventstore/document"},
		thirdParty: []string{"modernc.org/sqlite"},
	},
	// An event log for tests, and what every event log is held to. No program uses either.
	"eventstore/memlog": {own: []string{"eventstore", "eventstore/audit", "eventstore/event", "eventstore/document"}},
	"eventstore/logtest": {
		own:        []string{"eventstore", "eventstore/audit", "eventstore/event", "eventstore/document"},
		thirdParty: []string{"github.com/google/go-cmp"},
	},
	"scripts": {
		own: []string{"eventstore/document"},
		thirdParty: []string{
			"github.com/dop251/goja", "github.com/dlclark/regexp2", "github.com/evanw/esbuild", "github.com/go-sourcemap/sourcemap",
			"github.com/google/uuid", "golang.org/x/sys",
		},
	},
	// Cron lines, and the clocks of time zones, whose rules it is built with.
	"actors/timetable": {thirdParty: []string{"github.com/netresearch/go-cron"}},
	// Of its schedules a workflow has the timetables: they are values, and have no clock.
	"actors/workflow": {
		own:        []string{"actors/timetable", "eventstore/event", "eventstore/document"},
		thirdParty: []string{"github.com/goccy/go-yaml"},
		pure:       true,
	},
	"actors/tools": {
		own:        []string{"eventstore/document"},
		thirdParty: []string{"github.com/santhosh-tekuri/jsonschema", "golang.org/x/text", "github.com/rogpeppe/go-internal/diff"},
	},
	"actors": {
		own: []string{
			"actors/timetable", "actors/workflow", "actors/tools", "scripts",
			"eventstore", "eventstore/audit", "eventstore/runindex", "eventstore/event", "eventstore/document",
		},
		thirdParty: []string{"github.com/google/uuid"},
	},
	// Tests of workflows: what a system does, without its store and in a time of its own.
	"actors/rehearsal": {
		own: []string{
			"actors", "actors/timetable", "actors/workflow", "actors/tools", "scripts",
			"eventstore", "eventstore/audit", "eventstore/runindex", "eventstore/event", "eventstore/document",
		},
	},
	"api": {
		own: []string{
			"actors", "actors/timetable", "actors/workflow", "actors/tools", "scripts",
			"eventstore", "eventstore/audit", "eventstore/runindex", "eventstore/event", "eventstore/document",
		},
		thirdParty: []string{"github.com/danielgtaylor/huma", "github.com/coder/websocket", "github.com/prometheus/client_golang"},
	},
	"examples": {},
	"cmd":      {},
	// A server in a process of its own, seen from outside.
	"cmd/internal/process": {thirdParty: []string{"golang.org/x/sys"}},
	// A store with a great many runs, for those who measure it.
	"cmd/internal/copies": {own: []string{"eventstore", "eventstore/audit", "eventstore/event", "eventstore/document"}},
	// Profiles of this process.
	"cmd/internal/profiles": {},
	// What `weir bench` measures. It drives servers and engines that it is given, and wires none.
	"cmd/internal/bench": {
		own: []string{
			"cmd/internal/copies", "cmd/internal/process", "cmd/internal/profiles", "actors", "actors/timetable", "actors/workflow", "actors/tools", "scripts",
			"eventstore", "eventstore/audit", "eventstore/runindex", "eventstore/event", "eventstore/document",
		},
		thirdParty: []string{"github.com/coder/websocket", "github.com/dop251/goja", "github.com/nats-io", "golang.org/x/sys"},
	},
	"cmd/weir": {
		own: []string{
			"cmd/internal/bench", "cmd/internal/copies", "cmd/internal/process", "cmd/internal/profiles",
			"api", "actors", "actors/rehearsal", "actors/timetable", "actors/workflow", "actors/tools", "scripts", "examples",
			"eventstore", "eventstore/audit", "eventstore/runindex", "eventstore/event", "eventstore/document",
		},
		thirdParty: []string{
			"github.com/spf13", "github.com/coder/websocket", "github.com/lmittmann/tint", "golang.org/x/sys", "golang.org/x/term",
		},
	},
}

// topLevel is everything that may stand beside README.md.
var topLevel = []string{
	"actors", "api", "cmd", "eventstore", "scripts", "docs", "examples",
	".ci", ".editorconfig", ".gitattributes", ".gitignore", ".golangci.yml",
	"LICENSE", "Makefile", "README.md", "go.mod", "go.sum",
}

// impure is what a pure package may not import, and impureUses what it may not use of others.
var (
	impure = []string{
		"context", "crypto/rand", "io/fs", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "net", "os",
		"os/exec", "os/signal", "plugin", "runtime", "syscall", "time/tzdata",
	}
	impureUses = map[string][]string{
		"time":          {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local"},
		"path/filepath": {"Abs", "EvalSymlinks", "Glob", "Walk", "WalkDir"},
	}
)

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath, Dir, Doc string
	Standard             bool
	Imports, Deps        []string
	GoFiles, TestGoFiles []string
}

func (p listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// list returns this module's packages and, by import path, everything they depend on.
func list(t *testing.T) (own []listed, all map[string]listed) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps",
		"-json=ImportPath,Dir,Doc,Standard,Imports,Deps,GoFiles,TestGoFiles", module+"/...")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	all = map[string]listed{}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading what go list printed: %v", err)
		}
		all[p.ImportPath] = p
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			own = append(own, p)
		}
	}
	if len(own) < 5 {
		t.Fatalf("go list found %d packages of this module; that cannot be all", len(own))
	}
	return own, all
}

func TestImportsGoOneWay(t *testing.T) {
	own, all := list(t)
	for _, p := range own {
		name := p.name()
		allowed, ok := rooms[name]
		if !ok {
			t.Errorf("package %q is not in the table of allowed imports; say there what it may use", name)
			continue
		}
		for _, dependency := range p.Deps {
			if other, ours := strings.CutPrefix(dependency, module+"/"); ours && !slices.Contains(allowed.own, other) {
				t.Errorf("%s must not depend on %s; it does by %s", name, other, strings.Join(path(all, p.ImportPath, dependency), " → "))
			}
		}
		for _, imported := range p.Imports {
			if all[imported].Standard || imported == "C" || imported == module || strings.HasPrefix(imported, module+"/") {
				continue
			}
			if !slices.ContainsFunc(allowed.thirdParty, func(prefix string) bool {
				return imported == prefix || strings.HasPrefix(imported, prefix+"/")
			}) {
				t.Errorf("%s must not import %s; if it earns its place, say so in the table of allowed imports", name, imported)
			}
		}
	}
}

// path returns one way of imports from one package to another.
func path(all map[string]listed, from, to string) []string {
	way := []string{strings.TrimPrefix(from, module+"/")}
	for from != to {
		next := slices.IndexFunc(all[from].Imports, func(imported string) bool {
			return imported == to || slices.Contains(all[imported].Deps, to)
		})
		if next < 0 {
			return append(way, strings.TrimPrefix(to, module+"/"))
		}
		from = all[from].Imports[next]
		way = append(way, strings.TrimPrefix(from, module+"/"))
	}
	return way
}

// A stale row would permit what nobody decided.
func TestTableNamesOnlyWhatExists(t *testing.T) {
	own, _ := list(t)
	for name, allowed := range rooms {
		for _, each := range append([]string{name}, allowed.own...) {
			if !slices.ContainsFunc(own, func(p listed) bool { return p.name() == each }) {
				t.Errorf("the table of allowed imports names %q, which does not exist", each)
			}
		}
	}
}

func TestPackagesHaveComments(t *testing.T) {
	own, _ := list(t)
	for _, p := range own {
		if len(p.GoFiles) > 0 && strings.TrimSpace(p.Doc) == "" {
			t.Errorf("package %s has no package comment: say what it promises, what always holds, and show an example", p.name())
		}
	}
}

func TestPurePackagesHaveNoClockAndNoGoroutine(t *testing.T) {
	own, _ := list(t)
	for _, p := range own {
		if !rooms[p.name()].pure {
			continue
		}
		for _, file := range p.GoFiles {
			checkPure(t, filepath.Join(p.Dir, file))
		}
	}
}

func checkPure(t *testing.T, file string) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	named := map[string]string{} // the import path that a name in this file stands for
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Errorf("%s: %v", set.Position(spec.Pos()), err)
			continue
		}
		if slices.Contains(impure, imported) || strings.HasPrefix(imported, "net/") {
			t.Errorf("%s: a pure package must not import %s", set.Position(spec.Pos()), imported)
		}
		name := imported[strings.LastIndex(imported, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		named[name] = imported
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a pure package must not start a goroutine", set.Position(n.Pos()))
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(impureUses[named[x.Name]], n.Sel.Name) {
				t.Errorf("%s: a pure package must not use %s.%s", set.Position(n.Pos()), x.Name, n.Sel.Name)
			}
		}
		return true
	})
}

func TestFilesHoldOneSubject(t *testing.T) {
	root := rootDir(t)
	err := filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if file != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if lines := bytes.Count(content, []byte("\n")); lines > fileLinesMax && !bytes.Contains(content, []byte("\n// Code generated ")) {
			t.Errorf("%s has %d lines; more than %d hold two subjects", file, lines, fileLinesMax)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTopLevelHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir(rootDir(t))
	if err != nil {
		t.Fatal(err)
	}
	// What .gitignore names may lie about; it is never committed.
	built := []string{".git", "bin", "weir", "weir-data", "coverage.*", "*.test", "*.prof"}
	for _, entry := range entries {
		if slices.Contains(topLevel, entry.Name()) {
			continue
		}
		if !slices.ContainsFunc(built, func(pattern string) bool {
			matched, err := filepath.Match(pattern, entry.Name())
			return err == nil && matched
		}) {
			t.Errorf("%s does not belong at the top level", entry.Name())
		}
	}
}

func rootDir(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}
