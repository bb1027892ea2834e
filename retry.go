package eventbridge

import (
	"errors"
	"fmt"
	"time"
)

// Reason says why an event is a dead letter.
type Reason string

const (
	ReasonAttempts  Reason = "attempts"  // as many as the rule allows have failed
	ReasonAge       Reason = "age"       // the rule has tried for as long as it may
	ReasonPermanent Reason = "permanent" // the target said that trying again is no use
	ReasonFilter    Reason = "filter"    // the filter failed on it
	ReasonTransform Reason = "transform" // the transform failed on it
	ReasonUpcast    Reason = "upcast"    // it could not be read as its newest type
	ReasonCorrupt   Reason = "corrupt"   // the log can't be read there
)

func (r Retry) check() error {
	switch {
	case r.Attempts < 0:
		return fmt.Errorf("its Attempts: %d is negative", r.Attempts)
	case r.Age < 0:
		return fmt.Errorf("its Age: %v is negative", r.Age)
	case r.Min < 0 || r.Max < 0:
		return fmt.Errorf("its Min %v, Max %v: neither may be negative", r.Min, r.Max)
	case r.Max != 0 && r.Max < r.Min:
		return fmt.Errorf("its Max %v is less than Min %v", r.Max, r.Min)
	}
	return nil
}

// withDefaults fills in what is zero.
func (r Retry) withDefaults() Retry {
	if r.Age == 0 {
		r.Age = 24 * time.Hour
	}
	if r.Min == 0 {
		r.Min = 200 * time.Millisecond
		if r.Max != 0 {
			r.Min = min(r.Min, r.Max)
		}
	}
	if r.Max == 0 {
		r.Max = max(5*time.Minute, r.Min)
	}
	return r
}

// verdict decides about a delivery whose attempt failed with err: when the next attempt
// may be made, or the reason why there is none. attempts counts those that failed,
// this one included; chance is in [0, 1).
func (r Retry) verdict(err error, attempts int, first, now time.Time, chance float64) (next time.Time, dead Reason) {
	switch {
	case IsPermanent(err), errors.Is(err, ErrLoop):
		return time.Time{}, ReasonPermanent
	case r.Attempts > 0 && attempts >= r.Attempts:
		return time.Time{}, ReasonAttempts
	case r.Age != Forever && now.Sub(first) >= r.Age:
		return time.Time{}, ReasonAge
	}
	bound := r.Max
	if doublings := min(attempts, 62); r.Min < r.Max>>doublings {
		bound = r.Min << doublings
	}
	next = now.Add(r.Min + time.Duration(chance*float64(bound-r.Min)))
	if r.Age != Forever && next.After(first.Add(r.Age)) {
		next = first.Add(r.Age) // the last attempt, just in time
	}
	if asked := now.Add(RetryDelay(err)); asked.After(next) {
		next = asked
	}
	return next, ""
}
