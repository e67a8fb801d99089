//go:build powercut

package powercut

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// process is a test binary in another role, or the program itself. It is killed when the test ends.
type process struct {
	t       testing.TB
	command *exec.Cmd
	output  bytes.Buffer // to be read once it has ended
	ended   chan struct{}
	err     error // why it ended, once it has
}

// startRole runs this binary in another role, which reads its orders as JSON from standard input.
func startRole(t testing.TB, role string, orders any) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, command: exec.Command(self)}
	p.command.Env = append(os.Environ(), roleVariable+"="+role)
	p.command.Stdin = bytes.NewReader(input)
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	p.start()
	return p
}

func (p *process) start() {
	p.t.Helper()
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // Ctrl-C is for the tests alone
	p.ended = make(chan struct{})
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	p.t.Cleanup(p.kill)
}

// mustLive fails the test where the process has ended by itself.
func (p *process) mustLive() {
	p.t.Helper()
	select {
	case <-p.ended:
		p.t.Fatalf("the process ended by itself: %v\n%s", p.err, p.output.Bytes())
	default:
	}
}

// kill ends the process on the spot, if it has not ended, and waits for its end.
func (p *process) kill() {
	_ = p.command.Process.Signal(syscall.SIGKILL)
	<-p.ended
}
