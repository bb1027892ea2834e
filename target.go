package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Target receives the events a rule selects. Deliver returns nil once the event is
// safely handled; any error means "try again", unless it is [Permanent]. Deliver may
// be called again for an event it already handled (after a crash): [Info.Key]
// recognises the repeat.
//
// A Target must be safe for concurrent use, and should return when ctx ends: one that
// does not keeps its place in line, and is shown as stuck. A panic in Deliver is
// caught and counts as an error; so does runtime.Goexit. The event is the target's
// own copy.
type Target interface {
	Deliver(ctx context.Context, e Event) error
}

// TargetFunc makes a Target of a function.
type TargetFunc func(ctx context.Context, e Event) error

// Deliver calls f.
func (f TargetFunc) Deliver(ctx context.Context, e Event) error { return f(ctx, e) }

// Info tells a target about a delivery. [InfoFrom] gets it from the context.
type Info struct {
	Rule     string
	Attempt  int       // 1 for the first
	Position Position  // of the event in the log
	Received time.Time // when the bus accepted the event
	Event    Event     // as stored, before the transform; the target's own copy
	Replay   string    // name of the replay, or ""

	key string
}

// Key is the same for every attempt of this delivery and different for every other,
// also across processes and logs: an idempotency key, safe in an HTTP header.
func (i Info) Key() string { return i.key }

// InfoFrom returns what the bus says of the delivery that ctx belongs to.
func InfoFrom(ctx context.Context) (info Info, ok bool) {
	d, ok := ctx.Value(deliveryKey{}).(*delivery)
	if !ok {
		return Info{}, false
	}
	return d.info(), true
}

// ContextWithInfo returns a context that carries info, for testing a Target without
// a bus. key is what info.Key will return.
func ContextWithInfo(ctx context.Context, info Info, key string) context.Context {
	info.key = key
	return context.WithValue(ctx, deliveryKey{}, &delivery{given: &info})
}

type deliveryKey struct{}

// Permanent marks an error as one that no further attempt would cure: the event is a
// dead letter at once. nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent says whether err, or an error it wraps, was made by [Permanent].
func IsPermanent(err error) bool {
	var e *permanentError
	return errors.As(err, &e)
}

// RetryAfter says of an error that another attempt before d has passed is no use. The
// rule's own schedule applies when it waits longer. nil stays nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryAfterError{err, max(d, 0)}
}

// RetryDelay returns what [RetryAfter] said of err, or 0.
func RetryDelay(err error) time.Duration {
	var e *retryAfterError
	if errors.As(err, &e) {
		return e.after
	}
	return 0
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return fmt.Sprintf("%v (retry after %v)", e.err, e.after) }
func (e *retryAfterError) Unwrap() error { return e.err }
