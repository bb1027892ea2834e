package schema

import (
	"fmt"
	"strings"
)

// maxViolations is how many violations are told of one event.
const maxViolations = 100

// A Violation is one thing that is wrong with an event's data. Its words do not depend
// on the engine that found it.
type Violation struct {
	// Pointer is the JSON Pointer to the value; "" is the whole.
	Pointer string
	// Keyword of the schema that refuses it, such as "required".
	Keyword string
	// Want is what the schema asks for, such as "a number".
	Want string
	// Got is what is there, such as `"12"`; long values are cut short.
	Got string
}

// String is `/total: wanted a number, got "12"`.
func (v Violation) String() string {
	place := v.Pointer
	if place == "" {
		place = "/"
	}
	return fmt.Sprintf("%s: wanted %s, got %s", place, v.Want, v.Got)
}

// A ValidationError says that an event's data does not fit its schema.
type ValidationError struct {
	// Type is the event type, Version the version of its schema.
	Type    string
	Version int
	// Schema is the URI of the schema.
	Schema string
	// Violations are at most 100, in order of their pointers; More is how many there
	// are beyond.
	Violations []Violation
	More       int
}

// Error is every violation, one a sentence.
func (e *ValidationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data does not fit %s version %d", e.Type, e.Version)
	for i, v := range e.Violations {
		b.WriteString(map[bool]string{true: ": ", false: "; "}[i == 0])
		b.WriteString(v.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "; and %d more", e.More)
	}
	return b.String()
}
