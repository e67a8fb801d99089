//go:build powercut

// Package powercut takes the power and the disk from a working weir, and sees that it keeps its word: what
// was acknowledged is there afterwards, once, whole and in order, and nothing is acknowledged that is not.
//
// A power cut happens to a file system of the test's own, in a file behind a loop device. The kernel is
// told to stop it at once (FS_IOC_SHUTDOWN without flushing the log): what has not reached the device by
// then is gone, pages and journal alike, as when the machine loses power. Then it is mounted again, and
// the store on it must open and hold everything that its writer was told is durable. What the writer was
// told it keeps in a log on another file system, which is never cut.
//
// What this cannot show: disks that lie about their caches, torn sectors, rotting bits. And a write that
// the kernel happened to bring to the disk by itself survives, so only a loss proves anything.
//
// The same files hold the tests of disk faults: a full disk, a disk that fails, a disk that stalls.
//
// It needs Linux, root, loop devices and mkfs. Run it with `make powercut` and `make faults`.
package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// The test binary is run again in other roles; the environment says which.
const (
	roleVariable = "WEIR_POWERCUT_ROLE"
	roleTests    = "tests"   // runs the tests, in a mount namespace of its own
	roleWriter   = "writer"  // appends to a store until it is killed
	roleControl  = "control" // appends to a plain file until it is killed
	roleFreezer  = "freezer" // keeps a file system frozen until its standard input ends
)

// interrupted ends at Ctrl-C, for the tests to end in order.
var interrupted context.Context

func TestMain(m *testing.M) {
	os.Exit(play(m)) //nolint:forbidigo // this is main
}

func play(m *testing.M) int {
	var err error
	switch role := os.Getenv(roleVariable); role {
	case "":
		return supervise()
	case roleTests:
		var stop context.CancelFunc
		interrupted, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:fatcontext // set once, before any test
		defer stop()
		return m.Run()
	case roleWriter:
		err = write(os.Stdin)
	case roleControl:
		err = writePlainly(os.Stdin)
	case roleFreezer:
		err = freeze(os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("%s=%s is no role", roleVariable, role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// supervise runs the tests in a process of their own, with a mount namespace of its own and a scratch
// directory. However that process ends, its mounts and with them its loop devices vanish, and the scratch
// directory is removed. KEEP=1 keeps the directory when the tests fail.
func supervise() int {
	if err := missing(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	scratch, err := os.MkdirTemp("", "weir-powercut-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code, err := runTests(scratch)
	if err == nil && code != 0 && os.Getenv("KEEP") == "1" {
		fmt.Fprintln(os.Stderr, "kept:", scratch)
		return code
	}
	if err = errors.Join(err, os.RemoveAll(scratch)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func runTests(scratch string) (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	tests := exec.Command(self, os.Args[1:]...)
	tests.Env = append(os.Environ(), roleVariable+"="+roleTests, "TMPDIR="+scratch)
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	tests.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := tests.Start(); err != nil {
		return 0, fmt.Errorf("run the tests in a mount namespace of their own: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- tests.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = tests.Process.Signal(s) // it may have ended, which is what is asked of it
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return max(exit.ExitCode(), 1), nil
			}
			return 0, err
		}
	}
}

// missing says what the machine lacks, in words that tell how to get it.
func missing() error {
	if os.Geteuid() != 0 {
		return errors.New("cutting the power of a file system needs root: run it as root, or with sudo -E")
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		return fmt.Errorf("a file system in a file needs loop devices (modprobe loop; containers need --privileged): %w", err)
	}
	for _, kind := range []string{"ext4", fileSystemKind()} {
		tools, known := packages[kind]
		if !known {
			return fmt.Errorf("FS=%s: only ext4 and xfs can be stopped as by a power cut", kind)
		}
		if _, err := exec.LookPath("mkfs." + kind); err != nil {
			return fmt.Errorf("cannot make a file system: install %s: %w", tools, err)
		}
	}
	return nil
}

// packages says what to install to make a file system.
var packages = map[string]string{"ext4": "e2fsprogs", "xfs": "xfsprogs"}
