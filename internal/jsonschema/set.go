package jsonschema

import (
	"fmt"
	"maps"
	"slices"
)

// A Set is documents that may refer to each other. The zero Set is empty. It is not
// safe for concurrent writing; reading may be concurrent.
type Set struct {
	// Outer is asked for what is not in the set itself. It may be nil.
	Outer *Set

	documents map[string]*Document // by base URI of each resource, and by the URI it was parsed under
}

// Add puts a document into the set. The error is about an identifier that another
// document of the set has already; then nothing is added.
func (s *Set) Add(d *Document) error {
	uris := append(slices.Sorted(maps.Keys(d.resources)), withoutFragment(d.URI))
	for _, uri := range uris {
		if other, taken := s.documents[uri]; taken && other != d {
			return fmt.Errorf("%q is the identifier of another document already", uri)
		}
	}
	if s.documents == nil {
		s.documents = map[string]*Document{}
	}
	for _, uri := range uris {
		s.documents[uri] = d
	}
	return nil
}

// Clone is a set of the same documents.
func (s *Set) Clone() *Set {
	return &Set{Outer: s.Outer, documents: maps.Clone(s.documents)}
}

// Document finds the document that a URI, without a fragment, identifies, or a part
// of.
func (s *Set) Document(uri string) (*Document, bool) {
	for ; s != nil; s = s.Outer {
		if d, ok := s.documents[uri]; ok {
			return d, true
		}
	}
	return nil, false
}

// Resolve finds what a reference within a schema refers to. The document of the
// schema itself comes first, then the set. Nothing is fetched: what is in neither is an error
// that names the reference and its place.
//
// What is found in a place that is none for a schema is returned all the same; the
// caller has it looked at by [Set.Check].
func (s *Set) Resolve(from Location, ref string) (Location, error) {
	uri, fragment, err := resolve(from.Base, ref)
	if err != nil {
		return Location{}, fmt.Errorf("%s: %q is not a URI reference", from, clip(ref))
	}
	doc := from.Doc
	r, ok := doc.resource(uri)
	if !ok {
		if doc, ok = s.Document(uri); ok {
			r, ok = doc.resource(uri)
		}
	}
	if !ok {
		if IsMetaschema(uri) {
			return Location{Pointer: fragment, Base: uri}, nil
		}
		return Location{}, fmt.Errorf("%s: the reference %q leads to %q, which is not known here; nothing is fetched", from, clip(ref), clip(uri))
	}
	pointer := within(r.pointer, fragment)
	if fragment != "" && fragment[0] != '/' {
		if pointer, ok = r.anchors[fragment]; !ok {
			return Location{}, fmt.Errorf("%s: the reference %q leads to no anchor %q of %q", from, clip(ref), clip(fragment), clip(uri))
		}
	}
	l, ok := doc.At(pointer)
	if !ok {
		return Location{}, fmt.Errorf("%s: the reference %q leads nowhere in %q", from, clip(ref), clip(uri))
	}
	return l, nil
}

// resource finds a part of the document by its base URI; the URI it was parsed under
// is the whole document.
func (d *Document) resource(uri string) (resource, bool) {
	if d == nil {
		return resource{}, false
	}
	if r, ok := d.resources[uri]; ok {
		return r, true
	}
	if uri == withoutFragment(d.URI) {
		return d.resources[d.Base], true
	}
	return resource{}, false
}
