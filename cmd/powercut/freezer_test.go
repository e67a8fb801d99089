//go:build powercut

package powercut

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// freezer is a process that keeps a file system frozen. A frozen file system that nobody thaws stays for
// ever, and with it every process that writes there, dead or alive. So this is left to a process that thaws
// it when this one is gone, and at the latest after frostMax.
type freezer struct {
	t       testing.TB
	command *exec.Cmd
	hold    io.Closer
}

const frostMax = 40 * time.Second

// freezeDisk freezes a file system: writes to it and syncs of it wait until it is thawed.
func freezeDisk(t testing.TB, d *disk) *freezer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &freezer{t: t, command: exec.Command(self)}
	f.command.Env = append(os.Environ(), roleVariable+"="+roleFreezer)
	f.command.Stderr = os.Stderr
	f.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of the way of Ctrl-C
	input, err := f.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := f.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.hold = input
	if err := f.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.thaw)
	fmt.Fprintln(input, d.point)
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatalf("the freezer did not freeze: %v", err)
	}
	return f
}

// thaw lets everything go on that has waited. It may be called again.
func (f *freezer) thaw() {
	f.t.Helper()
	if f.hold == nil {
		return
	}
	err := f.hold.Close()
	f.hold = nil
	if err = errors.Join(err, f.command.Wait()); err != nil {
		f.t.Errorf("thawing: %v", err)
	}
}

// freeze is the freezer's own part: it reads where the file system is mounted, freezes it, says so, and
// thaws it when the input ends.
func freeze(input io.Reader, output io.Writer) error {
	var point string
	if _, err := fmt.Fscanln(input, &point); err != nil {
		return err
	}
	f, err := os.Open(point)
	if err != nil {
		return err
	}
	if err := unix.IoctlSetInt(int(f.Fd()), fiFreeze, 0); err != nil {
		return os.NewSyscallError("FIFREEZE", err)
	}
	fmt.Fprintln(output, "frozen")
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, input)
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-time.After(frostMax):
		err = fmt.Errorf("nobody has thawed %s for %s", point, frostMax)
	}
	return errors.Join(err, os.NewSyscallError("FITHAW", unix.IoctlSetInt(int(f.Fd()), fiThaw, 0)), f.Close())
}
