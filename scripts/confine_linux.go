package scripts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// self is the program that is running, even where its file was replaced meanwhile.
func self() (string, error) {
	const link = "/proc/self/exe"
	if _, err := os.Stat(link); err != nil {
		return os.Executable()
	}
	return link, nil
}

// namespaces are those in which a worker is alone: no interface of the network, not even the loopback one, no shared
// memory, no privilege over anything outside.
const namespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS

// attributes ties a worker to the life of the thread that starts it, and gives it namespaces of its own where they can be had.
func attributes(command *exec.Cmd, alone bool) {
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if alone {
		command.SysProcAttr.Cloneflags = namespaces
	}
}

// namespaced says that attributes can give a worker namespaces.
const namespaced = true

// confine takes from the process of a worker what scripts need not have, before it is given the first one. It returns what
// could not be taken, each with the reason. There is no limit on the number of processes: it would count all of the user's,
// and Go needs threads.
func confine(memory uint64) (missing []string) {
	try := func(what string, err error) {
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", what, err))
		}
	}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // the kernel, short of memory, is to end this one first
	held, err := dataBytes()
	try("a limit of memory", err)
	for _, limit := range []struct {
		what     string
		resource int
		most     uint64
	}{
		{"no core dumps", unix.RLIMIT_CORE, 0},
		{"no writing to files", unix.RLIMIT_FSIZE, 0},
		{"no more open files", unix.RLIMIT_NOFILE, openFiles},
		{"a limit of memory", unix.RLIMIT_DATA, held + memory},
	} {
		try(limit.what, unix.Setrlimit(limit.resource, &unix.Rlimit{Cur: limit.most, Max: limit.most}))
	}
	try("no dump by others", unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	try("no system calls but those of the runtime", filterCalls())
	return missing
}

// dataBytes is how much memory the process has by the measure of RLIMIT_DATA, which is what can be written to. What Go has
// only reserved, as it does with large ranges, does not count; RLIMIT_AS would count it.
func dataBytes() (uint64, error) {
	const name = "VmData:"
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			kib, err := strconv.ParseUint(fields[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no line " + name + " in /proc/self/status")
}

// standardInput is where a worker reads. It waits in the runtime's poller rather than in a system call, so that the thread that
// has read a request can run it at once.
func standardInput() *os.File {
	if unix.SetNonblock(unix.Stdin, true) != nil {
		return os.Stdin
	}
	return os.NewFile(uintptr(unix.Stdin), "stdin")
}

// limitTime has the kernel end the process when it has computed for so long from now on, should everything else fail to. It
// counts whole seconds.
func limitTime(most time.Duration) {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return
	}
	seconds := uint64(used.Utime.Sec) + uint64(used.Stime.Sec) + uint64(most/time.Second) + 3 //nolint:gosec // times are positive
	_ = unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: unix.RLIM_INFINITY})
}

// openFiles leaves room for what the runtime opens, such as its poller.
const openFiles = 16

// filterCalls has the kernel refuse, to all threads, every system call that the Go runtime does not need to compute and to
// use its pipes: no file, socket or process can be opened.
func filterCalls() error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("there is no list for %s", runtime.GOARCH)
	}
	program := callFilter(arch)
	runtime.LockOSThread() // the kernel wants both from one thread
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]} //nolint:gosec // there are some fifty
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return errno
	}
	return nil
}

// callFilter allows the listed calls and says of every other one that the kernel does not know it.
func callFilter(arch uint32) []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		finish = unix.BPF_RET | unix.BPF_K

		numberAt, archAt = 0, 4 // in seccomp_data
	)
	calls := runtimeCalls()
	program := []unix.SockFilter{
		{Code: load, K: archAt},
		{Code: equal, K: arch, Jt: 1},
		{Code: finish, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: numberAt},
	}
	for i, call := range calls {
		program = append(program, unix.SockFilter{Code: equal, K: call, Jt: uint8(len(calls) - i)}) //nolint:gosec // there are some fifty
	}
	return append(program,
		unix.SockFilter{Code: finish, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		unix.SockFilter{Code: finish, K: unix.SECCOMP_RET_ALLOW})
}
