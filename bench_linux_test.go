package eventbridge_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func datasync(f *os.File) { syscall.Fdatasync(int(f.Fd())) }
func yield()              { runtime.Gosched() }

// cpuTime is what the process has used so far.
func cpuTime() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// written is how many bytes the process has had written to disk so far.
func written() int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			v, _ := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
			return v
		}
	}
	return 0
}
