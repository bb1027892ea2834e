package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

// A Rule sends the events it selects to one target. What other systems call a rule
// with several targets is several rules: each has its own place in the log.
type Rule struct {
	Name      string              // its durable place in the log: [A-Za-z0-9._/-]{1,128}. Required
	Filter    filter.Filter       // zero selects every event, or the types a Mux or Handler takes
	Transform transform.Transform // zero leaves the event alone
	Target    Target              // required

	Order       Order // zero: events of one source and subject go in order
	Concurrency int   // deliveries at once; 0: 1
	Retry       Retry // zero: the bus's, see WithRetry
	Park        bool  // after a dead event, later ones of its order key wait until it is redriven or discarded

	Timeout time.Duration // of one attempt; 0: 30s
	Breaker Breaker       // stop trying a target that is down; zero: on, with defaults
	Start   Start         // where a name that the log has not seen begins; zero: FromNow

	Description string
}

// Breaker says when a rule stops trying a target that is down. Until its wait is over
// nothing is started and nothing counts as an attempt; then one event at a time goes
// out, until one is handled. Permanent errors never open it.
type Breaker struct {
	Off      bool
	Failures int           // in a row, of two order keys or of the only active one; 0: 5
	Cooldown time.Duration // before one event is let through; 0: 30s
}

// Forever is a Retry.Age without limit.
const Forever time.Duration = math.MaxInt64

// Retry is when a failed delivery is tried again: exponential backoff with full
// jitter, between Min and a bound that doubles from 2·Min up to Max, until Attempts
// have failed or Age has passed since the first attempt of this delivery. The event is
// a dead letter then. One attempt is always made, and an open breaker may put the last
// one off past Age, by its cooldown.
type Retry struct {
	Attempts int           // most attempts; 0: no limit but Age; 1: never again
	Age      time.Duration // 0: 24h; Forever: no limit
	Min, Max time.Duration // 0: 200ms and 5m
}

// A Start says where a rule begins whose name the log has not seen.
type Start struct {
	kind     startKind
	time     time.Time
	position Position
}

type startKind uint8

const (
	startNow startKind = iota
	startBeginning
	startTime
	startPosition
)

// FromNow begins with the next event that is published.
func FromNow() Start { return Start{} }

// FromBeginning begins with the oldest event in the log.
func FromBeginning() Start { return Start{kind: startBeginning} }

// FromTime begins with the first event the bus accepted at t or later.
func FromTime(t time.Time) Start { return Start{kind: startTime, time: t} }

// FromPosition begins with the event at p.
func FromPosition(p Position) Start { return Start{kind: startPosition, position: p} }

// RuleFor makes a rule that passes the events of type T to fn.
func RuleFor[T Typed](name string, fn func(ctx context.Context, v T) error) Rule {
	return Rule{Name: name, Target: Handle(fn)}
}

// On adds a rule that passes the events of type T to fn: AddRule of [RuleFor].
func On[T Typed](b *Bus, name string, fn func(ctx context.Context, v T) error) error {
	return b.AddRule(RuleFor(name, fn))
}

var ruleName = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,128}$`)

// check says everything that is wrong with a rule.
func (r Rule) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !ruleName.MatchString(r.Name) {
		fault("Name: %q is not 1 to 128 of A-Z a-z 0-9 . _ / -", r.Name)
	}
	if isNil(r.Target) {
		fault("Target: it is nil")
	}
	if r.Concurrency < 0 {
		fault("Concurrency: %d is negative", r.Concurrency)
	}
	if r.Timeout < 0 {
		fault("Timeout: %v is negative", r.Timeout)
	}
	if r.Breaker.Failures < 0 || r.Breaker.Cooldown < 0 {
		fault("Breaker: %d failures, %v cooldown: neither may be negative", r.Breaker.Failures, r.Breaker.Cooldown)
	}
	if err := r.Retry.check(); err != nil {
		fault("Retry: %w", err)
	}
	if err := r.Order.check(); err != nil {
		fault("Order: %w", err)
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("rule %q: %w: %w", r.Name, ErrInvalidRule, errors.Join(faults...))
}

// selection is the filter that the rule has in effect.
func (r Rule) selection() filter.Filter {
	if t, ok := r.Target.(typed); ok && r.Filter.IsZero() {
		return filter.Or(exactTypes(t.eventTypes())...)
	}
	return r.Filter
}

func exactTypes(types []string) []filter.Filter {
	fs := make([]filter.Filter, len(types))
	for i, t := range types {
		fs[i] = filter.Type(t)
	}
	return fs
}
