package torture_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

// flood publishes events in batches: subject gives the i-th one's.
func flood(t *testing.T, b *eventbridge.Bus, n int, subject func(i int) string) {
	t.Helper()
	var all []eventbridge.Event
	for i := range n {
		all = append(all, newEvent("/s", strconv.Itoa(i), subject(i), nil))
		if len(all) == 500 || i == n-1 {
			require.NoError(t, b.Publish(t.Context(), all...))
			all = all[:0]
		}
	}
}

// TestHungDeliveryStallsOnlyItsKeyAtAnyBacklog hangs one delivery of a rule that makes
// two at once, with a backlog behind it in its own key that is small, fills the lane's
// window, and does not fit into it.
func TestHungDeliveryStallsOnlyItsKeyAtAnyBacklog(t *testing.T) {
	for _, backlog := range []int{10, 600, 1200, pick(5_000, 100_000)} {
		t.Run(fmt.Sprint(backlog), func(t *testing.T) {
			onEveryDisk(t, func(t *testing.T, d *disk) {
				synctest.Test(t, func(t *testing.T) {
					b := d.bus(t)
					release := make(chan struct{})
					r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
						if e.ID() == "0" {
							<-release
						}
						return nil
					}}
					require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r, Concurrency: 2}))
					flood(t, b, 2*backlog, func(i int) string {
						if i%2 == 0 {
							return "hung"
						}
						return fmt.Sprint(i % 13)
					})
					time.Sleep(5 * time.Second)
					require.Equal(t, backlog, r.total(), "the others")
					publish(t, b, "/late", "hung", 1)
					publish(t, b, "/late", "other", 2)
					time.Sleep(time.Second)
					require.Equal(t, []string{"2"}, r.of("other"))
					require.Equal(t, []string{"1"}, r.of("hung")[:1], "another source's events of the subject are another key")
					time.Sleep(time.Hour)
					require.Equal(t, backlog+2, r.total())
					require.Equal(t, eventbridge.StateStuck, b.Status().Rules[0].State)
					close(release)
					require.NoError(t, b.WaitIdle(t.Context()))
					requireAscending(t, r.of("hung")[1:], backlog)
				})
			})
		})
	}
}

// requireAscending sees to it that ids are so many ascending numbers.
func requireAscending(t *testing.T, ids []string, n int) {
	t.Helper()
	require.Len(t, ids, n)
	last := -1
	for _, id := range ids {
		i, err := strconv.Atoi(id)
		require.NoError(t, err)
		require.Greater(t, i, last)
		last = i
	}
}

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// A tally is a target that counts and checks order without keeping anything for each
// event: the i-th event has the id i.
type tally struct {
	held func(e eventbridge.Event) bool
	down atomic.Bool

	flowing, drained atomic.Int64
	pair             []int32 // of held subjects: how many of its events came
}

func (c *tally) Deliver(_ context.Context, e eventbridge.Event) error {
	if !c.held(e) {
		c.flowing.Add(1)
		return nil
	}
	if c.down.Load() {
		return errDown
	}
	c.drained.Add(1)
	return nil
}

// TestBacklogOfOneSubjectLeavesTheHeapFlat puts many events behind one that fails,
// while another subject flows; then all drain in order.
func TestBacklogOfOneSubjectLeavesTheHeapFlat(t *testing.T) {
	n := pick(20_000, 1_000_000)
	synctest.Test(t, func(t *testing.T) {
		b := fileDisk(t).bus(t)
		last, disorder := -1, 0
		c := &tally{held: func(e eventbridge.Event) bool { return e.Subject() == "held" }}
		c.down.Store(true)
		target := eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			err := c.Deliver(ctx, e)
			if err == nil && c.held(e) { // one at a time, being of one key
				i, _ := strconv.Atoi(e.ID())
				if i <= last {
					disorder++
				}
				last = i
			}
			return err
		})
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: target, Concurrency: 2, Retry: eventbridge.Retry{Min: time.Hour, Max: time.Hour, Age: eventbridge.Forever}}))
		grown := grows(t, b, n, func(i int) string { return []string{"held", "flows"}[i%2] }, c)
		t.Logf("%d events held back: the heap grew by %d KiB from a tenth of that on", n, grown>>10)
		require.Less(t, grown, int64(24<<20))
		c.down.Store(false)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.EqualValues(t, n, c.drained.Load())
		require.Zero(t, disorder)
		require.Equal(t, 2*(n-1), last)
	})
}

// grows publishes n events that are held and n that flow, and says how much the heap
// grew after the first tenth.
func grows(t *testing.T, b *eventbridge.Bus, n int, subject func(i int) string, c *tally) int64 {
	t.Helper()
	before, tenth := int64(0), n/10
	var all []eventbridge.Event
	for i := range 2 * n {
		all = append(all, newEvent("/s", strconv.Itoa(i), subject(i), nil))
		if len(all) == 500 || i == 2*n-1 {
			require.NoError(t, b.Publish(t.Context(), all...))
			all = all[:0]
		}
		if i+1 == 2*tenth {
			settle(t, c, tenth)
			before = heap()
		}
	}
	settle(t, c, n)
	require.Zero(t, c.drained.Load())
	return heap() - before
}

// settle waits until what flows has come through, and everything is saved.
func settle(t *testing.T, c *tally, n int) {
	t.Helper()
	for range 600 {
		if c.flowing.Load() == int64(n) {
			time.Sleep(time.Second)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%d of %d events came through in a minute", c.flowing.Load(), n)
}

// TestManyBlockedSubjectsLeaveTheHeapFlat has every event of many subjects fail, with
// another one behind it, while one subject flows; then all drain in order.
func TestManyBlockedSubjectsLeaveTheHeapFlat(t *testing.T) {
	n := pick(20_000, 1_000_000) // subjects, of two events each
	synctest.Test(t, func(t *testing.T) {
		b := fileDisk(t).bus(t)
		c := &tally{held: func(e eventbridge.Event) bool { return e.Subject() != "flows" }, pair: make([]int32, 2*n)}
		c.down.Store(true)
		var disorder atomic.Int64
		target := eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			err := c.Deliver(ctx, e)
			if err == nil && c.held(e) {
				k, _ := strconv.Atoi(e.Subject())
				i, _ := strconv.Atoi(e.ID())
				if nth := atomic.AddInt32(&c.pair[k], 1); nth == 1 != (i/2 < n) {
					disorder.Add(1)
				}
			}
			return err
		})
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: target, Concurrency: 8, Breaker: eventbridge.Breaker{Off: true},
			Retry: eventbridge.Retry{Min: 10 * time.Hour, Max: 10 * time.Hour, Age: eventbridge.Forever}}))
		grown := grows(t, b, 2*n, func(i int) string {
			if i%2 == 1 {
				return "flows"
			}
			return strconv.Itoa(i / 2 % n)
		}, c)
		t.Logf("%d subjects blocked: the heap grew by %d KiB from a tenth of that on", n, grown>>10)
		require.Less(t, grown, int64(24<<20))
		c.down.Store(false)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.EqualValues(t, 2*n, c.drained.Load())
		require.Zero(t, disorder.Load())
		require.NotContains(t, c.pair[:n], int32(1))
	})
}
