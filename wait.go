package eventbridge

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// WaitIdle waits until everything published before it was called, and everything that
// was published in deliveries of that, and so on, is delivered or a dead letter, for
// every rule of this process. What others publish meanwhile does not hold it up. It is
// for tests and for the end of batch programs.
//
// It is an error, and names the rule, when what is waited for can't come: the rule is
// paused, or a parked dead letter holds events back. Calling it from within a
// delivery is an error too.
func (b *Bus) WaitIdle(ctx context.Context) error {
	if causeOf(ctx) != nil {
		return fmt.Errorf("WaitIdle: %w", errInDelivery)
	}
	w := b.waiters.add()
	defer b.waiters.remove(w)
	w.from(b.store.State().Head)
	for {
		changed := b.changed.wait()
		caused := w.unfinished()
		idle, err := b.idle(w.initial)
		if err != nil {
			return err
		}
		left, err := b.unfinished(caused)
		if err != nil {
			return err
		}
		if more := w.settle(caused, left); idle && len(left) == 0 {
			if !more {
				return nil
			}
			continue // a delivery that has ended meanwhile had published more
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// idle says whether every rule is done with everything up to p.
func (b *Bus) idle(p Position) (bool, error) {
	if b.fenced.Load() || b.halted.Load() && !b.closed.Load() {
		return false, firstError(b.writer.stopCause(), ErrClosed)
	}
	if b.closed.Load() {
		return false, ErrClosed
	}
	b.dispatcher.mu.Lock()
	at := b.dispatcher.at
	b.dispatcher.mu.Unlock()
	idle := at >= p
	var err error
	b.rules.each(func(r *runner) {
		done, e := r.idle(p)
		idle = idle && done
		if e != nil && err == nil {
			err = e
		}
	})
	return idle && err == nil, err
}

// idle says whether the rule is done with everything up to p. Dead letters count only
// when they are durable.
func (r *runner) idle(p Position) (bool, error) {
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return true, nil
	}
	owes, rows := r.m.Owes(p)
	unsaved, flying, paused := r.m.Unsaved(p), len(r.m.InFlight()), r.remember.Paused
	name := r.rule.Name
	r.mu.Unlock()
	stuck := func() error {
		if paused && flying == 0 {
			return fmt.Errorf("WaitIdle: rule %q is paused", name)
		}
		return nil
	}
	switch {
	case owes:
		return false, stuck()
	case unsaved:
		return false, nil
	case !rows:
		return true, nil
	}
	least, any, err := r.leastRow()
	if err != nil || !any || least > p {
		return err == nil, err
	}
	return false, firstError(stuck(), r.parkedError(name))
}

// parkedError is the error of waiting for a rule that has nothing but parked keys.
func (r *runner) parkedError(name string) error {
	r.mu.Lock()
	c := r.m.Counts()
	qid := r.remember.Queue
	r.mu.Unlock()
	if !r.parks() || c.InFlight > 0 || c.Retrying > 0 {
		return nil
	}
	from, to := ledger.Dues(qid, lane.Due{})
	if pairs, err := r.b.store.Scan(nil, from, to, 1); err != nil || len(pairs) > 0 {
		return err
	}
	r.mu.Lock()
	settled := r.m.Settled() && len(r.m.InFlight()) == 0
	r.mu.Unlock()
	if !settled {
		return nil
	}
	return fmt.Errorf("WaitIdle: rule %q: a parked dead letter holds events back: Redrive or Discard it", name)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// stopCause is why the log stopped, or nil.
func (w *writer) stopCause() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

// unfinished says which of some events a rule is not done with.
func (b *Bus) unfinished(ps []Position) (left []Position, err error) {
	b.dispatcher.mu.Lock()
	at := b.dispatcher.at
	b.dispatcher.mu.Unlock()
	for _, p := range ps {
		held := at < p
		b.rules.each(func(r *runner) {
			if held || err != nil {
				return
			}
			held, err = r.holds(p)
		})
		if held {
			left = append(left, p)
		}
	}
	return left, err
}

func (r *runner) holds(p Position) (bool, error) {
	r.mu.Lock()
	holds, rows := r.m.Holds(p)
	qid, gone := r.remember.Queue, r.gone
	r.mu.Unlock()
	if gone || holds || !rows {
		return holds && !gone, nil
	}
	v, err := r.b.get(ledger.RowKey(qid, p))
	return v != nil, err
}

// waiters are the calls of WaitIdle under way. Events know the oldest event of the
// chain that led to them; one whose chain began before a waiter came is waited for, and
// of what came later nothing else is.
type waiters struct {
	mu  sync.Mutex
	all map[*waiter]bool
}

type waiter struct {
	ws      *waiters
	initial Position   // everything up to here is waited for
	caused  []Position // and these, ascending
}

// add comes before the head is looked at: what is appended in between may be caused by
// something before it.
func (ws *waiters) add() *waiter {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*waiter]bool{}
	}
	w := &waiter{ws: ws, initial: ^Position(0)}
	ws.all[w] = true
	return w
}

func (w *waiter) from(head Position) {
	w.ws.mu.Lock()
	defer w.ws.mu.Unlock()
	w.initial = head
}

func (ws *waiters) remove(w *waiter) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

// appended is told of every event that was stored, before it can be delivered.
func (ws *waiters) appended(entries []store.Entry) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, e := range entries {
			if e.Root != e.Position && e.Root <= w.initial {
				w.caused = append(w.caused, e.Position)
			}
		}
	}
}

// unfinished lists the caused events that are waited for still.
func (w *waiter) unfinished() []Position {
	w.ws.mu.Lock()
	defer w.ws.mu.Unlock()
	return slices.Clone(w.caused)
}

// settle forgets those of some events that are done, and says whether others have come.
func (w *waiter) settle(looked, left []Position) (more bool) {
	w.ws.mu.Lock()
	defer w.ws.mu.Unlock()
	more = len(w.caused) > len(looked)
	w.caused = append(slices.Clone(left), w.caused[len(looked):]...)
	return more
}
