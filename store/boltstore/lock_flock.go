//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package boltstore

import (
	"os"
	"syscall"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// lock takes the lock that bbolt takes, before anything is read. bbolt then finds it
// taken by its own file.
func lock(f *os.File, exclusive bool, wait time.Duration) error {
	how := syscall.LOCK_SH | syscall.LOCK_NB
	if exclusive {
		how = syscall.LOCK_EX | syscall.LOCK_NB
	}
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), how)
		if err != syscall.EWOULDBLOCK {
			return os.NewSyscallError("flock", err)
		}
		if time.Now().After(end) {
			return store.ErrLocked
		}
	}
}
