package torture_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

func publish(t *testing.T, b *eventbridge.Bus, source string, subject string, ids ...int) {
	t.Helper()
	for _, id := range ids {
		require.NoError(t, b.Publish(t.Context(), newEvent(source, fmt.Sprint(id), subject, nil)))
	}
}

// A deletion that did not happen leaves the rule where it was.
func TestRuleWhoseDeletionFailedGoesOn(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			b := d.bus(t)
			r, other := &recorder{}, &recorder{}
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r}))
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: "other", Target: other}))
			publish(t, b, "/s", "a", 1)
			require.NoError(t, b.WaitIdle(t.Context()))
			time.Sleep(time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.Error(t, b.DeleteRule(ctx, "r"))
			publish(t, b, "/s", "a", 2, 3)
			time.Sleep(time.Second)
			names := []string{}
			for _, s := range b.Status().Rules {
				names = append(names, s.Name)
			}
			d.crash()
			b = d.bus(t)
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r}))
			require.NoError(t, b.WaitIdle(t.Context()))
			require.Contains(t, names, "r")
			require.Equal(t, []string{"1", "2", "3"}, r.of("a"))
		})
	})
}

// A hung delivery holds up nothing but its key, also when the target fails for a while.
func TestHungDeliveryDoesNotKeepTheBreakerOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memoryDisk().bus(t)
		release := make(chan struct{})
		var down atomic.Bool
		r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
			if e.Subject() == "hung" {
				<-release
			}
			if down.Load() {
				return errors.New("down")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r, Concurrency: 2}))
		publish(t, b, "/s", "hung", 1)
		time.Sleep(time.Second)
		down.Store(true)
		for i := range 20 {
			publish(t, b, "/s", fmt.Sprint(i), i+10)
		}
		time.Sleep(time.Minute)
		down.Store(false)
		time.Sleep(time.Hour)
		n := r.total()
		close(release)
		require.Equal(t, 20, n)
	})
}

// After Close nothing is delivered and nothing runs, whatever was being added then.
func TestRuleAddedDuringCloseDoesNotRunAfterIt(t *testing.T) {
	for range 300 {
		d := memoryDisk()
		b := d.bus(t)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &recorder{answer: func(context.Context, eventbridge.Event, eventbridge.Info) error { return errors.New("no") }}}))
		for i := range 5 {
			publish(t, b, "/s", fmt.Sprint(i), i)
		}
		require.NoError(t, b.Close())
		b = d.bus(t)
		var closed atomic.Bool
		late := make(chan string, 10)
		r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
			if closed.Load() {
				late <- e.ID()
			}
			return nil
		}}
		var wg sync.WaitGroup
		wg.Go(func() { b.AddRule(eventbridge.Rule{Name: "r", Target: r, Concurrency: 4}) })
		wg.Go(func() { b.Close(); closed.Store(true) })
		wg.Wait()
		time.Sleep(time.Millisecond)
		select {
		case id := <-late:
			t.Fatalf("event %s was delivered after Close", id)
		default:
		}
	}
}

// WaitIdle waits for what it was asked for, and not for what others do meanwhile.
func TestWaitIdleIsNotHeldUpByUnrelatedFailures(t *testing.T) {
	b := fileDisk(t).bus(t)
	stop := make(chan struct{})
	r := &recorder{answer: func(_ context.Context, e eventbridge.Event, i eventbridge.Info) error {
		if e.Subject() != "mine" {
			return errors.New("down")
		}
		return nil
	}}
	require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r, Concurrency: 16, Breaker: eventbridge.Breaker{Off: true}, Retry: eventbridge.Retry{Min: time.Millisecond, Max: 2 * time.Millisecond}}))
	publish(t, b, "/s", "mine", 1, 2, 3)
	var wg sync.WaitGroup
	var n atomic.Int64
	n.Store(100)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	result := make(chan error, 1)
	wg.Go(func() { result <- b.WaitIdle(ctx) })
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				i := n.Add(1)
				b.Publish(t.Context(), newEvent("/s", fmt.Sprint(i), fmt.Sprint(i), nil))
			}
		})
	}
	began := time.Now()
	err := <-result
	t.Log("idle after", time.Since(began), "of", n.Load(), "unrelated events")
	close(stop)
	wg.Wait()
	require.NoError(t, err)
}

// A death that was under way when the order changed does not hold back twice.
func TestDeathUnderWayAtAChangeOfOrderIsCountedOnce(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			b := d.bus(t)
			release := make(chan struct{})
			r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
				switch e.ID() {
				case "1":
					<-release
					return eventbridge.Permanent(errors.New("never"))
				case "2":
					return errors.New("down")
				}
				return nil
			}}
			rule := eventbridge.Rule{Name: "r", Target: r, Concurrency: 4, Park: true}
			require.NoError(t, b.AddRule(rule))
			publish(t, b, "/s", "a", 1)
			publish(t, b, "/s", "b", 2)
			time.Sleep(time.Second)
			rule.Order = eventbridge.OrderBy("subject")
			require.NoError(t, b.PutRule(rule))
			close(release)
			time.Sleep(100 * time.Millisecond)
			n, err := b.Discard(t.Context(), eventbridge.DeadLetterQuery{Rule: "r"})
			require.NoError(t, err)
			require.Equal(t, 1, n)
			s := b.Status().Rules[0]
			require.Equal(t, 1, s.Retrying)
			require.Equal(t, 0, s.Held)
			publish(t, b, "/s", "b", 3)
			time.Sleep(time.Second)
			require.Empty(t, r.of("b"), "3 must wait for 2")
		})
	})
}

func TestOrderByAnAttributeCalledNoneIsAnOrder(t *testing.T) {
	require.NotEqual(t, eventbridge.Unordered().String(), eventbridge.OrderBy("none").String())
}

// A rule that is new begins with the next event that is published, however far behind
// the dispatcher is.
func TestNewRuleBeginsWithTheNextEvent(t *testing.T) {
	b := memoryDisk().bus(t)
	for i := range 200 {
		var all []eventbridge.Event
		for j := range 50 {
			all = append(all, newEvent("/s", fmt.Sprint(i, "-", j), fmt.Sprint("s", i), nil))
		}
		require.NoError(t, b.Publish(t.Context(), all...))
		r := &recorder{}
		name := fmt.Sprint("r", i)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: name, Target: r}))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Zero(t, r.total(), "try %d", i)
		require.NoError(t, b.DeleteRule(t.Context(), name))
	}
}

// What a parked death holds back is let go when it is redriven, also when the order
// has changed since it died.
func TestParkedDeathIsRedrivenUnderANewOrder(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			b := d.bus(t)
			var calm atomic.Bool
			r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
				if e.ID() == "1" && !calm.Load() {
					return eventbridge.Permanent(errDown)
				}
				return nil
			}}
			rule := eventbridge.Rule{Name: "r", Target: r, Park: true}
			require.NoError(t, b.AddRule(rule))
			publish(t, b, "/s", "a", 1, 2)
			time.Sleep(time.Second)
			rule.Order = eventbridge.OrderBy("subject")
			require.NoError(t, b.PutRule(rule))
			publish(t, b, "/s", "a", 3)
			time.Sleep(time.Second)
			require.Empty(t, r.of("a"))
			calm.Store(true)
			n, err := b.Redrive(t.Context(), eventbridge.DeadLetterQuery{Rule: "r"})
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NoError(t, b.WaitIdle(t.Context()))
			require.Equal(t, []string{"1", "2", "3"}, r.of("a"))
			s := b.Status().Rules[0]
			require.Zero(t, s.Held+s.Retrying+s.Dead, "%+v", s)
		})
	})
}
