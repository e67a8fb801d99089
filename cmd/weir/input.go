package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// fileBytesMax bounds every file that a command reads.
const fileBytesMax = 4 << 20

// readInput builds a run's input from --input (JSON text, @file or - for standard input) and --set
// key=value, where a value that is not JSON is a string.
func readInput(input string, sets []string, stdin io.Reader) (document.Value, error) {
	value := document.Object()
	if input != "" {
		text, source, err := inputText(input, stdin)
		if err != nil {
			return document.Null, err
		}
		value, err = document.Parse(text)
		if err != nil {
			return document.Null, fmt.Errorf("%s: %w", source, err)
		}
		if value.Kind() != document.KindObject {
			return document.Null, fmt.Errorf("%s: the input must be a JSON object such as {\"name\": \"Ada\"}", source)
		}
	}
	for _, set := range sets {
		key, text, ok := strings.Cut(set, "=")
		if !ok || key == "" {
			return document.Null, fmt.Errorf("--set %q: write key=value", set)
		}
		item, err := document.Parse([]byte(text))
		if err != nil {
			item = document.String(text)
		}
		value = value.With(key, item)
	}
	return value, nil
}

func inputText(input string, stdin io.Reader) (text []byte, source string, err error) {
	if input == "-" {
		text, err = readAll(stdin, "standard input")
		return text, "standard input", err
	}
	if name, ok := strings.CutPrefix(input, "@"); ok {
		text, err = readFile(name)
		return text, name, err
	}
	return []byte(input), "--input", nil
}

// fileError says that a file that was asked for cannot be read.
type fileError struct {
	name string
	err  error
}

// Error returns the file's name and why it cannot be read.
func (e *fileError) Error() string { return e.name + ": " + e.err.Error() }

// Unwrap returns why the file cannot be read.
func (e *fileError) Unwrap() error { return e.err }

// unreadable names the file once: the system's own errors name it, too.
func unreadable(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &fileError{name, err}
}

func readAll(from io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, fileBytesMax+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if len(data) > fileBytesMax {
		return nil, unreadable(name, fmt.Errorf("it is larger than %s", sizeText(fileBytesMax)))
	}
	return data, nil
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	return readAll(file, name)
}

// readWorkflow reads a workflow file, or standard input for "-", and the script files beside it that it
// names, with all that scripts import. A script outside the workflow's folder is not read: a saved workflow must mean the
// same wherever it was saved from.
func readWorkflow(name string, stdin io.Reader) (actors.Source, error) {
	source, err := readSource(name, stdin)
	if err != nil || name == "-" {
		return source, err
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return actors.Source{}, err
	}
	defer root.Close() //nolint:errcheck // nothing was written
	named, inline := workflow.ScriptSources(source.Data, workflow.Options{File: name})
	folder := scriptFolder{root: root, texts: map[string]string{}}
	for _, path := range named {
		if err := folder.read(path); err != nil {
			return actors.Source{}, err
		}
	}
	for path, text := range maps.Clone(folder.texts) {
		if err := folder.imports(scripts.Code{Source: text, Origin: scripts.Origin{File: path}}); err != nil {
			return actors.Source{}, err
		}
	}
	for _, text := range inline {
		if err := folder.imports(scripts.Code{Source: text}); err != nil {
			return actors.Source{}, err
		}
	}
	source.Files = folder.texts
	return source, nil
}

// readSource reads a workflow or a script, standard input for "-", without the files that it names.
func readSource(name string, stdin io.Reader) (actors.Source, error) {
	if name == "-" {
		data, err := readAll(stdin, "standard input")
		return actors.Source{Data: data, File: "stdin"}, err
	}
	data, err := readFile(name)
	return actors.Source{Data: data, File: name}, err
}

// scriptFolder is a workflow's folder, and the texts that were read from it.
type scriptFolder struct {
	root  *os.Root
	texts map[string]string
}

// imports reads what a script imports.
func (f *scriptFolder) imports(code scripts.Code) error {
	code.Folder = f.root.FS()
	for _, path := range scripts.Imports(code) {
		if err := f.read(path); err != nil {
			return err
		}
	}
	return nil
}

// read reads a file, unless it cannot be found: the check of the workflow says which are missing, and where they are named.
func (f *scriptFolder) read(path string) error {
	if _, again := f.texts[path]; again || !fs.ValidPath(path) {
		return nil
	}
	file, err := f.root.Open(path)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	text, err := readAll(file, path)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	f.texts[path] = string(text)
	return nil
}
