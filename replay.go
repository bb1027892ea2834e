package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Replay delivers events of the log again to one target and to nobody else: no rule
// runs, and no place of a rule moves.
type Replay struct {
	Name   string // what Info.Replay says, and a part of Info.Key; [A-Za-z0-9._/-]{0,128}
	Query  Query  // which events, in which order
	Target Target
	Rate   float64 // at most so many a second; 0: no limit
	DryRun bool    // only count
}

// ReplayResult says how far a Replay came.
type ReplayResult struct {
	Read, Delivered, Failed int
	Last                    Position // of the last event that was delivered; go on with Query.From = Last + 1
}

// Replay delivers the events of a query again, one after the other in the order of the
// query, and returns at the first error of the target, which is part of the error. The
// target gets each event as it is stored, once.
//
// What a target publishes during a replay is new, and goes to all rules: Info.Replay
// lets it choose otherwise.
func (b *Bus) Replay(ctx context.Context, r Replay) (ReplayResult, error) {
	var res ReplayResult
	if err := r.check(); err != nil {
		return res, err
	}
	var failed error
	pace := pacer{every: interval(r.Rate)}
	err := b.query(ctx, r.Query, func(ev *loaded, err error) bool {
		if err != nil {
			failed = err
			return false
		}
		res.Read++
		if r.DryRun {
			return true
		}
		if failed = pace.wait(ctx); failed != nil {
			return false
		}
		if err := b.again(ctx, r, ev); err != nil {
			res.Failed++
			failed = fmt.Errorf("replay: event %d: %w", ev.entry.Position, err)
			return false
		}
		res.Delivered++
		res.Last = ev.entry.Position
		return true
	})
	if failed != nil {
		err = failed
	}
	return res, err
}

func (r Replay) check() error {
	switch {
	case r.Target == nil && !r.DryRun || r.Target != nil && isNil(r.Target):
		return errors.New("replay: Target: it is nil")
	case r.Name != "" && !ruleName.MatchString(r.Name):
		return fmt.Errorf("replay: Name: %q is not at most 128 of A-Z a-z 0-9 . _ / -", r.Name)
	case r.Rate < 0:
		return fmt.Errorf("replay: Rate: %v is negative", r.Rate)
	}
	return nil
}

// again delivers one event to a replay's target. The target's goroutine is its own, so
// that one that ends it ends nothing else.
func (b *Bus) again(ctx context.Context, r Replay, ev *loaded) error {
	name := r.Name
	if name == "" {
		name = "replay"
	}
	d := &delivery{bus: b, attempt: 1, event: ev, replay: name, parent: ctx, deadline: time.Now().Add(24 * time.Hour)}
	defer d.end()
	done := make(chan error, 1)
	go func() {
		err := errors.New("the target ended its goroutine (runtime.Goexit)")
		defer func() { done <- err }()
		err = call(d, r.Target, ev.doc.Event.SDK())
	}()
	return <-done
}

// A pacer keeps events apart in time.
type pacer struct {
	every time.Duration
	next  time.Time
}

func interval(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

func (p *pacer) wait(ctx context.Context) error {
	if p.every == 0 {
		return ctx.Err()
	}
	now := time.Now()
	if wait := p.next.Sub(now); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		now = p.next
	}
	p.next = now.Add(p.every)
	return nil
}
