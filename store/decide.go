package store

import (
	"fmt"
	"time"
)

// An Index is what decisions are made from: everything committed, and what the
// transaction under way has stored so far.
type Index interface {
	// Find looks an identity up; the newest event that has it counts.
	Find(source, id string) (known Known, ok bool, err error)
	// Count says how many events a stream holds or has held.
	Count(source, subject string) (int, error)
}

// Known is what the log knows of an event whose identity came up again.
type Known struct {
	Position Position
	Received time.Time
	Content  uint64
}

// Verdict is what becomes of one event of an Append.
type Verdict uint8

const (
	Fresh     Verdict = iota // its identity is unknown, or was forgotten: store it
	Duplicate                // the same event again: stored once
	Conflict                 // another event under the same identity: refuse
)

// Judge decides about one event by what the log knows of its identity. The window
// is closed at its far end: an event received exactly window ago is forgotten.
func Judge(e NewEvent, known Known, found bool, now time.Time, window time.Duration) Verdict {
	switch {
	case !found || window <= 0 || now.Sub(known.Received) >= window:
		return Fresh
	case known.Content == e.Content:
		return Duplicate
	}
	return Conflict
}

// Decide decides about one Append: it sets Err, or gives Results in which every
// duplicate has its position and every event to be stored has none yet. Dedup comes
// before the version, so that repeating one's own append succeeds. The error is one
// of the index; the Append is then undecided.
func Decide(a *Append, ix Index, now time.Time, window time.Duration) error {
	a.Err, a.Results = nil, make([]Result, len(a.Events))
	fresh := 0
	within := map[[2]string]int(nil) // identities of this very Append
	for i, e := range a.Events {
		known, found, err := ix.Find(e.Source, e.ID)
		if err != nil {
			return err
		}
		switch Judge(e, known, found, now, window) {
		case Duplicate:
			a.Results[i] = Result{Position: known.Position, Duplicate: true}
			continue
		case Conflict:
			a.refuse(i, fmt.Errorf("%w: it is event %d of the log, and its content differs", ErrConflict, known.Position))
			return nil
		}
		fresh++
		if len(a.Events) == 1 || window <= 0 {
			continue
		}
		if within == nil {
			within = make(map[[2]string]int, len(a.Events))
		}
		identity := [2]string{e.Source, e.ID}
		if first, twice := within[identity]; twice {
			if a.Events[first].Content != e.Content {
				a.refuse(i, fmt.Errorf("%w: it is event %d of this call, and its content differs", ErrConflict, first))
				return nil
			}
			a.Results[i].Duplicate = true
			fresh--
			continue
		}
		within[identity] = i
	}
	if a.Expect == nil || fresh == 0 {
		return nil
	}
	have, err := ix.Count(a.Expect.Source, a.Expect.Subject)
	if err == nil && have != a.Expect.Count {
		a.Err, a.Results = fmt.Errorf("%w: it holds %d events, not %d", ErrVersion, have, a.Expect.Count), nil
	}
	return err
}

func (a *Append) refuse(i int, err error) {
	a.Err, a.Results = &EventError{Index: i, Err: err}, nil
}

// Place gives positions to what Decide let in, from next on, calls add for each event
// to be stored, in order, and returns the position after the last.
func (a *Append) Place(next Position, add func(Position, NewEvent)) Position {
	var at map[[2]string]Position
	for i, e := range a.Events {
		r := &a.Results[i]
		switch {
		case r.Duplicate && r.Position == 0: // of an earlier event of this Append
			r.Position = at[[2]string{e.Source, e.ID}]
		case !r.Duplicate:
			r.Position = next
			if len(a.Events) > 1 {
				if at == nil {
					at = make(map[[2]string]Position, len(a.Events))
				}
				at[[2]string{e.Source, e.ID}] = next
			}
			add(next, e)
			next++
		}
	}
	return next
}

// CheckPairs says what is wrong with a Batch's Pairs: a key of no bytes or of more
// than MaxKey.
func CheckPairs(pairs []Pair) error {
	for _, p := range pairs {
		if len(p.Key) == 0 || len(p.Key) > MaxKey {
			return fmt.Errorf("a ledger key has %d bytes; 1 to %d are possible", len(p.Key), MaxKey)
		}
	}
	return nil
}
