package gotype

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	isZeroer      = reflect.TypeFor[interface{ IsZero() bool }]()
)

// A form is how a value comes to be written.
type form uint8

const (
	byKind form = iota // by encoding/json
	byJSON             // by its MarshalJSON
	byText             // by its MarshalText
)

// formsOf is how values of a type are written: in two ways where methods have the
// pointer as their receiver, since encoding/json calls those only of what can be
// addressed, and whether it can depends on what Marshal was given.
func formsOf(t reflect.Type, pointed bool) []form {
	addressed := formOf(reflect.PointerTo(t))
	if pointed {
		return []form{addressed}
	}
	return slices.Compact([]form{addressed, formOf(t)})
}

func formOf(t reflect.Type) form {
	switch {
	case t.Implements(jsonMarshaler):
		return byJSON
	case t.Implements(textMarshaler):
		return byText
	}
	return byKind
}

// writtenAsBase64 says whether a slice is written as one string.
func writtenAsBase64(slice reflect.Type) bool {
	return slice.Elem().Kind() == reflect.Uint8 && formOf(reflect.PointerTo(slice.Elem())) == byKind
}

// form is the node of a type that is written so. A type that writes itself says what it
// writes by its method JSONSchema. The method of one that does not is not asked: a
// struct may have it from what it embeds.
func (b *builder) form(t reflect.Type, at position, f form) *node {
	if f == byKind {
		return b.plain(t, at)
	}
	if own, ok := reflect.New(t).Interface().(interface{ JSONSchema() []byte }); ok {
		return b.given(own.JSONSchema, at)
	}
	if f == byText {
		return &node{typ: "string"}
	}
	return &node{}
}

// given is the node of what a type's JSONSchema returns.
func (b *builder) given(method func() []byte, at position) *node {
	doc, err := call(method)
	if err == nil {
		err = selfContained(doc)
	}
	if err != nil {
		b.fault(at, "what its JSONSchema returns: %w", err)
		return &node{}
	}
	switch text := bytes.TrimSpace(doc); string(text) {
	case "true":
		return &node{}
	case "false":
		return &node{given: object{{"not", object{}}}}
	}
	var o object
	if err := json.Unmarshal(doc, &o); err != nil {
		b.fault(at, "what its JSONSchema returns: %w", err)
	}
	o = slices.DeleteFunc(o, func(m member) bool { return m.name == "$schema" })
	return &node{given: o}
}

// selfContained refuses a schema that would not mean the same within another.
func selfContained(doc []byte) error {
	d, err := jsonschema.Parse("urn:gotype", doc, jsonschema.Draft7)
	if err != nil {
		return err
	}
	if d.Dialect != jsonschema.Draft7 {
		return fmt.Errorf("its $schema is %s, want %s", d.Dialect, jsonschema.Draft7)
	}
	for l := range d.Schemas() {
		for _, keyword := range []string{"$ref", "$id"} {
			if _, ok := l.Object()[keyword]; ok {
				return fmt.Errorf("%s: %s would mean something else within the schema of another type", jsonschema.Append(l.Pointer, keyword), keyword)
			}
		}
	}
	return nil
}

// enum is the node of a type with a method Values() []T, T being the type itself: the
// values in the forms that they are written in. It is nil for other types.
func (b *builder) enum(t reflect.Type, at position, forms []form) *node {
	if !isScalar(t) && slices.Contains(forms, byKind) {
		return nil
	}
	method := reflect.New(t).MethodByName("Values")
	if !method.IsValid() || method.Type().NumIn() > 0 || method.Type().NumOut() != 1 || method.Type().Out(0) != reflect.SliceOf(t) {
		return nil
	}
	values, err := call(func() reflect.Value { return method.Call(nil)[0] })
	if err == nil && values.Len() == 0 {
		err = fmt.Errorf("there are none")
	}
	if err != nil {
		b.fault(at, "what its Values returns: %w", err)
		return &node{}
	}
	n := &node{}
	for i := range values.Len() {
		for _, f := range forms {
			text, err := written(values.Index(i), f, at.quoted)
			if err != nil {
				b.fault(at, "what its Values returns: value %d: %w", i, err)
				return &node{}
			}
			n.add(text)
		}
	}
	return n
}

// written is a value, which can be addressed, as JSON in a form.
func written(v reflect.Value, f form, quoted bool) (json.RawMessage, error) {
	switch f {
	case byKind:
		text, err := json.Marshal(v.Convert(scalars[v.Kind()].basic).Interface())
		if err == nil && quoted {
			return json.Marshal(string(text))
		}
		return text, err
	case formOf(v.Type()):
		return json.Marshal(v.Interface())
	}
	return json.Marshal(v.Addr().Interface())
}

// call runs a method of the host's, on a zero value that it may not expect.
func call[T any](method func() T) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panics on the zero value: %v", p)
		}
	}()
	return method(), nil
}
