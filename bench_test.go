package eventbridge_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

// payload is an event whose encoded form takes about size bytes.
func payload(i, size int) eventbridge.Event {
	e, err := eventbridge.NewEvent("com.acme.order.placed", fmt.Sprintf("order-%d", i%1000), nil)
	if err != nil {
		panic(err)
	}
	e.SetSource("/tenants/7/apps/shop")
	data := fmt.Appendf(nil, `{"orderId":"o-%d","amount":%d.25,"currency":"EUR","notes":"`, i, i%1000)
	for len(data) < size-140 {
		data = append(data, "lorem ipsum dolor sit amet "...)
	}
	e.DataEncoded = append(data[:max(size-140, 70)], `"}`...)
	e.SetDataContentType("application/json")
	return e
}

// latencies collects how long each operation took.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(ds []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, ds...)
}

func (l *latencies) report(b *testing.B) {
	slices.Sort(l.all)
	if n := len(l.all); n > 0 {
		b.ReportMetric(float64(l.all[n/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(l.all[n*99/100].Microseconds()), "p99-µs")
	}
}

// publishers runs b.N operations from n goroutines in a closed loop.
func publishers(b *testing.B, n int, do func(i int)) {
	var next atomic.Int64
	var lat latencies
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	began, cpu, bytes := time.Now(), cpuTime(), written()
	for range n {
		wg.Go(func() {
			var mine []time.Duration
			for {
				i := int(next.Add(1))
				if i > b.N {
					break
				}
				t := time.Now()
				do(i)
				mine = append(mine, time.Since(t))
			}
			lat.add(mine)
		})
	}
	wg.Wait()
	took := time.Since(began)
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/1e3/float64(b.N), "cpu-µs/event")
	b.ReportMetric(float64(written()-bytes)/float64(b.N), "written-B/event")
	b.ReportMetric(float64(b.N)/took.Seconds(), "events/s")
	lat.report(b)
}

// rawLog is the ceiling: the same bytes appended to a plain file, with the same group
// commit and one sync for each batch.
type rawLog struct {
	f       *os.File
	syncs   int
	mu      sync.Mutex
	pending [][]byte
	waiting []chan struct{}
	poke    chan struct{}
	done    chan struct{}
}

func newRawLog(b *testing.B) *rawLog {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	require.NoError(b, err)
	zeros := make([]byte, 1<<20)
	for range 1024 {
		_, err := f.Write(zeros)
		require.NoError(b, err)
	}
	require.NoError(b, f.Sync())
	_, err = f.Seek(0, 0)
	require.NoError(b, err)
	r := &rawLog{f: f, syncs: 1, poke: make(chan struct{}, 1), done: make(chan struct{})}
	return r
}

func (r *rawLog) run() {
	defer close(r.done)
	var buf []byte
	last := 0
	for range r.poke {
		for {
			for range 100 { // the same linger as the bus's writer
				r.mu.Lock()
				n := len(r.pending)
				r.mu.Unlock()
				if last <= 1 || n >= last {
					break
				}
				yield()
			}
			r.mu.Lock()
			batch, waiting := r.pending, r.waiting
			r.pending, r.waiting = nil, nil
			r.mu.Unlock()
			if last = len(batch); last == 0 {
				break
			}
			buf = append(buf[:0], "header 12 by"...)
			for _, e := range batch {
				buf = append(buf, e...)
			}
			r.f.Write(buf)
			for range r.syncs {
				datasync(r.f)
			}
			for _, c := range waiting {
				c <- struct{}{}
			}
		}
	}
}

func (r *rawLog) append(e []byte) {
	c := make(chan struct{}, 1)
	r.mu.Lock()
	r.pending, r.waiting = append(r.pending, e), append(r.waiting, c)
	r.mu.Unlock()
	select {
	case r.poke <- struct{}{}:
	default:
	}
	<-c
}

// BenchmarkPublish is how fast events become durable, beside a plain file.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{256, 1 << 10, 16 << 10} {
		for _, n := range []int{1, 8, 64, 512} {
			name := fmt.Sprintf("size=%d/publishers=%d", size, n)
			b.Run(name+"/bus", func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "events.db")
				bus, err := eventbridge.Open(path)
				require.NoError(b, err)
				publishers(b, n, func(i int) {
					if err := bus.Publish(context.Background(), payload(i, size)); err != nil {
						b.Error(err)
					}
				})
				require.NoError(b, bus.Close())
				info, err := os.Stat(path)
				require.NoError(b, err)
				b.ReportMetric(float64(info.Size())/float64(b.N*size), "file/bytes")
			})
			b.Run(name+"/raw", func(b *testing.B) {
				r := newRawLog(b)
				go r.run()
				publishers(b, n, func(i int) {
					e := payload(i, size)
					r.append(append(make([]byte, 0, size), e.DataEncoded...))
				})
				close(r.poke)
				<-r.done
				r.f.Close()
			})
		}
	}
}

// BenchmarkPublishToHandled is how fast events get from Publish to a target that does
// nothing, through 1, 10 and 100 rules.
func BenchmarkPublishToHandled(b *testing.B) {
	for _, durable := range []bool{true, false} {
		for _, rules := range []int{1, 10, 100} {
			for _, all := range []bool{true, false} {
				if rules == 1 && !all {
					continue
				}
				for _, n := range []int{1, 8, 64, 512} {
					name := fmt.Sprintf("durable=%v/rules=%d/matching=%s/publishers=%d", durable, rules, map[bool]string{true: "all", false: "1"}[all], n)
					b.Run(name, func(b *testing.B) { publishToHandled(b, durable, rules, all, n) })
				}
			}
		}
	}
}

// BenchmarkTenThousandRules is the same with one rule and with 10 000 of which one
// selects.
func BenchmarkTenThousandRules(b *testing.B) {
	for _, durable := range []bool{true, false} {
		for _, rules := range []int{1, 10_000} {
			b.Run(fmt.Sprintf("durable=%v/rules=%d", durable, rules), func(b *testing.B) { publishToHandled(b, durable, rules, false, 64) })
		}
	}
}

func publishToHandled(b *testing.B, durable bool, rules int, all bool, n int) {
	var bus *eventbridge.Bus
	var err error
	if durable {
		bus, err = eventbridge.Open(filepath.Join(b.TempDir(), "events.db"))
	} else {
		bus, err = eventbridge.New()
	}
	require.NoError(b, err)
	var handled atomic.Int64
	for i := range rules {
		f := filter.Filter{}
		if !all {
			typ := "com.acme.order.placed"
			if i > 0 {
				typ = fmt.Sprint("com.acme.other.", i)
			}
			f = filter.Type(typ)
		}
		require.NoError(b, bus.AddRule(eventbridge.Rule{Name: fmt.Sprint("r", i), Filter: f, Target: eventbridge.TargetFunc(
			func(context.Context, eventbridge.Event) error { handled.Add(1); return nil })}))
	}
	want := int64(b.N)
	if all {
		want *= int64(rules)
	}
	publishers(b, n, func(i int) {
		if err := bus.Publish(context.Background(), payload(i, 1<<10)); err != nil {
			b.Error(err)
		}
		if i == b.N {
			for handled.Load() < want {
				yield()
			}
		}
	})
	require.NoError(b, bus.Close())
}

// BenchmarkReference is what a bus in memory can't do without: check an event, copy it
// twice and hand it over.
func BenchmarkReference(b *testing.B) {
	ch := make(chan eventbridge.Event, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range ch {
			_ = e.Clone()
		}
	}()
	b.ReportAllocs()
	cpu := cpuTime()
	for i := range b.N {
		e := payload(i, 1<<10)
		if err := e.Validate(); err != nil {
			b.Fatal(err)
		}
		ch <- e.Clone()
	}
	close(ch)
	<-done
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/1e3/float64(b.N), "cpu-µs/event")
}

// BenchmarkPayload is what making the events costs in the benchmarks here.
func BenchmarkPayload(b *testing.B) {
	b.ReportAllocs()
	cpu := cpuTime()
	for i := range b.N {
		payload(i, 1<<10)
	}
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/1e3/float64(b.N), "cpu-µs/event")
}
