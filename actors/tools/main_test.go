package tools_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No tool may leave anything running: connections end with their call.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
