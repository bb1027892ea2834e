package eventbridge

import (
	"errors"

	"github.com/eventbridge-go/eventbridge/store"
)

// About opening.
var (
	ErrLocked      = store.ErrLocked      // another process has the file open
	ErrNewerFormat = store.ErrNewerFormat // the file was written by a newer version
	ErrForeign     = store.ErrForeign     // the file is something else
	ErrCorrupt     = store.ErrCorrupt     // the log is damaged; the error says where
)

// About publishing. Any error of Publish but ErrOutcomeUnknown means that nothing was
// stored. Publishing the same events again is safe after each of them.
var (
	ErrInvalidEvent   = errors.New("not a valid CloudEvent")
	ErrTooLarge       = errors.New("the event is too large")
	ErrLoop           = errors.New("events have caused each other too many times: a loop of rules")
	ErrConflict       = store.ErrConflict       // same source and id, other content
	ErrFull           = store.ErrFull           // the disk, or the log's limit
	ErrOutcomeUnknown = store.ErrOutcomeUnknown // the disk failed in mid-commit
	ErrStopped        = store.ErrStopped        // an I/O error stopped the log: Close and Open
	ErrClosed         = store.ErrClosed         // by Shutdown or Close
)

// About rules and reading.
var (
	ErrInvalidRule = errors.New("not a valid rule")
	ErrRuleExists  = errors.New("a rule of this name is running")
	ErrNotFound    = errors.New("not found")
	ErrWrongType   = errors.New("the event is of another type")
)

// An EventError says which of the events of a Publish its error is about.
type EventError = store.EventError

// A CorruptError says what part of a damaged log can't be read. It is an ErrCorrupt.
type CorruptError = store.CorruptError
