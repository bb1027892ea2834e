package gotype

import (
	"encoding/json"
	"reflect"
)

// What a number is written as when it is written in a string. An enum of the two
// booleans needs none.
const (
	signedPattern   = `^-?[0-9]+$`
	unsignedPattern = `^[0-9]+$`
	numberPattern   = `^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`
)

// base64Pattern is that of []byte. Unlike contentEncoding it is checked, and can be compared.
const base64Pattern = `^[A-Za-z0-9+/]*={0,2}$`

// A scalarKind is how values of a kind are written.
type scalarKind struct {
	basic         reflect.Type // the kind's type without methods
	typ           string
	bounded       bool // whether min and max count. 64 bits are not bounded above
	min, max      int64
	quotedPattern string
}

var scalars = map[reflect.Kind]scalarKind{
	reflect.Bool:    {basic: reflect.TypeFor[bool](), typ: "boolean", quotedPattern: `^(true|false)$`},
	reflect.Int:     {basic: reflect.TypeFor[int](), typ: "integer", quotedPattern: signedPattern},
	reflect.Int8:    {reflect.TypeFor[int8](), "integer", true, -1 << 7, 1<<7 - 1, signedPattern},
	reflect.Int16:   {reflect.TypeFor[int16](), "integer", true, -1 << 15, 1<<15 - 1, signedPattern},
	reflect.Int32:   {reflect.TypeFor[int32](), "integer", true, -1 << 31, 1<<31 - 1, signedPattern},
	reflect.Int64:   {basic: reflect.TypeFor[int64](), typ: "integer", quotedPattern: signedPattern},
	reflect.Uint:    {reflect.TypeFor[uint](), "integer", true, 0, 0, unsignedPattern},
	reflect.Uint8:   {reflect.TypeFor[uint8](), "integer", true, 0, 1<<8 - 1, unsignedPattern},
	reflect.Uint16:  {reflect.TypeFor[uint16](), "integer", true, 0, 1<<16 - 1, unsignedPattern},
	reflect.Uint32:  {reflect.TypeFor[uint32](), "integer", true, 0, 1<<32 - 1, unsignedPattern},
	reflect.Uint64:  {reflect.TypeFor[uint64](), "integer", true, 0, 0, unsignedPattern},
	reflect.Uintptr: {reflect.TypeFor[uintptr](), "integer", true, 0, 0, unsignedPattern},
	reflect.Float32: {basic: reflect.TypeFor[float32](), typ: "number", quotedPattern: numberPattern},
	reflect.Float64: {basic: reflect.TypeFor[float64](), typ: "number", quotedPattern: numberPattern},
	reflect.String:  {basic: reflect.TypeFor[string](), typ: "string"},
}

var numberType = reflect.TypeFor[json.Number]()

func isScalar(t reflect.Type) bool {
	_, ok := scalars[t.Kind()]
	return ok
}

// isInteger says whether a type is of an integer kind.
func isInteger(t reflect.Type) bool { return scalars[t.Kind()].typ == "integer" }

// scalar is the node of a scalar kind, nil for other types. A string in a string is
// a string of which nothing more is said.
func scalar(t reflect.Type, quoted bool) *node {
	s, ok := scalars[t.Kind()]
	switch {
	case !ok:
		return nil
	case t == numberType:
		s.typ, s.quotedPattern = "number", numberPattern
	}
	if quoted {
		return &node{typ: "string", pattern: s.quotedPattern}
	}
	n := &node{typ: s.typ}
	if s.bounded {
		n.minimum = &s.min
	}
	if s.max > 0 {
		n.maximum = &s.max
	}
	return n
}
