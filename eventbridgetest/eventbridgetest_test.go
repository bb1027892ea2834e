package eventbridgetest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/eventbridgetest"
)

type SignedUp struct{ Email string }

func (SignedUp) EventType() string      { return "user.signed_up" }
func (u SignedUp) EventSubject() string { return u.Email }

type placed struct {
	Order string
	N     int
}

func (placed) EventType() string      { return "order.placed" }
func (p placed) EventSubject() string { return p.Order }

// bothClocks runs a test in a bubble and without one.
func bothClocks(t *testing.T, test func(t *testing.T)) {
	t.Run("bubble", func(t *testing.T) { synctest.Test(t, test) })
	t.Run("real time", test)
}

// verdict is a test that may fail without failing ours.
type verdict struct {
	testing.TB
	said     []string
	cleanups []func()
}

func (v *verdict) Helper() {}
func (v *verdict) Errorf(format string, args ...any) {
	v.said = append(v.said, fmt.Sprintf(format, args...))
}
func (v *verdict) Fatalf(format string, args ...any) { v.Errorf(format, args...); runtime.Goexit() }
func (v *verdict) Fatal(args ...any)                 { v.Errorf("%s", fmt.Sprint(args...)); runtime.Goexit() }
func (v *verdict) Cleanup(f func())                  { v.cleanups = append(v.cleanups, f) }

// judge runs a test to its end and returns what it failed with.
func judge(t *testing.T, test func(tb testing.TB)) string {
	t.Helper()
	v := &verdict{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range v.cleanups {
				f()
			}
		}()
		test(v)
	}()
	<-done
	return strings.Join(v.said, "\n")
}

// README example 8.
func TestADayOfRetriesTakesMilliseconds(t *testing.T) {
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		bus := eventbridgetest.New(t)
		require.NoError(t, bus.AddRule(eventbridge.Rule{Name: "crm", Target: &eventbridgetest.Recorder{
			Fail: func(eventbridge.Event, int) error { return errors.New("503") },
		}}))
		require.NoError(t, eventbridge.Emit(t.Context(), bus, SignedUp{"ada@example.com"}))
		require.NoError(t, bus.WaitIdle(t.Context())) // returns after 24 virtual hours
		dead := eventbridgetest.TakeDeadLetters(t, bus, "crm")
		require.Len(t, dead, 1)
		require.Equal(t, eventbridge.ReasonAge, dead[0].Reason)
		tried := dead[0].Last.Sub(dead[0].First)
		require.GreaterOrEqual(t, tried, 24*time.Hour)
		require.Less(t, tried, 24*time.Hour+5*time.Minute) // the breaker's wait may put the last attempt off
	})
	require.Less(t, time.Since(began), 10*time.Second)
}

func TestDeadLettersLeftFailTheTest(t *testing.T) {
	bothClocks(t, func(t *testing.T) {
		leave := func(take func(tb testing.TB, b *eventbridge.Bus)) string {
			return judge(t, func(tb testing.TB) {
				b := eventbridgetest.New(tb)
				eventbridge.On(b, "mail", func(context.Context, SignedUp) error { return eventbridge.Permanent(errors.New("no such box")) })
				eventbridge.Emit(t.Context(), b, SignedUp{"ada@example.com"})
				b.WaitIdle(t.Context())
				take(tb, b)
			})
		}
		said := leave(func(testing.TB, *eventbridge.Bus) {})
		require.Equal(t, `the test has left 1 dead letter; one that expects them calls TakeDeadLetters:
	rule "mail" gave up user.signed_up of "ada@example.com" after 1 attempt (permanent): no such box`, said)
		require.NotEmpty(t, leave(func(tb testing.TB, b *eventbridge.Bus) {
			require.Empty(t, eventbridgetest.TakeDeadLetters(tb, b, "other"))
		}))
		require.Empty(t, leave(func(tb testing.TB, b *eventbridge.Bus) {
			require.Len(t, eventbridgetest.TakeDeadLetters(tb, b), 1)
		}))
	})
}

func TestATargetThatIgnoresItsContextFailsTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		said := judge(t, func(tb testing.TB) {
			b := eventbridgetest.New(tb)
			eventbridge.On(b, "deaf", func(context.Context, SignedUp) error { <-free; return nil })
			eventbridge.Emit(t.Context(), b, SignedUp{"ada@example.com"})
			synctest.Wait()
		})
		require.Equal(t, `the bus does not shut down: the targets of rules ["deaf"] ignore their context and still run`, said)
		close(free)
	})
}

func TestRecorderRemembersEveryAttempt(t *testing.T) {
	bothClocks(t, func(t *testing.T) {
		b := eventbridgetest.New(t, eventbridge.WithRetry(eventbridge.Retry{Min: time.Millisecond, Max: time.Millisecond}))
		r := &eventbridgetest.Recorder{Fail: func(e eventbridge.Event, attempt int) error {
			if e.Subject() == "a" && attempt < 3 {
				return errors.New("not yet")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: r}))
		require.NoError(t, eventbridge.Emit(t.Context(), b, placed{"a", 1}, placed{"a", 2}))
		got := r.Wait(t, 2)
		require.Equal(t, got[0].Subject(), "a")
		var errs []error
		for _, a := range r.Attempts() {
			errs = append(errs, a.Err)
			require.NotEmpty(t, a.Info.Key())
		}
		require.Equal(t, []error{errors.New("not yet"), errors.New("not yet"), nil}, errs[:3])
		got[0].SetType("changed")
		require.Equal(t, "order.placed", r.Events()[0].Type())
	})
}

func TestWaitSaysWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r eventbridgetest.Recorder
		said := judge(t, func(tb testing.TB) {
			b := eventbridgetest.New(tb)
			b.AddRule(eventbridge.Rule{Name: "r", Target: &r})
			eventbridge.Emit(t.Context(), b, placed{"7", 1})
			r.Wait(tb, 2)
		})
		require.Equal(t, "the recorder took 1 of 2 events within 168h0m0s, in 1 attempt:\n\torder.placed of \"7\": taken", said)
	})
}

func TestPublishedComparesAsEventsTravel(t *testing.T) {
	bothClocks(t, func(t *testing.T) {
		b := eventbridgetest.New(t)
		eventbridgetest.RequirePublished[placed](t, b)
		require.NoError(t, eventbridge.Emit(t.Context(), b, placed{"a", 1}, SignedUp{"x"}, placed{"b", 2}))
		eventbridgetest.RequirePublished(t, b, placed{"a", 1}, placed{"b", 2})
		require.Equal(t, []SignedUp{{"x"}}, eventbridgetest.Published[SignedUp](t, b))
		require.Equal(t, &placed{"a", 1}, eventbridgetest.Published[*placed](t, b)[0])
		said := judge(t, func(tb testing.TB) { eventbridgetest.RequirePublished(tb, b, placed{"b", 2}) })
		require.Equal(t, "the log has 2 events of type order.placed, want 1\ngot\n\t{Order:a N:1}\n\t{Order:b N:2}\nwant\n\t{Order:b N:2}", said)
	})
}

func TestReopenGoesOnWithTheSameRules(t *testing.T) {
	bothClocks(t, func(t *testing.T) {
		var fromOptions, added eventbridgetest.Recorder
		d := eventbridgetest.Open(t, eventbridge.WithRules(eventbridge.Rule{Name: "a", Target: &fromOptions}))
		require.NoError(t, d.AddRule(eventbridge.Rule{Name: "b", Target: &added}))
		for n := range 3 {
			require.NoError(t, eventbridge.Emit(t.Context(), d, placed{"7", n}))
			require.NoError(t, d.WaitIdle(t.Context()))
			d.Reopen()
		}
		require.Len(t, fromOptions.Events(), 3)
		require.Len(t, added.Events(), 3)
		require.Error(t, d.PutRule(eventbridge.Rule{Name: "a", Target: &added}))
		require.Error(t, d.DeleteRule(t.Context(), "a"))
		require.NoError(t, d.DeleteRule(t.Context(), "b"))
		d.Reopen()
		require.Len(t, d.Status().Rules, 1)
	})
}

func TestARuleThatWouldNotComeBackFailsTheTest(t *testing.T) {
	said := judge(t, func(tb testing.TB) {
		d := eventbridgetest.Open(tb)
		eventbridge.On(d.Bus, "lost", func(context.Context, SignedUp) error { return nil })
		d.Crash()
	})
	require.Equal(t, `rule "lost" was added to the Bus of the Durable, and would not come back: use the Durable's own AddRule`, said)
}

// What was acknowledged is there after each of several crashes, once, and reaches the
// rule, in order.
func TestCrashLosesNothingAcknowledged(t *testing.T) {
	bothClocks(t, func(t *testing.T) {
		var r eventbridgetest.Recorder
		d := eventbridgetest.Open(t)
		require.NoError(t, d.AddRule(eventbridge.Rule{Name: "r", Target: &r, Concurrency: 4}))
		var acked []int
		n := 0
		for range 5 {
			bus, some, ended := d.Bus, make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for i := range 500 {
					if i == 10 {
						close(some)
					}
					n++ // what failed may be there, or not
					if eventbridge.Emit(t.Context(), bus, placed{fmt.Sprint(n % 3), n}) != nil {
						return
					}
					acked = append(acked, n)
				}
			}()
			<-some
			d.Crash()
			<-ended
		}
		require.NoError(t, d.WaitIdle(t.Context()))
		stored := numbers(eventbridgetest.Published[placed](t, d.Bus))
		require.Subset(t, stored, acked)
		seen, last := map[int]bool{}, map[string]int{}
		for _, e := range r.Events() {
			p, err := eventbridge.Decode[placed](e)
			require.NoError(t, err)
			if !seen[p.N] {
				require.Greater(t, p.N, last[p.Order], "order %s", p.Order)
				last[p.Order] = p.N
			}
			seen[p.N] = true
		}
		require.True(t, slices.IsSorted(stored))
		require.Len(t, slices.Compact(stored), len(seen), "each is stored once and delivered")
	})
}

func numbers(ps []placed) (ns []int) {
	for _, p := range ps {
		ns = append(ns, p.N)
	}
	return ns
}

func TestCrashDeliversAgainWhatWasUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		free := make(chan struct{})
		r := &eventbridgetest.Recorder{Fail: func(eventbridge.Event, int) error {
			if calls.Add(1) == 1 {
				<-free
			}
			return nil
		}}
		d := eventbridgetest.Open(t)
		require.NoError(t, d.AddRule(eventbridge.Rule{Name: "r", Target: r}))
		require.NoError(t, eventbridge.Emit(t.Context(), d, placed{"7", 1}))
		synctest.Wait()
		old := d.Bus
		d.Crash()
		close(free) // the target of the old life returns, and it is too late
		require.NoError(t, d.WaitIdle(t.Context()))
		synctest.Wait()
		require.EqualValues(t, 2, calls.Load())
		require.Len(t, r.Events(), 1)
		require.Error(t, eventbridge.Emit(t.Context(), old, placed{"7", 2}))
		require.Len(t, eventbridgetest.Published[placed](t, d.Bus), 1)
	})
}

// The old bus is fenced: once Crash has returned, none of its hooks is called.
func TestNoHookOfTheOldBusAfterCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var life, late atomic.Int32
		hooks := func() eventbridge.Hooks {
			return eventbridge.Hooks{
				Starting: func(ctx context.Context, _ eventbridge.Event, _ eventbridge.Info) context.Context {
					return context.WithValue(ctx, lifeKey{}, life.Load())
				},
				Delivered: func(ctx context.Context, _ eventbridge.Event, _ eventbridge.Info, _ time.Duration) {
					if began, ok := ctx.Value(lifeKey{}).(int32); ok && began != life.Load() {
						late.Add(1)
					}
				},
			}
		}
		free := make(chan struct{})
		d := eventbridgetest.Open(t, eventbridge.WithHooks(hooks()))
		require.NoError(t, d.AddRule(eventbridge.Rule{Name: "r", Concurrency: 4, Target: &eventbridgetest.Recorder{
			Fail: func(eventbridge.Event, int) error {
				if life.Load() == 0 {
					<-free
				}
				return nil
			}}}))
		for i := range 8 {
			require.NoError(t, eventbridge.Emit(t.Context(), d, placed{fmt.Sprint(i), i}))
		}
		synctest.Wait()
		life.Add(1)
		d.Crash()
		close(free)
		require.NoError(t, d.WaitIdle(t.Context()))
		synctest.Wait()
		require.Zero(t, late.Load())
	})
}

type lifeKey struct{}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("a bus", func(t *testing.T) {
		d := eventbridgetest.Open(t)
		require.NoError(t, d.AddRule(eventbridge.Rule{Name: "r", Target: &eventbridgetest.Recorder{}}))
		require.NoError(t, eventbridge.Emit(t.Context(), d, placed{"7", 1}))
		d.Crash()
		d.Reopen()
		require.NoError(t, eventbridge.Emit(t.Context(), eventbridgetest.New(t), placed{"7", 1}))
	})
	// By hand: require.Eventually asks from a goroutine of its own, which would count.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left:\n%s", runtime.NumGoroutine()-before, buf[:runtime.Stack(buf, true)])
		}
	}
}
