package inference

import (
	"encoding/json"
	"strings"
)

// A builder makes the node of one sample, for the rare sample that brings something
// new. It reads what is known to be JSON.
type builder struct {
	dec   *json.Decoder
	limit int
}

// value reads a value. Beyond the limit it only reads over it, and returns nil.
func (b *builder) value(depth int) (*node, error) {
	t, err := b.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{}
	switch t := t.(type) {
	case nil:
		n.kinds = isNull
	case bool:
		n.kinds = isBoolean
	case json.Number:
		n.kinds = kindOfNumber([]byte(t))
	case string:
		n.kinds, n.dropped = isString, allFormats&^formatsOf([]byte(t))
	case json.Delim:
		if t == '[' {
			err = b.array(n, depth)
		} else {
			err = b.object(n, depth)
		}
	}
	if depth > b.limit {
		return nil, err
	}
	return n, err
}

func (b *builder) array(n *node, depth int) error {
	n.kinds = isArray
	for b.dec.More() {
		item, err := b.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = merge(n.items, item)
	}
	_, err := b.dec.Token()
	return err
}

func (b *builder) object(n *node, depth int) error {
	n.kinds = isObject
	var names []string
	members := map[string]*node{}
	for b.dec.More() {
		t, err := b.dec.Token()
		if err != nil {
			return err
		}
		name := t.(string)
		member, err := b.value(depth + 1)
		if err != nil {
			return err
		}
		if depth >= b.limit {
			continue
		}
		if _, twice := members[name]; !twice {
			names = append(names, name)
		}
		members[name] = member
	}
	if depth < b.limit {
		n.object = objectOf(names, members)
	}
	_, err := b.dec.Token()
	return err
}

func objectOf(names []string, members map[string]*node) *object {
	o := &object{empty: len(names) == 0}
	for _, name := range names {
		if isIdentifier([]byte(name)) {
			o.others = merge(o.others, members[name])
			continue
		}
		o.fields = append(o.fields, newField(name, members[name], true))
	}
	o.settle()
	return o
}

func newField(name string, n *node, common bool) field {
	special := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }
	return field{name: strings.Clone(name), node: n, common: common, plain: !strings.ContainsFunc(name, special)}
}
