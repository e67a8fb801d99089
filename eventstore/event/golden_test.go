package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Golden files are what weir has stored somewhere already. Rewriting those of a released version is breaking a promise; a new
// version gets a folder of its own beside them.
var update = flag.Bool("update", false, "rewrite the golden files")

const golden = "testdata/v1"

func TestGoldenEvents(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		t.Run(name, func(t *testing.T) {
			checkGolden(t, name+".json", samples[name].AppendJSON(nil))
			stored, err := os.ReadFile(filepath.Join(golden, name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			e, err := Decode(stored)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(samples[name], e); diff != "" {
				t.Errorf("the file is read as another event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoldenCommits(t *testing.T) {
	for name, c := range map[string]Commit{"commit.json": sampleCommit(), "retired.json": retiredCommit()} {
		t.Run(name, func(t *testing.T) { goldenCommit(t, name, c) })
	}
}

func goldenCommit(t *testing.T, name string, c Commit) {
	sealed := Seal(c)
	if got := sealed.Retired(); got != (name == "retired.json") {
		t.Errorf("retired: %t", got)
	}
	checkGolden(t, name, sealed.Data)
	stored, err := os.ReadFile(filepath.Join(golden, name))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Open(stored[:len(stored)-1])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sealed, opened, cmpopts.IgnoreUnexported(Sealed{})); diff != "" {
		t.Error(diff)
	}
	events, err := opened.Events()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Events, events); diff != "" {
		t.Error(diff)
	}
}

// checkGolden compares bytes with a file, which holds them as a line.
func checkGolden(t *testing.T, name string, data []byte) {
	t.Helper()
	path, line := filepath.Join(golden, name), string(data)+"\n"
	if *update {
		if err := os.MkdirAll(golden, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(stored), line); diff != "" {
		t.Errorf("%s (-stored +written):\n%s", path, diff)
	}
}

// The vocabulary as its source has it: the types, the bodies, and the names that their fields' comments give.
type vocabulary struct {
	types  []string            // TypeX constants, without Type
	bodies []string            // what has a method appendFields
	fields map[string][]string // of each struct, in order
}

func readVocabulary(t *testing.T) vocabulary {
	t.Helper()
	v := vocabulary{fields: map[string][]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[a-z_]+`)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "appendFields" {
					v.bodies = append(v.bodies, n.Recv.List[0].Type.(*ast.Ident).Name)
				}
			case *ast.ValueSpec:
				if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Type" {
					v.types = append(v.types, strings.TrimPrefix(n.Names[0].Name, "Type"))
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && path == "vocabulary.go" {
					for _, field := range s.Fields.List {
						if said := name.FindString(field.Comment.Text()); said != "" {
							v.fields[n.Name.Name] = append(v.fields[n.Name.Name], said)
						}
					}
				}
			}
			return true
		})
	}
	slices.Sort(v.types)
	slices.Sort(v.bodies)
	return v
}

// Whoever adds a type of event learns here what else belongs to it.
func TestEveryTypeIsCovered(t *testing.T) {
	v := readVocabulary(t)
	if diff := cmp.Diff(v.types, v.bodies); diff != "" {
		t.Errorf("constants and bodies (-types +bodies):\n%s", diff)
	}
	listed := []string{}
	for _, typ := range Types() {
		listed = append(listed, string(typ))
	}
	slices.Sort(listed)
	if diff := cmp.Diff(v.types, listed); diff != "" {
		t.Errorf("Types() (-constants +listed):\n%s", diff)
	}
	for _, typ := range v.types {
		e, sampled := samples[typ]
		if !sampled {
			t.Errorf("there is no sample of %s", typ)
			continue
		}
		if string(e.Type()) != typ {
			t.Errorf("the sample of %s is a %s", typ, e.Type())
		}
		if new(fields).body(Type(typ)) == nil {
			t.Errorf("Decode does not know %s", typ)
		}
		if _, generated := bodies[Type(typ)]; !generated {
			t.Errorf("there is no generator of %s", typ)
		}
	}
}

// The bytes hold the fields under the names and in the order that the comments in vocabulary.go promise.
func TestFieldsAreThoseOfTheComments(t *testing.T) {
	v := readVocabulary(t)
	for _, typ := range v.types {
		e, more := grown[typ]
		if !more {
			e = samples[typ]
		}
		want := append([]string{"run", "n", "type", "at"}, v.fields[typ]...)
		if got := fieldNames(t, e.AppendJSON(nil)); !slices.Equal(got, want) {
			t.Errorf("%s is written with the fields\n%q, the comments say\n%q", typ, got, want)
		}
	}
}

// fieldNames returns the keys of an object in the order in which they are written.
func fieldNames(t *testing.T, text []byte) []string {
	t.Helper()
	var names []string
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, key.(string))
		if err := decoder.Decode(new(json.RawMessage)); err != nil {
			t.Fatal(err)
		}
	}
	return names
}
