package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// The codes that --json gives to what is wrong outside a workflow's source, beside those of package workflow.
const (
	codeUsage      = "usage"           // the command line
	codeUnreadable = "unreadable_file" // a file that cannot be read
	codeInvalid    = "invalid"         // what ends with exit code 2
	codeOther      = "error"
)

// invalidError says that a file holds no valid workflow.
type invalidError struct {
	file     string
	problems workflow.Problems
}

// Error returns the file and how many errors it has; the problems are printed for themselves.
func (e *invalidError) Error() string {
	return fmt.Sprintf("%s is not a valid workflow: %s", e.file, count(len(e.problems.Errors()), "error"))
}

// problemsError turns what saving a workflow refused into exit code 2, with every problem printed.
func problemsError(out io.Writer, source actors.Source, err error) error {
	var problems workflow.Problems
	if !errors.As(err, &problems) {
		return err
	}
	printProblems(out, source, problems)
	return &codeError{exitInvalid, &invalidError{source.File, problems}}
}

// printRefusal prints, as one JSON object, why a command has no result.
func printRefusal(out io.Writer, err error) error {
	var invalid *invalidError
	if errors.As(err, &invalid) {
		return printJSON(out, checked{File: invalid.file, Problems: invalid.problems})
	}
	problem := problemOf(err)
	return printJSON(out, checked{File: problem.File, Problems: workflow.Problems{problem}})
}

// problemOf gives an error the shape of a workflow's problems.
func problemOf(err error) workflow.Problem {
	problem := workflow.Problem{Severity: workflow.SeverityError, Code: codeOther, Message: err.Error()}
	var (
		usage *usageError
		file  *fileError
		exit  *codeError
	)
	switch {
	case errors.As(err, &usage):
		problem.Code = codeUsage
	case errors.As(err, &file):
		problem.Code, problem.File, problem.Message = codeUnreadable, file.name, file.err.Error()
	case errors.As(err, &exit) && exit.code == exitInvalid:
		problem.Code = codeInvalid
	}
	return problem
}

// printJSON prints a value on one line.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
