package workflow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiagrams draws testdata/diagram/*.yaml; the drawings stand beside them.
func TestDiagrams(t *testing.T) {
	files, err := filepath.Glob("testdata/diagram/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no workflows found", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, problems := Parse(source, Options{File: file})
		if d == nil {
			t.Fatal(problems)
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".mmd", d.Mermaid())
		golden(t, strings.TrimSuffix(file, ".yaml")+".dot", d.DOT())
	}
}
