package scripts

import "golang.org/x/sys/unix"

// oldCalls are those that only this architecture has.
var oldCalls = []uint32{unix.SYS_ARCH_PRCTL, unix.SYS_EPOLL_WAIT, unix.SYS_POLL}
