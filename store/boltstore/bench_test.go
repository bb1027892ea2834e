//go:build linux

package boltstore

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
)

// BenchmarkCommit commits batches of events of one size, and after each batch appends
// the same bytes to a plain file and syncs that once: the ratio of the two is what the
// log costs. An operation is a batch. What is written is counted by the kernel.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{256, 1 << 10, 16 << 10} {
		for _, batch := range []int{1, 8, 64, 512} {
			b.Run(fmt.Sprintf("%dB/batch%d", size, batch), func(b *testing.B) { benchCommit(b, size, batch) })
		}
	}
}

func benchCommit(b *testing.B, size, batch int) {
	folder := b.TempDir()
	s := openTest(b, filepath.Join(folder, "log"), Options{})
	raw, err := os.Create(filepath.Join(folder, "raw"))
	require.NoError(b, err)
	defer raw.Close()
	zeros(b, raw, min(1<<30, int64(b.N)*int64(size*batch)))
	var ours, plain, cpu time.Duration
	var took []time.Duration
	var written, records, offset, number int64
	head := make([]byte, 12)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		appends, bytes := benchBatch(size, batch, &number)
		records += int64(len(bytes))
		b.StartTimer()
		io, user, began := writtenBytes(), cpuTime(), time.Now()
		err := s.Commit(&store.Batch{Now: began, Dedup: 24 * time.Hour, Appends: appends})
		took = append(took, time.Since(began))
		ours += took[len(took)-1]
		cpu += cpuTime() - user
		written += writtenBytes() - io
		if err != nil || appends[0].Err != nil {
			b.Fatal(err, appends[0].Err)
		}
		b.StopTimer()
		began = time.Now()
		raw.WriteAt(append(head, bytes...), offset)
		syncData(raw)
		plain += time.Since(began)
		offset += int64(len(bytes))
		b.StartTimer()
	}
	slices.Sort(took)
	n := float64(number)
	b.ReportMetric(n/ours.Seconds(), "events/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "÷raw")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
	b.ReportMetric(float64(cpu.Microseconds())/float64(len(took)), "cpu-µs/op")
	b.ReportMetric(float64(written)/n, "written-B/event")
	b.ReportMetric(float64(s.State().Bytes)/float64(records), "file÷record")
}

func benchBatch(size, batch int, number *int64) (appends []*store.Append, bytes []byte) {
	text := strings.Repeat("x", size)
	for range batch {
		*number++
		e := newEvent("/bench", strconv.FormatInt(*number, 36), fmt.Sprint("subject ", *number%1000), text)
		bytes = append(bytes, e.Data...)
		appends = append(appends, &store.Append{Events: []store.NewEvent{e}})
	}
	return appends, bytes
}

// zeros fills a file, so that a sync has no sizes to write.
func zeros(b *testing.B, f *os.File, n int64) {
	chunk := make([]byte, 1<<20)
	for at := int64(0); at < n; at += int64(len(chunk)) {
		if _, err := f.WriteAt(chunk, at); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// writtenBytes is what the process has dirtied so far, where the kernel says.
func writtenBytes() int64 {
	text, _ := os.ReadFile("/proc/self/io")
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			return n
		}
	}
	return 0
}

func syncData(f *os.File) error {
	return syscall.Fdatasync(int(f.Fd()))
}

// BenchmarkOpen opens a log of 50 MB that was not closed, and with
// BOLTSTORE_BENCH_BYTES one of as many bytes.
func BenchmarkOpen(b *testing.B) {
	size := int64(50 << 20)
	if v := os.Getenv("BOLTSTORE_BENCH_BYTES"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		require.NoError(b, err)
		size = n
	}
	path := filepath.Join(b.TempDir(), "log")
	s := openTest(b, path, Options{})
	number := int64(0)
	for s.State().Bytes < size {
		appends, _ := benchBatch(1024, 512, &number)
		require.NoError(b, s.Commit(&store.Batch{Now: time.Now(), Dedup: 24 * time.Hour, Appends: appends}))
	}
	require.NoError(b, s.Close())
	b.ResetTimer()
	for b.Loop() {
		s, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64(s.index.tail.len()), "tail-events")
		b.ReportMetric(float64(len(s.index.runs)), "runs")
		s.Close()
		b.StartTimer()
	}
}
