package eventbridge

import (
	"context"
	"time"

	"github.com/eventbridge-go/eventbridge/schema"
)

// Hooks are called as things happen, like net/http/httptrace.ClientTrace: for metrics
// and tracing. Any may be nil. They must be quick and safe for concurrent use; they are
// called from the goroutine that publishes or delivers, with no lock held.
type Hooks struct {
	Accepted  func(ctx context.Context, r Record)           // an event is in the log
	Duplicate func(ctx context.Context, e Event)            // it was there before
	Rejected  func(ctx context.Context, e Event, err error) // it was not stored, or that is unknown

	// Unfit is called for an event that was stored although it does not fit its schema,
	// since the mode of its type is schema.Observe.
	Unfit func(ctx context.Context, e Event, err *schema.ValidationError)

	// Starting is called before an attempt; the context it returns is the target's. nil:
	// unchanged.
	Starting  func(ctx context.Context, e Event, i Info) context.Context
	Delivered func(ctx context.Context, e Event, i Info, took time.Duration)
	Failed    func(ctx context.Context, e Event, i Info, took time.Duration, err error, next time.Time) // next is zero for the last attempt
	Dead      func(ctx context.Context, d DeadLetter)

	Breaker func(rule string, open bool)
	Stopped func(err error) // the log stopped after an I/O error
}

// merged calls what both have.
func (h Hooks) merged(o Hooks) Hooks {
	return Hooks{
		Accepted: both(h.Accepted, o.Accepted, func(f, g func(context.Context, Record)) func(context.Context, Record) {
			return func(ctx context.Context, r Record) { f(ctx, r); g(ctx, r) }
		}),
		Duplicate: both(h.Duplicate, o.Duplicate, func(f, g func(context.Context, Event)) func(context.Context, Event) {
			return func(ctx context.Context, e Event) { f(ctx, e); g(ctx, e) }
		}),
		Rejected: both(h.Rejected, o.Rejected, func(f, g func(context.Context, Event, error)) func(context.Context, Event, error) {
			return func(ctx context.Context, e Event, err error) { f(ctx, e, err); g(ctx, e, err) }
		}),
		Unfit: both(h.Unfit, o.Unfit, func(f, g func(context.Context, Event, *schema.ValidationError)) func(context.Context, Event, *schema.ValidationError) {
			return func(ctx context.Context, e Event, err *schema.ValidationError) { f(ctx, e, err); g(ctx, e, err) }
		}),
		Starting: both(h.Starting, o.Starting, func(f, g func(context.Context, Event, Info) context.Context) func(context.Context, Event, Info) context.Context {
			return func(ctx context.Context, e Event, i Info) context.Context {
				if c := f(ctx, e, i); c != nil {
					ctx = c
				}
				if c := g(ctx, e, i); c != nil {
					ctx = c
				}
				return ctx
			}
		}),
		Delivered: both(h.Delivered, o.Delivered, func(f, g func(context.Context, Event, Info, time.Duration)) func(context.Context, Event, Info, time.Duration) {
			return func(ctx context.Context, e Event, i Info, took time.Duration) { f(ctx, e, i, took); g(ctx, e, i, took) }
		}),
		Failed: both(h.Failed, o.Failed, func(f, g func(context.Context, Event, Info, time.Duration, error, time.Time)) func(context.Context, Event, Info, time.Duration, error, time.Time) {
			return func(ctx context.Context, e Event, i Info, took time.Duration, err error, next time.Time) {
				f(ctx, e, i, took, err, next)
				g(ctx, e, i, took, err, next)
			}
		}),
		Dead: both(h.Dead, o.Dead, func(f, g func(context.Context, DeadLetter)) func(context.Context, DeadLetter) {
			return func(ctx context.Context, d DeadLetter) { f(ctx, d); g(ctx, d) }
		}),
		Breaker: both(h.Breaker, o.Breaker, func(f, g func(string, bool)) func(string, bool) {
			return func(rule string, open bool) { f(rule, open); g(rule, open) }
		}),
		Stopped: both(h.Stopped, o.Stopped, func(f, g func(error)) func(error) {
			return func(err error) { f(err); g(err) }
		}),
	}
}

// both joins two hooks, where a nil one is none.
func both[F any](f, g F, join func(f, g F) F) F {
	switch {
	case isNil(f):
		return g
	case isNil(g):
		return f
	}
	return join(f, g)
}
