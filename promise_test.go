package eventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

// The promises of doc.go, one test each, on every store we ship.

// A maker makes buses on one log: a second call goes on with what the first left, if
// the store is durable.
type maker struct {
	durable bool
	open    func(t *testing.T, opts ...eventbridge.Option) *eventbridge.Bus
}

// onEveryStore runs a test for each store, in a bubble of its own time. Each bus is
// closed in the end, and no goroutine may be left; the bubble sees to that.
func onEveryStore(t *testing.T, test func(t *testing.T, m maker)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			test(t, maker{open: func(t *testing.T, opts ...eventbridge.Option) *eventbridge.Bus {
				return ended(t)(eventbridge.New(opts...))
			}})
		})
	})
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "events.db")
		synctest.Test(t, func(t *testing.T) {
			test(t, maker{durable: true, open: func(t *testing.T, opts ...eventbridge.Option) *eventbridge.Bus {
				return ended(t)(eventbridge.Open(path, opts...))
			}})
		})
	})
}

func ended(t *testing.T) func(*eventbridge.Bus, error) *eventbridge.Bus {
	return func(b *eventbridge.Bus, err error) *eventbridge.Bus {
		t.Helper()
		require.NoError(t, err)
		t.Cleanup(func() { b.Close() })
		return b
	}
}

type placed struct {
	Order string
	N     int
}

func (placed) EventType() string      { return "order.placed" }
func (p placed) EventSubject() string { return p.Order }

func emit(t *testing.T, b *eventbridge.Bus, vs ...eventbridge.Typed) {
	t.Helper()
	require.NoError(t, eventbridge.Emit(t.Context(), b, vs...))
}

// heard is a target that remembers what it got, by subject.
type heard struct {
	mu   sync.Mutex
	by   map[string][]int
	n    int
	fail func(p placed, attempt int) error
}

func (h *heard) Deliver(ctx context.Context, e eventbridge.Event) error {
	p, err := eventbridge.Decode[placed](e)
	if err != nil {
		return eventbridge.Permanent(err)
	}
	info, _ := eventbridge.InfoFrom(ctx)
	if h.fail != nil {
		if err := h.fail(p, info.Attempt); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[string][]int{}
	}
	h.by[p.Order] = append(h.by[p.Order], p.N)
	h.n++
	return nil
}

func (h *heard) of(order string) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.by[order])
}

func (h *heard) total() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

// flood publishes many events, a hundred at a time.
func flood(t *testing.T, b *eventbridge.Bus, n int, make func(i int) []eventbridge.Typed) {
	t.Helper()
	var vs []eventbridge.Typed
	for i := range n {
		if vs = append(vs, make(i)...); len(vs) >= 100 || i == n-1 {
			emit(t, b, vs...)
			vs = nil
		}
	}
}

func letters(t *testing.T, b *eventbridge.Bus, q eventbridge.DeadLetterQuery) (all []eventbridge.DeadLetter) {
	t.Helper()
	for d, err := range b.DeadLetters(t.Context(), q) {
		require.NoError(t, err)
		all = append(all, d)
	}
	return all
}

func logged(t *testing.T, b *eventbridge.Bus, q eventbridge.Query) (all []eventbridge.Record) {
	t.Helper()
	for r, err := range b.Events(t.Context(), q) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

// 1. Durable.
func TestPublishedEventsAreThereAfterRestart(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		if !m.durable {
			t.Skip("the store forgets, and says so")
		}
		b := m.open(t)
		e, err := eventbridge.NewEvent("order.placed", "7", placed{"7", 1})
		require.NoError(t, err)
		e.SetExtension("tenant", "acme")
		require.NoError(t, b.Publish(t.Context(), e))
		require.NoError(t, b.Close())
		got := logged(t, m.open(t), eventbridge.Query{})
		require.Len(t, got, 1)
		require.Equal(t, eventbridge.Position(1), got[0].Position)
		require.Equal(t, e.ID(), got[0].Event.ID())
		require.Equal(t, e.Data(), got[0].Event.Data())
		require.Equal(t, "acme", got[0].Event.Extensions()["tenant"])
		require.True(t, e.Time().Equal(got[0].Event.Time()))
	})
}

func TestPublishIsAllOrNothing(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		good, err := eventbridge.EventOf(placed{"7", 1})
		require.NoError(t, err)
		bad := good.Clone()
		bad.SetID("two")
		bad.Context = bad.Context.Clone()
		require.NoError(t, bad.Context.SetType("x"))
		bad.SetExtension("bad", "control \x01")
		err = b.Publish(t.Context(), good, bad)
		require.ErrorIs(t, err, eventbridge.ErrInvalidEvent)
		var at *eventbridge.EventError
		require.ErrorAs(t, err, &at)
		require.Equal(t, 1, at.Index)
		require.Empty(t, logged(t, b, eventbridge.Query{}))
	})
}

// 2. Nothing accepted disappears.
func TestEveryEventEndsDeliveredOrDead(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		h := &heard{fail: func(p placed, attempt int) error {
			switch {
			case p.N%7 == 0:
				return eventbridge.Permanent(errors.New("never"))
			case p.N%5 == 0:
				return errors.New("not yet")
			case p.N%3 == 0 && attempt < 3:
				return errors.New("later")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Concurrency: 4, Retry: eventbridge.Retry{Attempts: 4}}))
		for i := range 200 {
			emit(t, b, placed{fmt.Sprint(i % 10), i})
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		dead := letters(t, b, eventbridge.DeadLetterQuery{Rule: "r"})
		require.Equal(t, 200, h.total()+len(dead))
		reasons := map[eventbridge.Reason]int{}
		for _, d := range dead {
			reasons[d.Reason]++
		}
		require.Equal(t, map[eventbridge.Reason]int{eventbridge.ReasonPermanent: 29, eventbridge.ReasonAttempts: 34}, reasons)
	})
}

func TestOwedDeliverySurvivesRestart(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		if !m.durable {
			t.Skip("the store forgets, and says so")
		}
		b := m.open(t)
		down := &heard{fail: func(placed, int) error { return errors.New("down") }}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: down}))
		for i := range 50 {
			emit(t, b, placed{fmt.Sprint(i % 5), i})
		}
		time.Sleep(time.Second)
		require.NoError(t, b.Shutdown(t.Context()))

		up := &heard{}
		b = m.open(t, eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: up}))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 50, up.total())
		for k := range 5 {
			require.True(t, slices.IsSorted(up.of(fmt.Sprint(k))), "%v", up.of(fmt.Sprint(k)))
		}
	})
}

// 3. At least once, with one key, and stored once.
func TestEveryAttemptHasTheSameKey(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		var mu sync.Mutex
		keys := map[eventbridge.Position][]string{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			info, ok := eventbridge.InfoFrom(ctx)
			if !ok {
				return errors.New("no info")
			}
			mu.Lock()
			defer mu.Unlock()
			keys[info.Position] = append(keys[info.Position], info.Key())
			if info.Attempt < 3 {
				return errors.New("again")
			}
			return nil
		})}))
		emit(t, b, placed{"1", 1}, placed{"2", 2})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Len(t, keys[1], 3)
		require.Len(t, slices.Compact(keys[1]), 1)
		require.NotEqual(t, keys[1][0], keys[2][0])
	})
}

func TestPublishingAgainStoresOnce(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		var duplicates atomic.Int32
		hooks := eventbridge.WithHooks(eventbridge.Hooks{Duplicate: func(context.Context, eventbridge.Event) { duplicates.Add(1) }})
		b := m.open(t, hooks)
		e, err := eventbridge.EventOf(placed{"7", 1})
		require.NoError(t, err)
		require.NoError(t, b.Publish(t.Context(), e))
		require.NoError(t, b.Publish(t.Context(), e))
		if m.durable {
			require.NoError(t, b.Close())
			b = m.open(t, hooks)
		}
		require.NoError(t, b.Publish(t.Context(), e, e))
		require.Len(t, logged(t, b, eventbridge.Query{}), 1)
		require.EqualValues(t, 3, duplicates.Load())

		other := e.Clone()
		require.NoError(t, other.SetData("application/json", placed{"7", 2}))
		err = b.Publish(t.Context(), other)
		require.ErrorIs(t, err, eventbridge.ErrConflict)
		require.Len(t, logged(t, b, eventbridge.Query{}), 1)

		time.Sleep(24 * time.Hour) // the window is over
		require.NoError(t, b.Publish(t.Context(), other))
		require.Len(t, logged(t, b, eventbridge.Query{}), 2)
	})
}

// 4. In order per entity.
func TestEventsOfOneSubjectGoInOrder(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		rng := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		running := map[string]bool{}
		h := &heard{}
		h.fail = func(p placed, attempt int) error {
			mu.Lock()
			overlap := running[p.Order]
			running[p.Order] = true
			fails := rng.IntN(4) == 0
			mu.Unlock()
			time.Sleep(time.Duration(1+p.N%3) * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			running[p.Order] = false
			switch {
			case overlap:
				return eventbridge.Permanent(errors.New("two at once"))
			case fails:
				return errors.New("again")
			}
			return nil
		}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Concurrency: 16, Breaker: eventbridge.Breaker{Off: true}}))
		flood(t, b, 600, func(i int) []eventbridge.Typed { return []eventbridge.Typed{placed{fmt.Sprint(i % 20), i}} })
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Empty(t, letters(t, b, eventbridge.DeadLetterQuery{}))
		require.Equal(t, 600, h.total())
		for k := range 20 {
			require.True(t, slices.IsSorted(h.of(fmt.Sprint(k))), "subject %d: %v", k, h.of(fmt.Sprint(k)))
		}
	})
}

func TestFailingEventHoldsBackItsOwnKeyOnly(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		h := &heard{fail: func(p placed, attempt int) error {
			if p.Order == "bad" && p.N == 0 {
				return errors.New("down")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Retry: eventbridge.Retry{Age: time.Hour}}))
		flood(t, b, 3000, func(i int) []eventbridge.Typed { // more than a window
			return []eventbridge.Typed{placed{"bad", i}, placed{"good", i}}
		})
		time.Sleep(time.Minute)
		require.Len(t, h.of("good"), 3000)
		require.Empty(t, h.of("bad"))
		s := b.Status().Rules[0]
		require.Equal(t, 1, s.Retrying)
		require.Equal(t, 2999, s.Held)
		require.NoError(t, b.WaitIdle(t.Context())) // the first dies after an hour, the others follow
		require.Len(t, h.of("bad"), 2999)
		require.True(t, slices.IsSorted(h.of("bad")))
	})
}

func TestEventsWithoutSubjectAreHeldBackByNothing(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		h := &heard{fail: func(p placed, attempt int) error {
			if p.N == 0 {
				return errors.New("down")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Retry: eventbridge.Retry{Age: time.Hour}}))
		for i := range 100 {
			emit(t, b, placed{"", i})
		}
		time.Sleep(time.Minute)
		require.Len(t, h.of(""), 99)
	})
}

func TestParkedDeathHoldsItsKeyUntilItIsRedriven(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		var broken atomic.Bool
		broken.Store(true)
		h := &heard{fail: func(p placed, attempt int) error {
			if broken.Load() && p.Order == "a" && p.N == 1 {
				return eventbridge.Permanent(errors.New("no"))
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Park: true}))
		for i := range 4 {
			emit(t, b, placed{"a", i}, placed{"b", i})
		}
		require.ErrorContains(t, b.WaitIdle(t.Context()), `rule "r": a parked dead letter holds events back`)
		require.Equal(t, []int{0}, h.of("a"))
		require.Equal(t, []int{0, 1, 2, 3}, h.of("b"))
		broken.Store(false)
		n, err := b.Redrive(t.Context(), eventbridge.DeadLetterQuery{Rule: "r"})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []int{0, 1, 2, 3}, h.of("a"))
		require.Empty(t, letters(t, b, eventbridge.DeadLetterQuery{}))
	})
}

// 5. Isolated.
func TestSlowTargetHoldsUpNoOther(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		release := make(chan struct{})
		blocked := eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { <-release; return nil })
		h, panics := &heard{}, eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { panic("no") })
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "blocked", Target: blocked}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "panics", Target: panics}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "quick", Target: h}))
		flood(t, b, 5000, func(i int) []eventbridge.Typed { return []eventbridge.Typed{placed{fmt.Sprint(i % 50), i}} })
		time.Sleep(time.Second)
		require.Equal(t, 5000, h.total())
		time.Sleep(time.Minute)
		for _, s := range b.Status().Rules {
			switch s.Name {
			case "blocked":
				require.Equal(t, eventbridge.StateStuck, s.State)
				require.EqualValues(t, 5000, s.Behind)
			case "panics":
				require.Equal(t, eventbridge.StateOpen, s.State)
				require.Contains(t, s.LastError, "the target panicked: no")
			}
		}
		close(release)
	})
}

func TestHungDeliveryStallsOnlyItsKey(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		release := make(chan struct{})
		h := &heard{fail: func(p placed, _ int) error {
			if p.Order == "hung" && p.N == 0 {
				<-release
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Concurrency: 2}))
		flood(t, b, 5000, func(i int) []eventbridge.Typed {
			return []eventbridge.Typed{placed{"hung", i}, placed{fmt.Sprint(i % 9), i}}
		})
		time.Sleep(time.Minute)
		require.Equal(t, 5000, h.total())
		require.Empty(t, h.of("hung"))
		close(release)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Len(t, h.of("hung"), 5000)
		require.True(t, slices.IsSorted(h.of("hung")))
	})
}

// 6. Replay is safe.
func TestReplayReachesOnlyItsTarget(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		live, again := &heard{}, &heard{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "mail", Target: live}))
		for i := range 100 {
			emit(t, b, placed{fmt.Sprint(i % 3), i})
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		res, err := b.Replay(t.Context(), eventbridge.Replay{Name: "test", Query: eventbridge.Query{From: 11, To: 91}, Target: again})
		require.NoError(t, err)
		require.Equal(t, eventbridge.ReplayResult{Read: 80, Delivered: 80, Last: 90}, res)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 100, live.total())
		require.Equal(t, 80, again.total())

		again.fail = func(p placed, _ int) error {
			if p.N == 50 {
				return errors.New("full")
			}
			return nil
		}
		res, err = b.Replay(t.Context(), eventbridge.Replay{Target: again})
		require.ErrorContains(t, err, "replay: event 51: full")
		require.Equal(t, eventbridge.ReplayResult{Read: 51, Delivered: 50, Failed: 1, Last: 50}, res)
	})
}

// 7. An event is its callee's own copy.
func TestEventIsItsCalleesOwnCopy(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		spoil := eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			e.SetSubject("spoilt")
			e.SetExtension("spoilt", true)
			clear(e.DataEncoded)
			info, _ := eventbridge.InfoFrom(ctx)
			clear(info.Event.DataEncoded)
			return nil
		})
		h := &heard{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "a", Target: spoil}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "b", Target: h}))
		e, err := eventbridge.EventOf(placed{"7", 1})
		require.NoError(t, err)
		before := e.Clone()
		require.NoError(t, b.Publish(t.Context(), e))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, before, e)
		require.Equal(t, []int{1}, h.of("7"))
		got := logged(t, b, eventbridge.Query{})
		require.Equal(t, "7", got[0].Event.Subject())
	})
}

// 8. Publishing from inside a target.
func TestPublishingInsideATargetNeverDeadlocks(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		h := &heard{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "chain", Target: eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			p, err := eventbridge.Decode[placed](e)
			if err != nil || p.N >= 20 {
				return err
			}
			return eventbridge.Emit(ctx, b, placed{p.Order, p.N + 1})
		})}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "all", Target: h}))
		for i := range 30 {
			emit(t, b, placed{fmt.Sprint(i), 1})
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 30*20, h.total())
		chain := logged(t, b, eventbridge.Query{Subject: "3"})
		require.Len(t, chain, 20)
		first, last := chain[0].Event, chain[19].Event
		require.Equal(t, first.ID(), last.Extensions()["correlationid"])
		require.Equal(t, chain[18].Event.ID(), last.Extensions()["causationid"])
		require.EqualValues(t, 19, last.Extensions()["hops"])
	})
}

func TestLoopOfRulesIsCut(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "loop", Target: eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
			return eventbridge.Emit(ctx, b, placed{"7", 1})
		})}))
		emit(t, b, placed{"7", 0})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Len(t, logged(t, b, eventbridge.Query{}), 33)
		dead := letters(t, b, eventbridge.DeadLetterQuery{Rule: "loop"})
		require.Len(t, dead, 1)
		require.Equal(t, eventbridge.ReasonPermanent, dead[0].Reason)
		require.Contains(t, dead[0].Error, eventbridge.ErrLoop.Error())
	})
}

func TestTraceContextGoesAlong(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Filter: filter.Type("a"), Target: eventbridge.TargetFunc(func(ctx context.Context, _ eventbridge.Event) error {
			e, err := eventbridge.NewEvent("b", "", nil)
			if err != nil {
				return err
			}
			return b.Publish(ctx, e)
		})}))
		e, err := eventbridge.NewEvent("a", "", nil)
		require.NoError(t, err)
		e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		e.SetExtension("tracestate", "x=1")
		require.NoError(t, b.Publish(t.Context(), e))
		require.NoError(t, b.WaitIdle(t.Context()))
		got := logged(t, b, eventbridge.Query{Types: []string{"b"}})
		require.Len(t, got, 1)
		require.Equal(t, e.Extensions()["traceparent"], got[0].Event.Extensions()["traceparent"])
		require.Equal(t, "x=1", got[0].Event.Extensions()["tracestate"])
	})
}

// 10. One process per file.
func TestSecondOpenerIsTurnedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	b := ended(t)(eventbridge.Open(path))
	began := time.Now()
	_, err := eventbridge.Open(path)
	require.ErrorIs(t, err, eventbridge.ErrLocked)
	require.ErrorContains(t, err, path)
	require.Less(t, time.Since(began), time.Second)
	emit(t, b, placed{"7", 1})
}

// 11. No goroutine of ours is left.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		b, err := eventbridge.Open(filepath.Join(t.TempDir(), "events.db"))
		require.NoError(t, err)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "a", Target: &heard{}, Concurrency: 8}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "b", Target: &heard{fail: func(placed, int) error { return errors.New("x") }}}))
		for i := range 100 {
			emit(t, b, placed{fmt.Sprint(i), i})
		}
		require.NoError(t, b.Shutdown(t.Context()))
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines are left:\n%s", runtime.NumGoroutine()-before, buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

func TestRuleReshapesWhatItSelects(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		var got []string
		require.NoError(t, b.AddRule(eventbridge.Rule{
			Name:      "big",
			Filter:    filter.Must(filter.Pattern(`{"type": ["order.placed"], "data": {"N": [{"numeric": [">=", 10]}]}}`)),
			Transform: transform.Must(transform.Template(`{"text": "order <id>: <n>"}`, transform.Vars{"id": "$.subject", "n": "$.data.N"})),
			Target: eventbridge.TargetFunc(func(_ context.Context, e eventbridge.Event) error {
				got = append(got, string(e.Data()))
				return nil
			}),
		}))
		emit(t, b, placed{"a", 9}, placed{"b", 10}, placed{`"c"`, 11})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []string{`{"text": "order b: 10"}`, `{"text": "order \"c\": 11"}`}, got)
	})
}
