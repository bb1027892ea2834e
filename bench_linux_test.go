package eventbridge_test

import (
	"os"
	"runtime"
	"syscall"
)

func datasync(f *os.File) { syscall.Fdatasync(int(f.Fd())) }
func yield()              { runtime.Gosched() }
