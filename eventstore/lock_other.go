//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package eventstore

import (
	"errors"
	"os"
)

func lockFile(*os.File) error {
	return errors.New("weir cannot lock files on this system, and two processes on one store would destroy it")
}
