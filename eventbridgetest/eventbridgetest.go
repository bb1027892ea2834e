// Package eventbridgetest helps a host test what it does with a bus.
//
//	func TestWelcomeMailIsSent(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			bus := eventbridgetest.New(t)
//			var mails eventbridgetest.Recorder
//			bus.AddRule(eventbridge.Rule{Name: "welcome-mail", Target: &mails})
//			register(bus, "ada@example.com") // what is tested
//			bus.WaitIdle(t.Context())
//			eventbridgetest.RequirePublished(t, bus, SignedUp{"ada@example.com"})
//			mails.Wait(t, 1)
//		})
//	}
//
// [New] is a bus in memory, [Open] one on a file that can be restarted and crashed.
// [Recorder] is a target that remembers; [Published], [RequirePublished] and
// [TakeDeadLetters] say what became of events.
//
// A bus is shut down at the end of its test. Dead letters it has then fail the test:
// one that expects some takes them (TakeDeadLetters), redrives or discards them.
//
// All of it works within a bubble of testing/synctest, where a day of retries takes
// milliseconds, and without one.
package eventbridgetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// New returns a bus in memory. It logs to the test and is shut down at its end; dead
// letters that are left fail the test.
func New(tb testing.TB, opts ...eventbridge.Option) *eventbridge.Bus {
	tb.Helper()
	b, err := eventbridge.New(withLogger(tb, opts)...)
	if err != nil {
		tb.Fatalf("the bus does not start: %v", err)
	}
	tb.Cleanup(func() { finish(tb, b) })
	return b
}

// TakeDeadLetters returns the dead letters of the rules it names, of all rules when it
// names none, and discards them: the test has expected them. A parked one lets go on
// what it held back, as with Bus.Discard.
//
// It does not wait; call Bus.WaitIdle first.
func TakeDeadLetters(tb testing.TB, b *eventbridge.Bus, rules ...string) []eventbridge.DeadLetter {
	tb.Helper()
	all, err := deadLetters(b)
	if err != nil {
		tb.Fatalf("the dead letters can't be read: %v", err)
	}
	taken := slices.DeleteFunc(all, func(d eventbridge.DeadLetter) bool {
		return len(rules) > 0 && !slices.Contains(rules, d.Rule)
	})
	for some := range slices.Chunk(taken, 100) {
		var q eventbridge.DeadLetterQuery
		for _, d := range some {
			q.IDs = append(q.IDs, d.ID)
		}
		if _, err := b.Discard(context.Background(), q); err != nil {
			tb.Fatalf("the dead letters can't be discarded: %v", err)
		}
	}
	return taken
}

func deadLetters(b *eventbridge.Bus) (all []eventbridge.DeadLetter, err error) {
	for d, err := range b.DeadLetters(context.Background(), eventbridge.DeadLetterQuery{}) {
		if err != nil {
			return all, err
		}
		all = append(all, d)
	}
	return all, nil
}

// endWait is how long deliveries that run at the end of a test have to end by
// themselves. Their contexts end then.
const endWait = time.Second

// finish shuts a bus down and fails the test for what should not be left of it.
func finish(tb testing.TB, b *eventbridge.Bus) {
	tb.Helper()
	if dead, err := deadLetters(b); err == nil && len(dead) > 0 { // an error: the test has closed it
		tb.Errorf("the test has left %s; one that expects them calls TakeDeadLetters:%s",
			count(len(dead), "dead letter"), listed(dead, describeDead))
	}
	ctx, cancel := context.WithTimeout(context.Background(), endWait)
	defer cancel()
	if err := b.Shutdown(ctx); err != nil && !errors.Is(err, eventbridge.ErrClosed) {
		tb.Errorf("the bus does not shut down: %v", explained(err))
	}
}

// explained says more about an error of Shutdown.
func explained(err error) string {
	if s := (*eventbridge.StillRunning)(nil); errors.As(err, &s) {
		return fmt.Sprintf("the targets of rules %q ignore their context and still run", s.Rules)
	}
	return err.Error()
}

// withLogger has the bus log to the test, if the test does not say otherwise.
func withLogger(tb testing.TB, opts []eventbridge.Option) []eventbridge.Option {
	h := slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return append([]eventbridge.Option{eventbridge.WithLogger(slog.New(h))}, opts...)
}

func describeDead(d eventbridge.DeadLetter) string {
	return fmt.Sprintf("rule %q gave up %s after %s (%s): %s",
		d.Rule, describe(d.Event), count(d.Attempts, "attempt"), d.Reason, d.Error)
}

// describe says in a few words which event it is.
func describe(e eventbridge.Event) string {
	if e.Context == nil {
		return "an event that can't be read"
	}
	if e.Subject() == "" {
		return e.Type()
	}
	return fmt.Sprintf("%s of %q", e.Type(), e.Subject())
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// listed prints things under each other, the first of them if they are many.
func listed[T any](all []T, describe func(T) string) string {
	const most = 10
	var s strings.Builder
	for i, v := range all {
		if i == most {
			fmt.Fprintf(&s, "\n\tand %d more", len(all)-most)
			break
		}
		s.WriteString("\n\t" + strings.ReplaceAll(describe(v), "\n", "\n\t\t"))
	}
	return s.String()
}
