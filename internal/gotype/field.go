package gotype

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A field is a member of the object that encoding/json writes of a struct.
type field struct {
	name string
	path string // in Go: "Embedded.Name"
	typ  reflect.Type

	optional bool // it may be left out
	neverNil bool // it is left out rather than written when it is nil
	quoted   bool

	tagged bool // the name comes from the tag
	index  []int
}

// An embedding is a struct whose fields are promoted to those of the outermost one.
type embedding struct {
	typ      reflect.Type
	path     string
	index    []int
	optional bool // one of the pointers that lead to it may be nil
}

// fieldsOf is what encoding/json writes of a struct, in that order. It goes through the
// embedded structs level by level: a name belongs to the first level that has it, there
// to the one field that has it from its tag, else to the one that has it at all. Where
// that is more than one, nobody has it, and deeper levels neither.
func fieldsOf(t reflect.Type) []field {
	var all []field
	taken := map[string]bool{}
	seen := map[reflect.Type]bool{}
	for level := []embedding{{typ: t}}; len(level) > 0; {
		times := map[reflect.Type]int{}
		for _, e := range level {
			times[e.typ]++
		}
		byName := map[string][]field{}
		var next []embedding
		for _, e := range level {
			if seen[e.typ] {
				continue
			}
			seen[e.typ] = true
			own, embedded := read(e)
			for _, f := range own {
				// A struct that is embedded twice has each field twice.
				byName[f.name] = append(byName[f.name], slices.Repeat([]field{f}, min(times[e.typ], 2))...)
			}
			next = append(next, embedded...)
		}
		for name, candidates := range byName {
			if taken[name] {
				continue
			}
			taken[name] = true
			if f, ok := dominant(candidates); ok {
				all = append(all, f)
			}
		}
		level = next
	}
	slices.SortFunc(all, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return all
}

// dominant is the one field of a level that has the name.
func dominant(candidates []field) (field, bool) {
	slices.SortStableFunc(candidates, func(a, b field) int { return rank(b) - rank(a) })
	if len(candidates) > 1 && candidates[0].tagged == candidates[1].tagged {
		return field{}, false
	}
	return candidates[0], true
}

func rank(f field) int {
	if f.tagged {
		return 1
	}
	return 0
}

// read is a struct's own fields, and the structs that it embeds.
func read(e embedding) (own []field, embedded []embedding) {
	for i := range e.typ.NumField() {
		sf := e.typ.Field(i)
		tag := sf.Tag.Get("json")
		target := sf.Type // what is written, behind a plain pointer
		if target.Name() == "" && target.Kind() == reflect.Pointer {
			target = target.Elem()
		}
		promoting := sf.Anonymous && target.Kind() == reflect.Struct
		if tag == "-" || !sf.IsExported() && !promoting {
			continue
		}
		name, options := parseTag(tag)
		path := strings.TrimPrefix(e.path+"."+sf.Name, ".")
		index := append(slices.Clone(e.index), i)
		if promoting && name == "" {
			optional := e.optional || sf.Type.Kind() == reflect.Pointer
			embedded = append(embedded, embedding{typ: target, path: path, index: index, optional: optional})
			continue
		}
		f := field{name: cmp.Or(name, sf.Name), path: path, typ: sf.Type, tagged: name != "", index: index}
		f.optional = e.optional || options["omitempty"] || options["omitzero"]
		f.neverNil = neverNil(sf.Type, options)
		f.quoted = options["string"] && isScalar(target)
		own = append(own, f)
	}
	return own, embedded
}

// parseTag is the name and the options of a json tag. A name that encoding/json does
// not take is "".
func parseTag(tag string) (name string, options map[string]bool) {
	name, rest, _ := strings.Cut(tag, ",")
	options = map[string]bool{}
	for o := range strings.SplitSeq(rest, ",") {
		options[o] = true
	}
	allowed := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !allowed(r) }) {
		name = ""
	}
	return name, options
}

// neverNil says whether the options leave nil out. A type's own IsZero may keep it.
func neverNil(t reflect.Type, options map[string]bool) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return options["omitempty"] || options["omitzero"]
	case reflect.Map, reflect.Slice:
		return options["omitempty"] || options["omitzero"] && !reflect.PointerTo(t).Implements(isZeroer)
	}
	return false
}
