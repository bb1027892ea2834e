// Package jsonschema is a JSON Schema document before any engine sees it: its
// dialect, its subschemas, its references, its limits, its cycles. What passes here
// can be given to an engine without harm to the process.
//
// It neither validates nor fetches: a reference resolves within a [Set] or not at all.
package jsonschema

import (
	"fmt"
	"strings"
)

// Dialect is the version of JSON Schema that a document is written in.
type Dialect uint8

// The dialects, oldest first, so that they compare with <.
const (
	Draft4 Dialect = iota + 1
	Draft6
	Draft7
	Draft2019
	Draft2020
)

var dialects = map[Dialect]string{
	Draft4:    "http://json-schema.org/draft-04/schema#",
	Draft6:    "http://json-schema.org/draft-06/schema#",
	Draft7:    "http://json-schema.org/draft-07/schema#",
	Draft2019: "https://json-schema.org/draft/2019-09/schema",
	Draft2020: "https://json-schema.org/draft/2020-12/schema",
}

// String is the dialect as "$schema" names it.
func (d Dialect) String() string {
	if uri, ok := dialects[d]; ok {
		return uri
	}
	return fmt.Sprintf("dialect %d", uint8(d))
}

// DialectOf reads the value of "$schema". http or https, with an empty fragment or
// without, is the same dialect.
func DialectOf(uri string) (Dialect, bool) {
	for d, known := range dialects {
		if plain(uri) == plain(known) {
			return d, true
		}
	}
	return 0, false
}

// plain is a metaschema's URI without scheme and empty fragment.
func plain(uri string) string {
	uri = strings.TrimSuffix(uri, "#")
	if rest, ok := strings.CutPrefix(uri, "https:"); ok {
		return rest
	}
	return strings.TrimPrefix(uri, "http:")
}

// IsMetaschema says whether a URI, without its fragment, is one of a dialect's
// metaschema or of a part of it.
func IsMetaschema(uri string) bool {
	rest, ok := strings.CutPrefix(plain(uri), "//json-schema.org/")
	if !ok {
		return false
	}
	for _, known := range dialects {
		name := strings.TrimPrefix(plain(known), "//json-schema.org/")
		if rest == name {
			return true
		}
		if folder := strings.TrimSuffix(name, "schema") + "meta/"; strings.HasPrefix(name, "draft/") && strings.HasPrefix(rest, folder) {
			return true
		}
	}
	return false
}

// A Document is one JSON Schema document, parsed and checked by itself.
type Document struct {
	// URI is what it was parsed under: where others find it.
	URI string
	// Base is what its references are relative to: its own identifier where it has
	// one, else URI.
	Base    string
	Dialect Dialect
	// Root is the schema: map[string]any, []any, string, json.Number, bool or nil all
	// the way down. It is shared and nobody writes to it.
	Root any

	index     map[string]Location // every schema, by its pointer
	order     []string            // the pointers, parents first
	resources map[string]resource // by base URI: the document and what in it has an identifier
}

// A resource is a schema with an identifier, and what is named within it.
type resource struct {
	pointer string
	anchors map[string]string // name → pointer
	dynamic map[string]bool   // the anchors that $dynamicRef may find
}

// A Location is a schema in a document.
type Location struct {
	// Doc is nil for a dialect's own metaschema, which is not looked into: Schema is
	// nil then too.
	Doc *Document
	// Pointer is the JSON Pointer from the document's root; "" is the root.
	Pointer string
	// Base is the URI that a reference here is relative to.
	Base   string
	Schema any
}

// String names the location as others would refer to it.
func (l Location) String() string {
	if l.Doc == nil {
		return l.Base + "#" + l.Pointer
	}
	return l.Doc.URI + "#" + l.Pointer
}

// Object is the schema when it is an object, else nil.
func (l Location) Object() map[string]any {
	o, _ := l.Schema.(map[string]any)
	return o
}

// At finds what a JSON Pointer leads to; "" is the whole document. It need not be a
// place for a schema.
func (d *Document) At(pointer string) (Location, bool) {
	if l, ok := d.index[pointer]; ok {
		return l, true
	}
	return d.lookup(pointer)
}

// A Fault is one thing that is wrong with a schema, with its place.
type Fault struct {
	// Document is the URI of the document, where it is not the one being parsed.
	Document string
	// Pointer is the JSON Pointer to what is wrong; "" is the whole document.
	Pointer string
	Msg     string
}

func (f Fault) Error() string {
	place := f.Document
	if place != "" {
		place += "#"
	}
	place += f.Pointer
	if place == "" {
		return f.Msg
	}
	return place + ": " + f.Msg
}

// Faults is everything that is wrong with a schema.
type Faults []Fault

func (fs Faults) Error() string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.Error()
	}
	return strings.Join(texts, "; ")
}

// maxFaults bounds what is reported of one document.
const maxFaults = 100

func (fs *Faults) add(pointer, format string, args ...any) {
	if len(*fs) < maxFaults {
		*fs = append(*fs, Fault{Pointer: pointer, Msg: fmt.Sprintf(format, args...)})
	}
}
