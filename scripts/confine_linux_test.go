package scripts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// only returns the one worker of a pool, and its process.
func only(t *testing.T, p *Pool) (pid int) {
	t.Helper()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.workers {
		pid = w.command.Process.Pid
	}
	return pid
}

// TestConfinement looks at a worker from outside.
func TestConfinement(t *testing.T) {
	pool := NewPool(PoolConfig{Size: 1})
	defer func() { _ = pool.Close() }() // it never fails
	pid := only(t, pool)
	read := func(name string) string {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(data)), " ")
	}
	missing := pool.protection()
	for file, wants := range map[string][]string{
		"status": {"NoNewPrivs: 1", "Seccomp: 2"},
		"limits": {"Max core file size 0 0", "Max file size 0 0", "Max open files 16 16"},
	} {
		for _, want := range wants {
			if text := read(file); missing == "ok" && !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", file, want, text)
			}
		}
	}
	if strings.Contains(read("limits"), "Max data size unlimited") {
		t.Error("its memory has no limit")
	}
	if environment := read("environ"); environment != "" {
		t.Errorf("its environment is %q", environment)
	}
	for _, link := range []string{"ns/net", "ns/user", "cwd"} {
		theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/%s", pid, link))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := os.Readlink("/proc/self/" + link)
		if err != nil {
			t.Fatal(err)
		}
		if missing == "ok" && theirs == ours {
			t.Errorf("%s is %s for both", link, ours)
		}
	}
	t.Log("protection: " + missing)
}

// TestKilledWorkers kills the process before a script and within one, as the kernel does where memory runs out.
func TestKilledWorkers(t *testing.T) {
	pool := NewPool(PoolConfig{Size: 1})
	defer func() { _ = pool.Close() }() // it never fails
	e := New(Limits{Time: time.Minute}).Isolated(pool)
	quick, err := e.CompileBody(`return 1`, Origin{})
	if err != nil {
		t.Fatal(err)
	}
	kill := func() {
		if err := syscall.Kill(only(t, pool), syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	for range 20 {
		kill()
		if _, err := quick.Run(t.Context(), Scope{}); err != nil {
			var f *Error
			if !errors.As(err, &f) || f.Kind != KindCrashed { // it was not dead yet when it was asked
				t.Errorf("killed before: %v", err)
			}
		}
	}
	endless, err := e.CompileBody(`for (;;);`, Origin{File: "e.js"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := endless.Run(context.Background(), Scope{})
		ended <- err
	}()
	for len(ended) == 0 { // one of them comes while it runs
		kill()
		time.Sleep(50 * time.Millisecond)
	}
	f := (*Error)(nil)
	if err := <-ended; !errors.As(err, &f) || f.Kind != KindCrashed || !strings.Contains(f.Message, "signal: killed") || f.File != "e.js" {
		t.Errorf("killed within: %v", err)
	}
	if r, err := quick.Run(t.Context(), Scope{}); err != nil || r.Returned.String() != "1" {
		t.Errorf("then %s, %v", r.Returned, err)
	}
}
