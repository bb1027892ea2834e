package filter

import (
	"fmt"
	"slices"
	"strings"
)

// A SyntaxError is one fault of a pattern, and where it is.
type SyntaxError struct {
	Offset  int64  // of the first byte of the value or name at fault
	Pointer string // JSON Pointer to the value; empty where the text is not JSON
	Msg     string
}

func (e *SyntaxError) Error() string {
	if e.Pointer == "" {
		return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg)
	}
	return e.Pointer + ": " + e.Msg
}

// Errors are all the faults of one text, by offset.
type Errors []*SyntaxError

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, fault := range e {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap is for errors.As: *SyntaxError finds the first fault.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, fault := range e {
		errs[i] = fault
	}
	return errs
}

// maxFaults bounds how many faults of one text are told: a megabyte of rubbish
// needs no megabytes of errors.
const maxFaults = 1000

func (e *Errors) add(offset int, pointer, format string, args ...any) {
	if len(*e) < maxFaults {
		*e = append(*e, &SyntaxError{Offset: int64(offset), Pointer: pointer, Msg: fmt.Sprintf(format, args...)})
	}
}

func (e Errors) sorted() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *SyntaxError) int { return int(a.Offset - b.Offset) })
	return e
}

// A SetError names the filters of a Set that could not be judged, and why. The
// others were.
type SetError[K comparable] struct{ Failed map[K]error }

func (e *SetError[K]) Error() string {
	lines := make([]string, 0, len(e.Failed))
	for key, err := range e.Failed {
		lines = append(lines, fmt.Sprintf("%v: %v", key, err))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Unwrap is for errors.Is and errors.As.
func (e *SetError[K]) Unwrap() []error {
	errs := make([]error, 0, len(e.Failed))
	for _, err := range e.Failed {
		errs = append(errs, err)
	}
	return errs
}
