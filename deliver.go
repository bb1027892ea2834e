package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/transform"
)

// maxError is how much of an error's text is kept in the ledger.
const maxError = 512

// An outcome is how an attempt ended, before the rule's verdict on it.
type outcome struct {
	err    error
	reason Reason // why no attempt could help, if that is clear already
	took   time.Duration
	at     time.Time // when it ended
	void   bool      // there was no attempt
}

// attempt makes one attempt, whatever its target does: return, panic, or end the
// goroutine. In that last case the lane goes on in another one.
func (r *runner) attempt(a lane.Action) {
	out := outcome{err: errors.New("the target ended its goroutine (runtime.Goexit)")}
	d := &delivery{bus: r.b, attempt: a.Row.Attempts + 1, began: time.Now()}
	returned := false
	defer func() {
		d.end()
		r.conclude(a, d, out)
		if !returned {
			r.kick()
		}
	}()
	out = r.try(a, d)
	returned = true
}

// try finds the event, reshapes it and hands it over.
func (r *runner) try(a lane.Action, d *delivery) outcome {
	body, err := r.body(a.Event, a.Row)
	if err != nil {
		return outcome{err: err, reason: ReasonCorrupt}
	}
	if u, ok := body.(*unfit); ok {
		d.event = u.loaded
		return outcome{err: u.err, reason: u.reason}
	}
	if d.event = body.(*loaded); d.event.unread != nil {
		return outcome{err: d.event.unread, reason: ReasonUpcast}
	}
	rule, ok := r.present(a.Event.Position, d)
	if !ok {
		return outcome{void: true}
	}
	e, err := reshape(rule, d)
	if err != nil {
		return outcome{err: err, reason: ReasonTransform}
	}
	var ctx context.Context = d
	if hook := r.b.cfg.hooks.Starting; hook != nil {
		if c := hook(ctx, e, d.info()); c != nil {
			ctx = c
		}
	}
	err = call(ctx, rule.Target, e)
	ended := time.Now()
	return outcome{err: err, took: ended.Sub(d.began), at: ended}
}

// present notes the attempt under way, for a status, and returns the rule as it is now.
func (r *runner) present(p Position, d *delivery) (*Rule, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d.rule, d.rid, d.parent = r.rule.Name, r.remember.ID, r.b.ctx
	d.deadline = d.began.Add(r.rule.Timeout)
	r.attempts[p] = d
	return r.rule, !r.gone && !r.b.fenced.Load()
}

// reshape makes the target's own copy of the event, through the rule's transform.
func reshape(rule *Rule, d *delivery) (e Event, err error) {
	if rule.Transform.IsZero() {
		return d.event.doc.Event.SDK(), nil
	}
	defer caught(&err, "the transform")
	flat, err := rule.Transform.ApplyDocument(d.event.doc, transform.Info{Rule: rule.Name, Received: d.event.entry.Received})
	if err != nil {
		return Event{}, err
	}
	return flat.SDK(), nil
}

// call hands an event to a target. A panic is an error.
func call(ctx context.Context, t Target, e Event) (err error) {
	defer caught(&err, "the target")
	return t.Deliver(ctx, e)
}

func caught(err *error, who string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s panicked: %v\n%s", who, p, debug.Stack())
	}
}

// conclude passes the verdict on an attempt to the lane, and to who listens.
func (r *runner) conclude(a lane.Action, d *delivery, out outcome) {
	if out.at.IsZero() {
		out.at = time.Now()
	}
	now, p := r.b.clock.at(out.at), a.Event.Position
	var o lane.Outcome
	var letter *ledger.Letter
	var next time.Time
	switch {
	case out.void, r.b.halted.Load() && out.err != nil:
		o.Result = lane.Cancelled
	case out.err == nil:
		r.delivered.Add(1)
	default:
		r.failed.Add(1)
		o, letter, next = r.judge(a, d, out, now)
	}
	r.mu.Lock()
	delete(r.attempts, p)
	if r.b.fenced.Load() {
		r.mu.Unlock()
		return
	}
	if r.rekeying {
		r.deferred = append(r.deferred, func() { r.m.Done(p, o, r.b.clock.now()) })
	} else {
		r.m.Done(p, o, now)
	}
	if o.Result == lane.Retry || o.Result == lane.Dead {
		r.lastError = o.Row.Error
	}
	r.mu.Unlock()
	r.b.writer.mark(r)
	r.tellHooks(a, d, out, o, letter, next)
	r.b.changed.broadcast()
}

// judge makes of a failed attempt a row or a dead letter.
func (r *runner) judge(a lane.Action, d *delivery, out outcome, now time.Time) (o lane.Outcome, l *ledger.Letter, next time.Time) {
	row := a.Row
	if row.First.IsZero() {
		row.First = r.b.clock.at(d.began)
	}
	if out.reason == "" {
		row.Attempts++
	}
	row.Error = clip(out.err.Error())
	reason := out.reason
	if reason == "" {
		next, reason = r.policy().verdict(out.err, row.Attempts, row.First, now, rand.Float64())
	}
	row.Next = next
	o.Row = row
	if reason == "" {
		o.Result, o.Counts = lane.Retry, true
		return o, nil, next
	}
	l = &ledger.Letter{Key: a.Event.Key, Reason: string(reason), Error: row.Error, Attempts: row.Attempts, First: row.First, Last: now}
	if d.event != nil {
		l.Received, l.Root, l.Data = d.event.entry.Received, d.event.entry.Root, d.event.entry.Data
	}
	o.Result, o.Counts = lane.Dead, reason == ReasonAttempts || reason == ReasonAge
	o.Park = r.parks() && a.Event.Key&lane.Alone == 0
	l.Parked = o.Park
	o.Letter = l.Append(nil)
	return o, l, time.Time{}
}

func (r *runner) policy() Retry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rule.Retry
}

func (r *runner) parks() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rule.Park
}

// tellHooks calls the hooks about an attempt that reached the target, and about a
// death.
func (r *runner) tellHooks(a lane.Action, d *delivery, out outcome, o lane.Outcome, l *ledger.Letter, next time.Time) {
	h := r.b.cfg.hooks
	if r.b.fenced.Load() {
		return
	}
	if d.event != nil && o.Result != lane.Cancelled && out.reason == "" && (h.Delivered != nil || h.Failed != nil) {
		info := d.info()
		switch {
		case out.err == nil && h.Delivered != nil:
			h.Delivered(d, info.Event, info, out.took)
		case out.err != nil && h.Failed != nil:
			h.Failed(d, info.Event, info, out.took, out.err, next)
		}
	}
	if l != nil && h.Dead != nil {
		h.Dead(d, r.b.letter(d.ruleName(r), r.remembered().ID, a.Event.Position, *l))
	}
}

func (d *delivery) ruleName(r *runner) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rule.Name
}

// clip cuts a text to what the ledger keeps, between characters.
func clip(s string) string {
	if len(s) <= maxError {
		return s
	}
	cut := maxError
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut]
}
