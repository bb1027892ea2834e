package torture_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

// TestWaitIdleReturnsWhenCausedChainsEnd waits for events that cause others, some of
// which fail a few times or die, while others publish without end, of which what comes
// after the call fails again and again. WaitIdle returns within a save of the end of
// what it was to wait for, and not before. Then the faults stop, and all drains.
func TestWaitIdleReturnsWhenCausedChainsEnd(t *testing.T) {
	t.Run("others flow", func(t *testing.T) { waitIdle(t, false) })
	t.Run("others fail", func(t *testing.T) {
		waitIdle(t, true)
	})
}

func waitIdle(t *testing.T, fail bool) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			b := d.bus(t)
			l := &load{b: b}
			l.failFrom.Store(1 << 40)
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: l, Concurrency: 8, Breaker: eventbridge.Breaker{Off: true},
				Retry: eventbridge.Retry{Min: 2 * time.Millisecond, Max: 40 * time.Millisecond}}))
			stop := make(chan struct{})
			var wg sync.WaitGroup
			ended := sync.OnceFunc(func() { close(stop); wg.Wait() })
			defer ended()
			wg.Go(func() { l.publish(stop) })
			caused := int64(0)
			for round := range pick(25, 1000) {
				for i := range 3 {
					l.owed.Add(1)
					require.NoError(t, b.Publish(t.Context(), newEvent("/chain", fmt.Sprint(round, "-", i, "-"), fmt.Sprint("s", i), nil)))
				}
				if fail {
					l.failFrom.Store(l.begun.Load() + 1)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				err := b.WaitIdle(ctx)
				cancel()
				require.NoError(t, err, "round %d: owed are %d events of chains; %+v", round, l.owed.Load(), b.Status().Rules[0])
				require.Zero(t, l.owed.Load(), "round %d: it returned too early", round)
				late := time.Since(time.Unix(0, l.last.Load()))
				require.LessOrEqual(t, late, 50*time.Millisecond, "round %d: it returned late", round)
				l.failFrom.Store(1 << 40)
				caused = l.caused.Load()
			}
			ended()
			require.NoError(t, b.WaitIdle(t.Context()))
			s := b.Status().Rules[0]
			require.Zero(t, s.Behind+uint64(s.InFlight+s.Held+s.Retrying), "%+v", s)
			t.Logf("%d events caused, %d of others", caused, l.begun.Load())
			require.Greater(t, caused, int64(20))
		})
	})
}

// A load is the target of chains, and of what others publish beside them.
type load struct {
	b        *eventbridge.Bus
	owed     atomic.Int64 // events of chains that were published and have not ended
	caused   atomic.Int64
	last     atomic.Int64 // when something that is waited for ended
	begun    atomic.Int64 // the number of the last other event whose publishing has begun
	failFrom atomic.Int64 // others' events from this number on fail
}

func (l *load) publish(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
		n := l.begun.Add(1)
		l.b.Publish(context.Background(), newEvent("/load", fmt.Sprint(n), fmt.Sprint("s", n%5), nil))
	}
}

func (l *load) Deliver(ctx context.Context, e eventbridge.Event) error {
	if e.Source() == "/load" {
		n, _ := strconv.ParseInt(e.ID(), 10, 64)
		if n >= l.failFrom.Load() {
			return errDown
		}
		l.last.Store(time.Now().UnixNano())
		return nil
	}
	i, _ := eventbridge.InfoFrom(ctx)
	time.Sleep(time.Duration(1+i.Position%9) * time.Millisecond)
	x := chance(e.ID())
	if x < 0.1 && i.Attempt < 3 {
		return errDown
	}
	defer func() {
		l.owed.Add(-1)
		l.last.Store(time.Now().UnixNano())
	}()
	if x < 0.2 {
		return eventbridge.Permanent(errDown)
	}
	for c := 0; float64(c) < x*2.2-0.2 && len(e.ID()) < 14; c++ {
		l.owed.Add(1)
		l.caused.Add(1)
		if err := l.b.Publish(ctx, newEvent("/chain", fmt.Sprint(e.ID(), c), fmt.Sprint("c", c), nil)); err != nil {
			return eventbridge.Permanent(err)
		}
	}
	return nil
}
