//go:build linux && (amd64 || arm64)

package boltstore

import (
	"os"
	"syscall"
)

// dropCache lets the kernel forget the pages of a file that are on the disk.
func dropCache(f *os.File) {
	if info, err := f.Stat(); err == nil {
		const dontNeed = 4
		syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, uintptr(info.Size()), dontNeed, 0, 0)
	}
}
