package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/rehearsal"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/scripts"
)

// testFilePattern is what files of tests are named like.
var testFilePattern = regexp.MustCompile(`_test\.(yaml|yml|json)$`)

// workflowExtensions are those of the files in which a child run's workflow is looked for.
var workflowExtensions = []string{".yaml", ".yml", ".json"}

// testFiles returns the files of tests that paths lead to, in their order, each once.
func testFiles(paths []string) (files []string, err error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	add := func(file string) {
		if file = filepath.Clean(file); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, &codeError{exitInvalid, unreadable(path, err)}
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && file != path && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
				return filepath.SkipDir
			case !entry.IsDir() && testFilePattern.MatchString(entry.Name()):
				add(file)
			}
			return nil
		})
		if err != nil {
			return nil, &codeError{exitInvalid, unreadable(path, err)}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no tests under %s: name their files like flow_test.yaml, beside flow.yaml", strings.Join(paths, ", "))
	}
	return files, nil
}

// shelf holds the workflows that are tested, each once, and what is covered of them.
type shelf struct {
	company *rehearsal.Company
	books   map[string]*shelved
	tested  []string // the files of the workflows that there are tests of, in their order
	sources map[string]actors.Source
}

// shelved is a workflow, or why there is none.
type shelved struct {
	definition *workflow.Definition
	coverage   *rehearsal.Coverage
	err        error
}

func newShelf(limits scripts.Limits) (*shelf, error) {
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{})...)
	if err != nil {
		return nil, err
	}
	company, err := rehearsal.New(registry, scripts.New(limits))
	if err != nil {
		return nil, err
	}
	return &shelf{company: company, books: map[string]*shelved{}, sources: map[string]actors.Source{}}, nil
}

// sourceOf returns a file of tests as it was read.
func (s *shelf) sourceOf(file string) actors.Source { return s.sources[file] }

// workflow reads a workflow from a file.
func (s *shelf) workflow(file string) *shelved {
	file = filepath.Clean(file)
	if known := s.books[file]; known != nil {
		return known
	}
	b := &shelved{}
	s.books[file] = b
	source, err := readWorkflow(file, nil)
	if err != nil {
		b.err = err
		return b
	}
	checker := s.company.Checker(func(string) (bool, []string) { return true, nil }) // a test says which are missing
	definition, problems := workflow.Parse(source.Data, workflow.Options{File: source.File, Files: source.Files, Checker: checker})
	if problems.HasErrors() {
		first := problems.Errors()[0]
		b.err = fmt.Errorf("%s has %s, the first at line %d: %s; weir check tells them all", file, count(len(problems.Errors()), "error"), first.Line, first.Message)
		return b
	}
	b.definition, b.coverage = definition, rehearsal.NewCoverage(definition)
	return b
}

// readTests reads a file of tests, and the workflow that they are of.
func (s *shelf) readTests(file string) (testScript, workflow.Problems, error) {
	data, err := readFile(file)
	if err != nil {
		return testScript{}, nil, err
	}
	s.sources[file] = actors.Source{Data: data, File: file}
	folder := filepath.Dir(file)
	var subject string
	tests, problems := workflow.ParseTests(data, workflow.TestsOptions{
		File: file, Checker: s.company.Checker(func(string) (bool, []string) { return true, nil }),
		Workflow: func(name string) (*workflow.Definition, error) {
			subject = filepath.Join(folder, name)
			b := s.workflow(subject)
			return b.definition, b.err
		},
	})
	if problems.HasErrors() {
		return testScript{}, problems, nil
	}
	p := &play{shelf: s, folder: folder, definition: s.workflow(subject).definition}
	for _, also := range tests.Also {
		b := s.workflow(filepath.Join(folder, also))
		if b.err != nil {
			return testScript{}, nil, fmt.Errorf("%s: %w", file, b.err)
		}
		p.also = append(p.also, b)
	}
	if !slices.Contains(s.tested, subject) {
		s.tested = append(s.tested, subject)
	}
	return testScript{file: file, play: p, tests: tests.List}, problems, nil
}

// play is a workflow that is tested, with those of its child runs.
type play struct {
	shelf      *shelf
	folder     string
	definition *workflow.Definition
	also       []*shelved
}

// find returns the workflow of a child run: the one that is tested, one that the file of tests names, or one in a file of its
// name beside that.
func (p *play) find(name string) (*workflow.Definition, bool) {
	if name == p.definition.Name {
		return p.definition, true
	}
	for _, b := range p.also {
		if b.definition.Name == name {
			return b.definition, true
		}
	}
	for _, extension := range workflowExtensions {
		b := p.shelf.workflow(filepath.Join(p.folder, name+extension))
		if missing := (*fileError)(nil); b.err != nil && errors.As(b.err, &missing) {
			continue
		}
		return b.definition, b.err == nil && b.definition.Name == name
	}
	return nil, false
}

// cover takes in what a test has come to.
func (p *play) cover(r *rehearsal.Result) {
	for _, run := range append([]rehearsal.Run{r.Run}, r.Children...) {
		for _, b := range p.shelf.books {
			if b.definition == run.Definition && b.coverage != nil {
				b.coverage.Add(run.Events)
			}
		}
	}
}

// covered is what is covered of a workflow.
type covered struct {
	file, workflow string
	coverage       *rehearsal.Coverage
}

// coverage returns what is covered of the workflows that there are tests of.
func (s *shelf) coverage() (all []covered) {
	for _, file := range s.tested {
		b := s.workflow(file)
		all = append(all, covered{file: file, workflow: b.definition.Name, coverage: b.coverage})
	}
	return all
}

// covered reports whether so many of a hundred nodes and edges of every workflow are covered.
func (r *testReport) covered(least int) bool {
	return !slices.ContainsFunc(r.coverage, func(c covered) bool { return c.coverage.Percent() < least })
}
