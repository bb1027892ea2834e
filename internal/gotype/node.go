package gotype

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A node is one schema, before it is known which types are used more than once. The
// zero node accepts everything.
type node struct {
	typ        string
	format     string
	pattern    string
	enum       []json.RawMessage
	minimum    *int64
	maximum    *int64
	items      *node
	minItems   *int
	maxItems   *int
	names      *node // of the keys of a map
	values     *node // of a map
	properties []property
	required   []string
	anyOf      []*node

	// nullable: null is accepted too.
	nullable bool
	// use, where it is not nil, is all that this node says, but for nullable. So is given.
	use   *definition
	given object
}

type property struct {
	name string
	node *node
}

// any says whether the node accepts everything.
func (n *node) any() bool {
	return n.typ == "" && n.enum == nil && n.anyOf == nil && n.use == nil && len(n.given) == 0
}

// add puts a value into an enum, once. The node has a type while all values have it.
func (n *node) add(value json.RawMessage) {
	typ := typeOf(value)
	switch numbers := isNumber(n.typ) && isNumber(typ); {
	case len(n.enum) == 0:
		n.typ = typ
	case n.typ != typ && numbers:
		n.typ = "number"
	case n.typ != typ:
		n.typ = ""
	}
	if !slices.ContainsFunc(n.enum, func(v json.RawMessage) bool { return bytes.Equal(v, value) }) {
		n.enum = append(n.enum, value)
	}
}

// typeOf is the type that all values like this one have.
func typeOf(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n', '{', '[':
		return ""
	}
	if strings.ContainsAny(string(value), ".eE") {
		return "number"
	}
	return "integer"
}

func isNumber(typ string) bool { return typ == "integer" || typ == "number" }

// An object is a JSON object whose members have an order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := marshal(part)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON keeps the order, and the values as they are.
func (o *object) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		*o = append(*o, member{name.(string), value})
	}
	return nil
}

// marshal writes a value without what only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
