package eventbridgetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// A Recorder is a Target that remembers what it got. The zero value takes everything;
// it is safe for concurrent use, and may be the target of several rules.
type Recorder struct {
	// Fail, when it is set, is asked before each attempt is taken; its error is the
	// target's. attempt is 1 for the first. It may block, to be a slow target.
	Fail func(e eventbridge.Event, attempt int) error

	mu      sync.Mutex
	all     []Attempt
	taken   int
	changed chan struct{} // closed with the next attempt; nil: nobody waits
}

// An Attempt is one call of a Recorder's Deliver.
type Attempt struct {
	Event eventbridge.Event // as it was delivered
	Info  eventbridge.Info  // what the bus said of it
	Err   error             // what Deliver returned
}

var _ eventbridge.Target = (*Recorder)(nil)

// Deliver remembers the event and returns what Fail does. An attempt whose context has
// ended meanwhile failed, as with a target that heeds it.
func (r *Recorder) Deliver(ctx context.Context, e eventbridge.Event) error {
	info, _ := eventbridge.InfoFrom(ctx)
	var err error
	if r.Fail != nil {
		err = r.Fail(e.Clone(), info.Attempt)
	}
	if err == nil {
		err = ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, Attempt{Event: e, Info: info, Err: err})
	if err == nil {
		r.taken++
	}
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
	return err
}

// Events returns the events it took, in order.
func (r *Recorder) Events() []eventbridge.Event {
	var events []eventbridge.Event
	for _, a := range r.Attempts() {
		if a.Err == nil {
			events = append(events, a.Event)
		}
	}
	return events
}

// Attempts returns every attempt, those that failed as well, in the order in which they
// ended.
func (r *Recorder) Attempts() []Attempt {
	r.mu.Lock()
	all := slices.Clone(r.all)
	r.mu.Unlock()
	for i := range all {
		all[i].Event, all[i].Info.Event = cloned(all[i].Event), cloned(all[i].Info.Event)
	}
	return all
}

func cloned(e eventbridge.Event) eventbridge.Event {
	if e.Context == nil {
		return e // a delivery without a bus
	}
	return e.Clone()
}

// Wait waits until the recorder has taken n events, and returns all it has taken. The
// test fails when they do not come within ten seconds, or in a bubble within a week.
func (r *Recorder) Wait(tb testing.TB, n int) []eventbridge.Event {
	tb.Helper()
	limit := patience()
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		changed, enough := r.await(n)
		if enough {
			return r.Events()
		}
		select {
		case <-changed:
		case <-over.C:
			tb.Fatal(r.missing(n, limit))
		}
	}
}

func (r *Recorder) await(n int) (changed <-chan struct{}, enough bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed, r.taken >= n
}

// missing is why Wait gave up.
func (r *Recorder) missing(n int, after time.Duration) string {
	attempts := r.Attempts()
	s := fmt.Sprintf("the recorder took %d of %s within %v, in %s", len(r.Events()), count(n, "event"), after, count(len(attempts), "attempt"))
	if len(attempts) == 0 {
		return s
	}
	return s + ":" + listed(attempts, func(a Attempt) string {
		if a.Err != nil {
			return fmt.Sprintf("%s: attempt %d failed: %v", describe(a.Event), a.Info.Attempt, a.Err)
		}
		return describe(a.Event) + ": taken"
	})
}

// patience is how long it makes sense to wait. In a bubble, whose time begins in the
// year 2000, waiting is free and retries take days.
func patience() time.Duration {
	if time.Now().Year() < 2020 {
		return 7 * 24 * time.Hour
	}
	return 10 * time.Second
}
