//go:build !linux

package eventbridge_test

import (
	"os"
	"runtime"
)

func datasync(f *os.File) { f.Sync() }
func yield()              { runtime.Gosched() }
