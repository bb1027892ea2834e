package schema

import (
	"fmt"
	"reflect"

	"github.com/eventbridge-go/eventbridge/internal/gotype"
)

// For is the JSON Schema, draft-07, of a Go type: what encoding/json writes of its
// values fits the schema. The same type gives the same bytes, indented, and ending in a
// newline. The error joins everything in the type that encoding/json does not write
// (channels, functions, complex numbers, keys of maps), each with its place in the type:
// "shop.Order.Items[].Done: a chan int is not written as JSON".
//
// The schema follows the json tags, and the rules by which encoding/json promotes the
// fields of embedded structs. Objects are open: other properties are allowed.
//
//   - A field is required unless it has omitempty or omitzero, or comes from an embedded
//     pointer, which may be nil.
//   - A pointer may be null, and so may a slice, a map and []byte, since nil is written as
//     null. With omitempty or omitzero nil is left out, and null is not accepted; so
//     adding the option to a field is a change that refuses old events which have null.
//   - Integers of up to 32 bits have their bounds, other unsigned ones 0 as a minimum.
//   - time.Time is a date-time, time.Duration an integer, []byte a string
//     with the pattern of base64, an array has its length, json.Number is a number.
//   - An interface, json.RawMessage, and what has a MarshalJSON, may be anything. What
//     has a MarshalText is a string.
//   - A type that writes itself by one of these can say what it writes by a method
//     JSONSchema() []byte: a draft-07 schema without $ref and $id. It is called on the zero
//     value. A struct gets it from what it embeds, along with MarshalJSON; one that
//     writes itself otherwise needs its own.
//   - Where only the pointer has these methods, encoding/json calls them for what can be
//     addressed. A field of such a type may be written both ways.
//   - An enum is a type T with a method Values() []T, called on the zero value: a string,
//     a number or a bool, or what writes itself. A zero value that is not among them
//     does not fit.
//   - A struct that is used more than once, and a type that contains itself, is one of
//     the definitions; Box[shop.Item] is called Box_Item. To what refers to it, T itself
//     is "#".
//
// For[*T] is the schema of T that accepts null too.
func For[T any]() ([]byte, error) {
	doc, err := gotype.Schema(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("schema of a Go type: %w", err)
	}
	return append(doc, '\n'), nil
}
