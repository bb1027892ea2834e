package schema

import (
	"fmt"
	"strings"
)

// Direction says who reads what when a change breaks something.
type Direction uint8

const (
	// OldEvents: events that fit the old schema would not fit the new one. It is what
	// Backward forbids.
	OldEvents Direction = iota
	// NewEvents: events that fit the new schema would not fit the old one. It is what
	// Forward forbids.
	NewEvents
)

// String is "old events" or "new events".
func (d Direction) String() string {
	if d == NewEvents {
		return "new events"
	}
	return "old events"
}

// A Break is one reason why two schemas are not compatible.
type Break struct {
	// Direction says which events do not fit.
	Direction Direction
	// Rule is the short name of the rule, such as "required".
	Rule string
	// Old and New are JSON Pointers into the old and the new schema, "" for the whole;
	// in a document that they refer to, its URI, "#" and the pointer.
	Old, New string
	// Text is a sentence: "required property `currency` added: old events lack it".
	Text string
	// Unproven: it is not shown that some event does not fit, only that nobody could
	// show that all do, as with two regular expressions.
	Unproven bool
}

// String is the sentence with its place: in the new schema, or in the old one where
// that is what refuses.
func (b Break) String() string {
	place := b.New
	if b.Direction == NewEvents {
		place = b.Old
	}
	if place == "" {
		place = "/"
	}
	return place + ": " + b.Text
}

// An IncompatibleError says why a version cannot follow an earlier one.
type IncompatibleError struct {
	// Type is the event type, Version the number the new version would have had, Against
	// that of the earlier version it breaks. They are "" and 0 where there are none.
	Type             string
	Version, Against int
	// Compatibility is the level that was asked for.
	Compatibility Compatibility
	// Breaks is why, at least one, in a fixed order.
	Breaks []Break
}

// Error lists every break, one a line.
func (e *IncompatibleError) Error() string {
	var b strings.Builder
	if e.Type != "" {
		fmt.Fprintf(&b, "type %q: ", e.Type)
	}
	if e.Version > 0 {
		fmt.Fprintf(&b, "version %d ", e.Version)
	}
	fmt.Fprintf(&b, "is not %s compatible", e.Compatibility)
	if e.Against > 0 {
		fmt.Fprintf(&b, " with version %d", e.Against)
	}
	b.WriteByte(':')
	for _, br := range e.Breaks {
		b.WriteString("\n\t" + br.String())
	}
	return b.String()
}
