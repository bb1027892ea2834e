// Package gotype makes a JSON Schema of a Go type: what encoding/json writes of its
// values fits the schema.
package gotype

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// Schema is the draft-07 schema of a Go type, indented and without a newline at its
// end. The same type gives the same bytes. The error joins everything in the type that
// encoding/json does not write, each with its Go path.
func Schema(t reflect.Type) ([]byte, error) {
	b := builder{definitions: map[reflect.Type]*definition{}}
	root := b.schema(t, position{path: t.String()})
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	doc, err := print(root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	if _, err := jsonschema.Parse("urn:gotype", doc, jsonschema.Draft7); err != nil {
		return nil, fmt.Errorf("%s: its schema: %w", t, err)
	}
	return doc, nil
}

// A builder makes nodes of types.
type builder struct {
	definitions map[reflect.Type]*definition
	count       int // of nodes
	faults      []error
}

// A definition is a named type, which is described once however often it is used.
type definition struct {
	typ  reflect.Type
	node *node
	uses int
}

// A position is where in the Go type a type is used.
type position struct {
	path    string // "shop.Order.Items[].Price"
	pointed bool   // reached so that encoding/json is sure to see methods of the pointer
	quoted  bool   // by the tag option "string"
}

func (p position) below(suffix string, pointed bool) position {
	return position{path: p.path + suffix, pointed: pointed}
}

func (b *builder) fault(at position, format string, args ...any) {
	b.faults = append(b.faults, fmt.Errorf("%s: %w", at.path, fmt.Errorf(format, args...)))
}

var timeType = reflect.TypeFor[time.Time]()

// schema is the node of a use of a type, for the caller to change. Its cases are in the
// order in which encoding/json decides.
func (b *builder) schema(t reflect.Type, at position) *node {
	if b.count++; b.count > jsonschema.MaxSubschemas {
		if b.count == jsonschema.MaxSubschemas+1 {
			b.fault(at, "the type is too large: its schema has more than %d subschemas", jsonschema.MaxSubschemas)
		}
		return &node{}
	}
	switch {
	case t.Kind() == reflect.Interface:
		return &node{}
	case t.Kind() == reflect.Pointer:
		return b.pointer(t, at)
	case t == timeType:
		return &node{typ: "string", format: "date-time"}
	}
	forms := formsOf(t, at.pointed)
	if n := b.enum(t, at, forms); n != nil {
		return n
	}
	alternatives := make([]*node, len(forms))
	for i, f := range forms {
		if alternatives[i] = b.form(t, at, f); alternatives[i].any() {
			return alternatives[i]
		}
	}
	if len(alternatives) == 1 {
		return alternatives[0]
	}
	return &node{anyOf: alternatives}
}

// pointer is the node of what a pointer, or a pointer to a pointer, leads to.
func (b *builder) pointer(t reflect.Type, at position) *node {
	seen := map[reflect.Type]bool{}
	for t.Kind() == reflect.Pointer {
		if seen[t] {
			b.fault(at, "%s points to itself", t)
			return &node{}
		}
		seen[t] = true
		t = t.Elem()
	}
	at.pointed = true
	n := b.schema(t, at)
	n.nullable = true
	return n
}

// plain is the node of a type that leaves its writing to encoding/json.
func (b *builder) plain(t reflect.Type, at position) *node {
	switch t.Kind() {
	case reflect.Struct:
		return b.named(t, at, b.object)
	case reflect.Map:
		return b.named(t, at, b.mapping)
	case reflect.Slice:
		if writtenAsBase64(t) {
			return &node{typ: "string", pattern: base64Pattern, nullable: true}
		}
		return b.named(t, at, b.slice)
	case reflect.Array:
		return b.named(t, at, b.array)
	}
	if n := scalar(t, at.quoted); n != nil {
		return n
	}
	b.fault(at, "a %s is not written as JSON", t)
	return &node{}
}

// named is a use of a type, which is built when it is met for the first time. A struct
// is shared by all its uses; another type, only where it contains itself.
func (b *builder) named(t reflect.Type, at position, build func(reflect.Type, position) *node) *node {
	nilIsNull := t.Kind() == reflect.Map || t.Kind() == reflect.Slice
	if t.Name() == "" {
		n := build(t, at)
		n.nullable = nilIsNull
		return n
	}
	d := b.definitions[t]
	if d == nil {
		d = &definition{typ: t}
		b.definitions[t] = d
		d.node = build(t, at)
		if t.Kind() != reflect.Struct && d.uses == 0 {
			delete(b.definitions, t)
			d.node.nullable = nilIsNull
			return d.node
		}
	}
	d.uses++
	return &node{use: d, nullable: nilIsNull}
}

// object is the node of a struct.
func (b *builder) object(t reflect.Type, at position) *node {
	n := &node{typ: "object"}
	for _, f := range fieldsOf(t) {
		n.properties = append(n.properties, property{f.name, b.field(f, at)})
		if !f.optional {
			n.required = append(n.required, f.name)
		}
	}
	return n
}

func (b *builder) field(f field, at position) *node {
	at = at.below("."+f.path, false)
	at.quoted = f.quoted
	t := f.typ
	if f.neverNil && t.Kind() == reflect.Pointer {
		at.pointed = true
		return b.schema(t.Elem(), at)
	}
	n := b.schema(t, at)
	if f.neverNil {
		n.nullable = false
	}
	return n
}

// mapping is the node of a map. Only what every key is known to look like is said.
func (b *builder) mapping(t reflect.Type, at position) *node {
	n := &node{typ: "object"}
	key := t.Key()
	switch {
	case key.Kind() == reflect.String:
		if e := b.enum(key, at.below("[key]", false), []form{byKind}); e != nil {
			n.names = &node{enum: e.enum}
		}
	case key.Implements(textMarshaler):
	case isInteger(key):
		n.names = &node{pattern: scalars[key.Kind()].quotedPattern}
	default:
		b.fault(at, "the key of a map is a string, an integer or an encoding.TextMarshaler, not a %s", key)
	}
	n.values = b.schema(t.Elem(), at.below("[]", false))
	return n
}

func (b *builder) slice(t reflect.Type, at position) *node {
	return &node{typ: "array", items: b.schema(t.Elem(), at.below("[]", true))}
}

func (b *builder) array(t reflect.Type, at position) *node {
	// Whether an element of an array can be addressed depends on the array.
	n := &node{typ: "array", items: b.schema(t.Elem(), at.below("[]", false))}
	length := t.Len()
	n.minItems, n.maxItems = &length, &length
	return n
}
