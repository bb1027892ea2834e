package schema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// The keywords of a schema in OpenAPI 3.0 that mean the same in draft-07 …
var sameIn30 = map[string]bool{
	"title": true, "description": true, "default": true, "format": true, "type": true, "enum": true,
	"multipleOf": true, "maximum": true, "minimum": true, "maxLength": true, "minLength": true, "pattern": true,
	"maxItems": true, "minItems": true, "uniqueItems": true, "items": true,
	"maxProperties": true, "minProperties": true, "required": true, "properties": true, "additionalProperties": true,
	"allOf": true, "oneOf": true, "anyOf": true, "not": true,
}

// … and those that say nothing about what fits, or are translated with others.
var leftOutOf30 = map[string]bool{
	"nullable": true, "discriminator": true, "exclusiveMaximum": true, "exclusiveMinimum": true,
	"readOnly": true, "writeOnly": true, "xml": true, "externalDocs": true, "example": true, "examples": true, "deprecated": true,
}

// schema30 is a schema of OpenAPI 3.0 in draft-07.
func (t *translation) schema30(o map[string]any, pointer string) map[string]any {
	if ref, ok := o["$ref"].(string); ok {
		return map[string]any{"$ref": t.ref(ref)} // nothing beside it counts
	}
	out := make(map[string]any, len(o))
	for _, keyword := range slices.Sorted(maps.Keys(o)) {
		at := jsonschema.Append(pointer, keyword)
		switch {
		case sameIn30[keyword]:
			out[keyword] = t.held(keyword, o[keyword], at)
		case !leftOutOf30[keyword] && !strings.HasPrefix(keyword, "x-"):
			t.fault(at, "not a keyword of OpenAPI 3.0")
		}
	}
	t.nullable(o, out, pointer)
	t.exclusive(o, out, "exclusiveMaximum", "maximum", pointer)
	t.exclusive(o, out, "exclusiveMinimum", "minimum", pointer)
	t.discriminate(o, out, pointer)
	return out
}

// nullable adds null to the type. Where there is none it means nothing (3.0.3), and
// enum must list null all the same.
func (t *translation) nullable(o, out map[string]any, pointer string) {
	v, ok := o["nullable"]
	if !ok {
		return
	}
	is, ok := v.(bool)
	if !ok {
		t.fault(pointer+"/nullable", "it must be a boolean")
	}
	if name, ok := o["type"].(string); ok && is {
		out["type"] = []any{name, "null"}
	}
}

// exclusive makes a number of a boolean that belongs to a bound.
func (t *translation) exclusive(o, out map[string]any, keyword, bound, pointer string) {
	v, ok := o[keyword]
	if !ok {
		return
	}
	is, ok := v.(bool)
	if !ok {
		t.fault(jsonschema.Append(pointer, keyword), "it must be a boolean")
	}
	if n, ok := o[bound].(json.Number); ok && is {
		delete(out, bound)
		out[keyword] = n
	}
}

// discriminate ties each alternative of a discriminator to the names that choose it.
// Without alternatives a discriminator is a hint and no more.
func (t *translation) discriminate(o, out map[string]any, pointer string) {
	v, ok := o["discriminator"]
	if !ok {
		return
	}
	d, _ := v.(map[string]any)
	property, ok := d["propertyName"].(string)
	if !ok {
		t.fault(pointer+"/discriminator", "it must have a propertyName")
		return
	}
	mapping, _ := d["mapping"].(map[string]any)
	for _, keyword := range []string{"oneOf", "anyOf"} {
		alternatives, _ := o[keyword].([]any)
		translated, _ := out[keyword].([]any)
		for i, alternative := range alternatives {
			a, _ := alternative.(map[string]any)
			ref, ok := a["$ref"].(string)
			if !ok {
				continue // an alternative without a name can't be chosen by one
			}
			names := map[string]any{"enum": namesOf(ref, mapping)}
			translated[i] = map[string]any{"allOf": []any{
				map[string]any{"required": []any{property}, "properties": map[string]any{property: names}},
				translated[i],
			}}
		}
	}
}

// namesOf are the values of a discriminator that choose what a reference leads to:
// those that are mapped to it, else its own name.
func namesOf(ref string, mapping map[string]any) []any {
	var names []any
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		target, _ := mapping[name].(string)
		if target == ref || componentsPrefix+target == ref {
			names = append(names, name)
		}
	}
	if names == nil {
		names = []any{ref[strings.LastIndexByte(ref, '/')+1:]}
	}
	return names
}
