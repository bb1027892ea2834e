package schema

import (
	"errors"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// About adding.
var (
	ErrVersionExists  = errors.New("the version exists with other content")
	ErrDocumentExists = errors.New("the document exists with other content")
)

// About events and declarations.
var ErrUndeclared = errors.New("not declared")

// About keeping.
var (
	ErrDamaged = errors.New("what is kept can't be read")
	ErrKept    = errors.New("the registry is kept already")
)

// A Fault is one thing that is wrong with a schema, with its JSON Pointer.
type Fault = jsonschema.Fault

// Faults is everything that is wrong with a schema by itself: what errors.As finds in
// the error of [Registry.Add].
type Faults = jsonschema.Faults
