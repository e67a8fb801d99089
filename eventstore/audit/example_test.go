package audit_test

import (
	"context"
	"fmt"
	"os"

	"github.com/weirflow/weir/eventstore/audit"
)

// openChecked is how a store is opened. The directory is locked by the caller all the while.
func openChecked(ctx context.Context, dir string, openServer func() error) (marks *audit.MarkFile, err error) {
	why, err := audit.Due(dir)
	if err != nil {
		return nil, err
	}
	if why != "" {
		report, err := audit.Store{Dir: dir}.Check(ctx)
		if err != nil {
			return nil, err
		}
		if err := report.Err(); err != nil {
			return nil, err // the server must not see it
		}
	}
	if err := audit.Opened(dir); err != nil {
		return nil, err
	}
	if marks, err = audit.OpenMark(dir); err != nil {
		return nil, err
	}
	return marks, openServer()
}

func Example() {
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(dir)

	marks, err := openChecked(context.Background(), dir, func() error { return nil })
	if err == nil {
		err = marks.Write(audit.Mark{Runs: 1, Workflows: 1}) // before each sync: what the one before made durable
	}
	if err == nil {
		err = marks.Close() // the server has stopped, and everything is on the disk
	}
	if err == nil {
		err = audit.Closed(dir)
	}
	fmt.Fprintln(os.Stdout, err)

	// Output: <nil>
}
