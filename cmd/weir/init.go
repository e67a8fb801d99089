package main

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors/workflow"
)

// project is what `weir init` writes, beside the schema.
//
//go:embed project
var project embed.FS

// schemaFile is the schema of workflow files, which the first line of the project's workflow names.
const schemaFile = "weir.schema.json"

func newInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a project to begin with: a workflow, its tests, a script in TypeScript, types for editors",
		Long: `Writes a project folder: a workflow with its schema and its tests, a script in TypeScript that imports
from lib/, the types of what scripts see (weir.d.ts) and of the state (state.d.ts, as weir types
writes it), tsconfig.json and a README. DIR is made where it is missing; without it the project goes
into the current folder. A file that is there is never overwritten: then nothing is written at all.`,
		Example: `  weir init greeting
  weir run greeting/workflow.yaml --set name=Ada`,
		Args: arguments("at most one DIR", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return runInit(dir, cmd.OutOrStdout())
		},
	}
}

// runInit writes all files of the project, or none where one of them is there.
func runInit(dir string, stdout io.Writer) error {
	files, err := projectFiles()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return unreadable(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // every file in it has been closed
	var there []string
	for _, f := range files {
		if _, err := root.Lstat(f.name); err == nil {
			there = append(there, f.name)
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("%s has %s already; nothing was written: name another folder, or move what is there", dir, strings.Join(there, ", "))
	}
	for _, f := range files {
		if err := f.write(root); err != nil {
			return unreadable(filepath.Join(dir, f.name), err)
		}
		fmt.Fprintln(stdout, "wrote", filepath.Join(dir, f.name))
	}
	flow := filepath.Join(dir, "workflow.yaml")
	fmt.Fprintf(stdout, "\nTry it:\n  weir check %s\n  weir run %s --set name=Ada\n  weir test %s\n", flow, flow, filepath.Clean(dir))
	return nil
}

// projectFile is a file of the project, by its path in it.
type projectFile struct {
	name string
	data []byte
}

// projectFiles returns the project's files, in order.
func projectFiles() (files []projectFile, err error) {
	folder, err := fs.Sub(project, "project")
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, name)
		files = append(files, projectFile{name, data})
		return err
	})
	files = append(files, projectFile{schemaFile, workflow.Schema()})
	slices.SortFunc(files, func(a, b projectFile) int { return strings.Compare(a.name, b.name) })
	return files, err
}

// write makes the file. It fails where one has appeared in its place.
func (f *projectFile) write(root *os.Root) error {
	if err := root.MkdirAll(filepath.Dir(f.name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err = file.Write(f.data); err != nil {
		file.Close() //nolint:errcheck // the first error tells
		return err
	}
	return file.Close()
}
