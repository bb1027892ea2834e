package jsonschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a document may be at most.
const (
	MaxSize       = 1 << 20 // bytes
	MaxDepth      = 64      // levels of JSON
	MaxSubschemas = 10_000
)

// Parse reads a JSON Schema document that others will find under the absolute URI
// base. dflt is its dialect when it names none.
//
// The error is Faults: everything that is wrong with the document by itself. What it
// refers to is looked at by [Set.Check].
func Parse(base string, doc []byte, dflt Dialect) (*Document, error) {
	if len(doc) > MaxSize {
		return nil, Faults{{Msg: fmt.Sprintf("too large: %d bytes, at most %d", len(doc), MaxSize)}}
	}
	root, faults := decode(doc)
	if len(faults) > 0 {
		return nil, faults
	}
	d := &Document{URI: base, Root: root}
	if err := d.setDialect(dflt); err != nil {
		return nil, err
	}
	d.examine(&faults)
	if len(faults) > 0 {
		return nil, faults
	}
	return d, nil
}

// setDialect reads "$schema", which is never guessed.
func (d *Document) setDialect(dflt Dialect) error {
	d.Dialect = dflt
	o, _ := d.Root.(map[string]any)
	v, ok := o["$schema"]
	if !ok {
		return nil
	}
	uri, ok := v.(string)
	if !ok {
		return Faults{{Pointer: "/$schema", Msg: "it must be a string"}}
	}
	known, ok := DialectOf(uri)
	if !ok {
		return Faults{{Pointer: "/$schema", Msg: fmt.Sprintf("unknown dialect %q; known are draft-04, draft-06, draft-07, 2019-09 and 2020-12", clip(uri))}}
	}
	d.Dialect = known
	return nil
}

// decode reads one JSON value, keeping numbers as they are written.
func decode(doc []byte) (any, Faults) {
	if !json.Valid(doc) {
		var ignored any
		return nil, Faults{{Msg: fmt.Sprintf("not JSON: %v", json.Unmarshal(doc, &ignored))}}
	}
	if !utf8.Valid(doc) {
		return nil, Faults{{Msg: "not JSON: it is not UTF-8"}}
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(doc))}
	r.dec.UseNumber()
	root := r.value("", 0)
	if _, err := r.dec.Token(); err != io.EOF && len(r.faults) == 0 {
		r.faults.add("", "not JSON: more than one value")
	}
	return root, r.faults
}

// A reader builds a tree from tokens, so that it sees what a map would hide.
type reader struct {
	dec    *json.Decoder
	faults Faults
	deep   bool // said once
}

func (r *reader) value(pointer string, depth int) any {
	t, err := r.dec.Token()
	if err != nil {
		r.faults.add(pointer, "not JSON: %v", err)
		return nil
	}
	switch t := t.(type) {
	case json.Delim:
		if depth >= MaxDepth && !r.deep {
			r.deep = true
			r.faults.add(pointer, "too deep: at most %d levels", MaxDepth)
		}
		if t == '{' {
			return r.object(pointer, depth+1)
		}
		return r.array(pointer, depth+1)
	case json.Number:
		if !NumberInBounds(string(t)) {
			r.faults.add(pointer, "number %s out of bounds: at most %d digits, exponent within ±%d", clip(string(t)), MaxDigits, MaxExponent)
		}
		return t
	default:
		return t
	}
}

func (r *reader) object(pointer string, depth int) any {
	o := map[string]any{}
	for r.dec.More() {
		t, err := r.dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			r.faults.add(pointer, "not JSON: %v", err)
			return o
		}
		at := r.below(pointer, name, depth)
		if _, twice := o[name]; twice {
			r.faults.add(at, "it is there twice")
		}
		o[name] = r.value(at, depth)
	}
	r.dec.Token()
	return o
}

func (r *reader) array(pointer string, depth int) any {
	a := []any{}
	for r.dec.More() {
		a = append(a, r.value(r.below(pointer, strconv.Itoa(len(a)), depth), depth))
	}
	r.dec.Token()
	return a
}

// below is the pointer of a member; beyond the bound it grows no more.
func (r *reader) below(pointer, token string, depth int) string {
	if depth > MaxDepth {
		return pointer
	}
	return Append(pointer, token)
}

// Bounds of a number, in schemas and in what is validated.
const (
	MaxDigits   = 100
	MaxExponent = 400
)

// NumberInBounds says whether a JSON number has at most MaxDigits digits and an
// exponent of at most MaxExponent either way. Beyond, an engine takes seconds or
// panics.
func NumberInBounds(text string) bool {
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	if len(mantissa) > MaxDigits {
		digits := 0
		for i := range len(mantissa) {
			if c := mantissa[i]; c >= '0' && c <= '9' {
				digits++
			}
		}
		if digits > MaxDigits {
			return false
		}
	}
	exponent = strings.TrimLeft(strings.TrimLeft(exponent, "+-"), "0")
	if len(exponent) > 3 {
		return false
	}
	e, _ := strconv.Atoi(exponent)
	return e <= MaxExponent
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
