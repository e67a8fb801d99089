package profiles_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/weirflow/weir/cmd/internal/profiles"
)

// TestNobodyCanWrite shows that a directory is refused at the beginning in which no file can be made; in that of a process nobody can.
func TestNobodyCanWrite(t *testing.T) {
	end, err := profiles.Start("/proc/self")
	if err == nil {
		t.Fatalf("the profiles began, and their end says %v", end())
	}
	if path := (*fs.PathError)(nil); !errors.As(err, &path) || path.Op != "open" {
		t.Errorf("the error is %v", err)
	}
}
