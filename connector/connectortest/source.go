package connectortest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// A Source says how to make the source under test.
type Source struct {
	// Start makes a source that publishes to p, and returns what sends it an event
	// as its upstream does: nil means that the upstream was told the event is taken.
	// send is safe for concurrent use. t.Cleanup closes what was made.
	Start func(t *testing.T, p eventbridge.Publisher) (send func(ctx context.Context, e eventbridge.Event) error)
}

// RunSource tests a source against the promises, each in a subtest named by it.
func RunSource(t *testing.T, source Source) {
	for _, p := range sourcePromises {
		t.Run(name(p.says), func(t *testing.T) { p.test(t, source) })
	}
}

var sourcePromises = []struct {
	says string
	test func(t *testing.T, source Source)
}{
	{"an event is published whole", publishedWhole},
	{"an event is taken only after Publish returned", takenAfterPublish},
	{"an event is not taken when Publish fails", notTakenOnError},
	{"an event is not taken when Publish panics or exits", notTakenOnPanic},
	{"an event that comes again is the same event", sameAgain},
	{"many may send at once", manySend},
	{"no goroutine is left behind by a source", sourceLeavesNoGoroutine},
}

// A publisher keeps what is published to it, and does as it is told.
type publisher struct {
	mu     sync.Mutex
	events []eventbridge.Event
	before func(ctx context.Context) error // nil for nothing
}

func (p *publisher) Publish(ctx context.Context, events ...eventbridge.Event) error {
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range events {
		p.events = append(p.events, e.Clone())
	}
	return nil
}

func (p *publisher) published() []eventbridge.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]eventbridge.Event(nil), p.events...)
}

func publishedWhole(t *testing.T, source Source) {
	p := &publisher{}
	send := source.Start(t, p)
	sent := samples(t)
	for _, e := range sent {
		if err := send(t.Context(), e); err != nil {
			t.Fatalf("send = %v, want nil", err)
		}
	}
	got := p.published()
	if len(got) != len(sent) {
		t.Fatalf("%d events were published, want %d", len(got), len(sent))
	}
	for i := range sent {
		if diff := difference(sent[i], got[i]); diff != "" {
			t.Errorf("event %d: %s", i, diff)
		}
	}
}

func takenAfterPublish(t *testing.T, source Source) {
	called, release := make(chan struct{}, 1), make(chan struct{})
	p := &publisher{before: func(context.Context) error {
		called <- struct{}{}
		<-release
		return nil
	}}
	send := source.Start(t, p)
	done := make(chan error, 1)
	go func() { done <- send(t.Context(), sample(t, 0)) }()
	select {
	case <-called:
	case err := <-done:
		t.Fatalf("send = %v, and nothing was published", err)
	case <-time.After(patience):
		t.Fatal("nothing was published")
	}
	select {
	case err := <-done:
		t.Errorf("send = %v while Publish was running", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("send = %v, want nil", err)
		}
	case <-time.After(patience):
		t.Error("send has not returned after Publish did")
	}
}

func notTakenOnError(t *testing.T, source Source) {
	var fail error
	send := source.Start(t, &publisher{before: func(context.Context) error { return fail }})
	for _, fail = range []error{
		eventbridge.ErrInvalidEvent, eventbridge.ErrTooLarge, eventbridge.ErrLoop, eventbridge.ErrConflict, eventbridge.ErrFull, eventbridge.ErrOutcomeUnknown,
		eventbridge.ErrStopped, eventbridge.ErrClosed, context.Canceled, context.DeadlineExceeded, errors.New("some other"),
		&eventbridge.EventError{Index: 0, Err: eventbridge.ErrInvalidEvent},
	} {
		if send(t.Context(), sample(t, 0)) == nil {
			t.Errorf("an event was taken, and Publish said: %v", fail)
		}
	}
}

func notTakenOnPanic(t *testing.T, source Source) {
	for how, die := range map[string]func(){"panics": func() { panic("the publisher panics, as it should in this test") }, "exits": runtime.Goexit} {
		send := source.Start(t, &publisher{before: func(context.Context) error { die(); return nil }})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if send(ctx, sample(t, 0)) == nil {
			t.Errorf("an event was taken, and Publish %s", how)
		}
		cancel()
	}
}

func sameAgain(t *testing.T, source Source) {
	p := &publisher{}
	send := source.Start(t, p)
	e := sample(t, 0)
	for range 2 {
		if err := send(t.Context(), e); err != nil {
			t.Fatalf("send = %v, want nil", err)
		}
	}
	got := p.published()
	if len(got) != 2 {
		t.Fatalf("%d events were published, want 2", len(got))
	}
	if diff := difference(got[0], got[1]); diff != "" {
		t.Error(diff)
	}
}

func manySend(t *testing.T, source Source) {
	const workers, each = 16, 8
	p := &publisher{}
	send := source.Start(t, p)
	events := make([]eventbridge.Event, workers*each)
	for i := range events {
		events[i] = sample(t, i)
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for _, e := range events[w*each : (w+1)*each] {
				if err := send(t.Context(), e); err != nil {
					t.Errorf("send = %v", err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, e := range p.published() {
		seen[e.ID()]++
	}
	for _, e := range events {
		if seen[e.ID()] != 1 {
			t.Errorf("event %s was published %d times, want 1", e.ID(), seen[e.ID()])
		}
	}
}

func sourceLeavesNoGoroutine(t *testing.T, source Source) {
	before := goroutines()
	t.Run("events", func(t *testing.T) {
		fail := errors.New("not now")
		send := source.Start(t, &publisher{before: func(context.Context) error { return fail }})
		send(t.Context(), sample(t, 0))
		fail = nil
		send(t.Context(), sample(t, 0))
	})
	requireNoMoreGoroutines(t, before)
}
