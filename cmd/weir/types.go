package main

import (
	"encoding/json"
	"errors"
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

// typesFile is the file beside workflows that `weir types` writes.
const typesFile = "state.d.ts"

// typesMark begins the first line of a file that `weir types` wrote; the names of the workflow files follow, as JSON.
const typesMark = "// Written by weir types from "

// codeOutdatedTypes is the code of the warning that the types are those of other workflows.
const codeOutdatedTypes = "outdated_types"

func newTypesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "types [FILE...]",
		Short: "Write the types of a workflow's state for editors",
		Long: `Writes state.d.ts beside the workflow: the types of state and input in TypeScript, from the schemas
that the workflow declares under state. Workflows of one folder share the file: it has the keys of
all of them. A FILE that is added stays in it, and without FILE the one of the current folder is
written anew. Files of tests are passed over.

weir check warns where the file is out of date. A state.d.ts that was written by hand is left alone.

Exits with 2 when a workflow is not valid or cannot be read.`,
		Example: `  weir types flow.yaml
  weir types`,
		Args: arguments("any number of FILEs", 0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTypes(args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// runTypes writes the types of each folder that has one of the files.
func runTypes(files []string, stdout, stderr io.Writer) error {
	folders := map[string][]string{}
	var order []string
	for _, file := range files {
		switch {
		case file == "-":
			return usagef("the types are written beside a FILE, and standard input has no folder")
		case testFilePattern.MatchString(file):
			continue
		}
		folder, name := filepath.Dir(file), filepath.Base(file)
		if folders[folder] == nil {
			order = append(order, folder)
		}
		folders[folder] = append(folders[folder], name)
	}
	if len(order) == 0 {
		order = []string{"."}
	}
	for _, folder := range order {
		if err := writeTypes(folder, folders[folder], stdout, stderr); err != nil {
			return err
		}
	}
	return nil
}

// writeTypes writes the types of a folder's workflows: those named, and those that are in the file already.
func writeTypes(folder string, named []string, stdout, stderr io.Writer) error {
	path := filepath.Join(folder, typesFile)
	present, known, err := readTypes(folder)
	switch {
	case err != nil:
		return err
	case known == nil && present != "":
		return fmt.Errorf("%s was not written by weir types, and is left alone: remove it, or move what is yours to a file of another name", path)
	case len(known)+len(named) == 0:
		return fmt.Errorf("%s has no workflow that is there; name one: weir types flow.yaml", path)
	}
	text, err := typesOf(folder, append(named, known...), stderr)
	if err != nil {
		return err
	}
	if text == present {
		fmt.Fprintln(stdout, path, "is up to date")
		return nil
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // as readable as the workflows it is made of
		return unreadable(path, err)
	}
	fmt.Fprintln(stdout, "wrote", path)
	return nil
}

// readTypes reads the types of a folder, "" where it has none, and of which of its workflow files they are: nil where weir
// did not write them.
func readTypes(folder string) (text string, files []string, err error) {
	data, err := readFile(filepath.Join(folder, typesFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, err
	}
	text = string(data)
	names, ours := strings.CutPrefix(text, typesMark)
	if ours && json.NewDecoder(strings.NewReader(names)).Decode(&files) == nil {
		files = slices.DeleteFunc(files, func(file string) bool {
			_, err := os.Stat(filepath.Join(folder, file))
			return filepath.Base(file) != file || errors.Is(err, fs.ErrNotExist)
		})
	}
	return text, files, nil
}

// typesOf returns the types of workflow files of a folder. What is wrong with one is printed.
func typesOf(folder string, files []string, stderr io.Writer) (string, error) {
	slices.Sort(files)
	files = slices.Compact(files)
	definitions := make([]*workflow.Definition, len(files))
	for i, file := range files {
		source, err := readWorkflow(filepath.Join(folder, file), nil)
		if err != nil {
			return "", &codeError{exitInvalid, err}
		}
		definition, problems := workflow.Parse(source.Data, workflow.Options{File: source.File, Files: source.Files})
		if problems.HasErrors() {
			return "", problemsError(stderr, source, problems)
		}
		definitions[i] = definition
	}
	names, err := json.Marshal(files)
	if err != nil {
		return "", err
	}
	return typesMark + string(names) + ". Changes here are lost: change the workflow, and run it again.\n\n" + stateTypes(definitions), nil
}

// typesCheck looks at the types of each folder once: it holds the workflow files whose types are out of date, by folder.
type typesCheck map[string][]string

// warnings warns where the types of a workflow file's folder are not those of its workflows any more.
func (c typesCheck) warnings(file string) workflow.Problems {
	folder := filepath.Dir(file)
	outdated, known := c[folder]
	if !known {
		outdated = outdatedTypes(folder)
		c[folder] = outdated
	}
	if !slices.Contains(outdated, filepath.Base(file)) {
		return nil
	}
	return workflow.Problems{{
		Severity: workflow.SeverityWarning, File: filepath.Join(folder, typesFile), Code: codeOutdatedTypes,
		Message: "the types of the state are not what the workflow declares any more", Hint: "run weir types " + file,
	}}
}

// outdatedTypes returns the workflow files of a folder where its types are not theirs any more. Of types that cannot be
// made there is nothing to say.
func outdatedTypes(folder string) []string {
	text, files, err := readTypes(folder)
	if err != nil || len(files) == 0 {
		return nil
	}
	if fresh, err := typesOf(folder, files, io.Discard); err != nil || fresh == text {
		return nil
	}
	return files
}
