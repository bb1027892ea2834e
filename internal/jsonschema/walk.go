package jsonschema

import (
	"iter"
	"strings"
)

// A Child is a schema that a keyword of another holds.
type Child struct {
	Location
	// Keyword holds it.
	Keyword string
	// Name is its name or index within the keyword, where that holds several.
	Name string
	// InPlace: it is applied to the same value as its parent, not to a part of it.
	InPlace bool
}

// Children yields the schemas directly within a schema, in order of their keywords.
// Only places where the dialect expects a schema count: a property may be called
// "$ref", an enum may hold an object that looks like a schema.
func (l Location) Children() []Child {
	if l.Doc == nil {
		return nil
	}
	var ignored Faults
	return l.Doc.children(l, &ignored)
}

// children also reports keywords that do not hold what they must.
func (d *Document) children(l Location, faults *Faults) []Child {
	o := l.Object()
	if o == nil {
		return nil
	}
	var found []Child
	add := func(k keyword, name, entry, pointer string, schema any) {
		base := d.baseAt(pointer, l.Base, schema, faults)
		found = append(found, Child{Location{d, pointer, base, schema}, name, entry, k.inPlace})
	}
	for _, name := range sorted(o) {
		k, ok := holds(name, d.Dialect)
		if !ok {
			continue
		}
		at, v := Append(l.Pointer, name), o[name]
		switch list, isList := v.([]any); {
		case k.form == one, k.form == oneOrMany && !isList:
			add(k, name, "", at, v)
		case k.form == many, k.form == oneOrMany:
			if !isList {
				faults.add(at, "it must be an array of schemas")
			}
			for i, v := range list {
				p := AppendIndex(at, i)
				add(k, name, p[len(at)+1:], p, v)
			}
		default:
			d.addNamed(k, at, v, faults, func(entry string, v any) { add(k, name, entry, Append(at, entry), v) })
		}
	}
	return found
}

// addNamed goes over an object of schemas.
func (d *Document) addNamed(k keyword, at string, v any, faults *Faults, add func(string, any)) {
	entries, ok := v.(map[string]any)
	if !ok {
		faults.add(at, "it must be an object of schemas")
		return
	}
	for _, entry := range sorted(entries) {
		if _, isList := entries[entry].([]any); isList && k.form == dependent {
			if msg := stringsShape(entries[entry]); msg != "" {
				faults.add(Append(at, entry), "%s", msg)
			}
			continue
		}
		add(entry, entries[entry])
	}
}

// Schemas yields every schema of the document, parents first. Places that only a
// reference makes a schema are not among them.
func (d *Document) Schemas() iter.Seq[Location] {
	return func(yield func(Location) bool) {
		for _, pointer := range d.order {
			if !yield(d.index[pointer]) {
				return
			}
		}
	}
}

// lookup finds a value of the document that no keyword makes a schema.
func (d *Document) lookup(pointer string) (Location, bool) {
	path, ok := tokens(pointer)
	if !ok {
		return Location{}, false
	}
	l := Location{Doc: d, Base: d.Base, Schema: d.Root}
	for _, token := range path {
		if l.Schema, ok = step(l.Schema, token); !ok {
			return Location{}, false
		}
		l.Pointer = Append(l.Pointer, token)
		if known, ok := d.index[l.Pointer]; ok {
			l.Base = known.Base
		}
	}
	return l, true
}

// isSchema says whether a keyword makes the place a schema.
func (d *Document) isSchema(pointer string) bool {
	_, ok := d.index[pointer]
	return ok
}

// within joins a resource's pointer and one relative to it.
func within(resource, pointer string) string {
	if pointer == "" || strings.HasPrefix(pointer, "/") {
		return resource + pointer
	}
	return resource + "/" + pointer
}
