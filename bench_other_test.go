//go:build !linux

package eventbridge_test

import (
	"os"
	"runtime"
	"time"
)

func datasync(f *os.File) { f.Sync() }
func yield()              { runtime.Gosched() }

func cpuTime() time.Duration { return 0 }
func written() int64         { return 0 }
