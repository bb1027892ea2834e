package store

import (
	"errors"
	"fmt"
)

// About opening.
var (
	ErrLocked      = errors.New("another process has the log open")
	ErrNewerFormat = errors.New("the log was written by a newer version of this library")
	ErrForeign     = errors.New("the file is not an event log")
)

// About committing. The first three are for a whole batch, or, ErrFull, for one
// Append of it; the last three are for one Append.
var (
	ErrFull           = errors.New("the log is full")
	ErrOutcomeUnknown = errors.New("the disk failed in mid-commit: the events may or may not be in the log")
	ErrStopped        = errors.New("the log stopped after an I/O error: close it and open it again")

	ErrConflict = errors.New("another event has this source and id")
	ErrVersion  = errors.New("the stream has moved on")
)

// About reading.
var (
	ErrClosed  = errors.New("the log is closed")
	ErrCorrupt = errors.New("the log is damaged")
)

// An EventError says which event of an Append an error is about.
type EventError struct {
	Index int // from 0
	Err   error
}

func (e *EventError) Error() string { return fmt.Sprintf("event %d: %v", e.Index, e.Err) }
func (e *EventError) Unwrap() error { return e.Err }

// A CorruptError names damage. It is an ErrCorrupt.
type CorruptError struct {
	From, To Position // From ≤ position < To can't be read; zero when that is unknown
	Place    string   // where in the file, in words
	Err      error    // what is wrong there
}

func (e *CorruptError) Error() string {
	at := e.Place
	if e.From != 0 {
		at = fmt.Sprintf("events %d to %d, %s", e.From, e.To-1, e.Place)
	}
	return fmt.Sprintf("%v: %s: %v", ErrCorrupt, at, e.Err)
}
func (e *CorruptError) Unwrap() []error { return []error{ErrCorrupt, e.Err} }
