package containment_test

import (
	"maps"
	"slices"
)

// hints are what the schemas of one value say of it, loosely.
type hints struct {
	kinds      []string
	values     []any
	properties map[string][]any
	required   map[string]bool
	items      []any
}

// gather follows whatever may hold for the same value.
func (h *hints) gather(r random, schema, d any, depth int) {
	s, ok := schema.(map[string]any)
	if !ok || depth > 6 {
		return
	}
	if s["$ref"] != nil {
		h.gather(r, d, d, depth+1)
		return
	}
	switch kind := s["type"].(type) {
	case string:
		h.kinds = append(h.kinds, kind)
	case []any:
		h.kinds = append(h.kinds, kind[r.IntN(len(kind))].(string))
	}
	h.values = append(h.values, asList(s["enum"])...)
	if v, ok := s["const"]; ok {
		h.values = append(h.values, v)
	}
	for name, child := range asMap(s["properties"]) {
		h.properties[name] = append(h.properties[name], child)
	}
	for _, expr := range slices.Sorted(maps.Keys(asMap(s["patternProperties"]))) {
		name := map[string]string{"^a": "a1", "b$": "ab", "^x-": "x-1"}[expr]
		h.properties[name] = append(h.properties[name], asMap(s["patternProperties"])[expr])
	}
	if v, ok := s["additionalProperties"]; ok && v != false {
		name := pick(r, "z", "a", "b")
		h.properties[name] = append(h.properties[name], v)
	}
	for _, name := range asList(s["required"]) {
		h.required[name.(string)] = true
	}
	h.items = append(append(h.items, asList(s["items"])...), asList(s["prefixItems"])...)
	for _, keyword := range []string{"items", "additionalItems", "contains"} {
		if v, ok := s[keyword].(map[string]any); ok {
			h.items = append(h.items, v)
		}
	}
	for _, part := range asList(s["allOf"]) {
		h.gather(r, part, d, depth+1)
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if list := asList(s[keyword]); len(list) > 0 {
			h.gather(r, pick(r, list...), d, depth+1)
		}
	}
	h.gather(r, s[pick(r, "if", "then", "else")], d, depth+1)
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

// sample makes a value that may well fit a schema.
func (r random) sample(schema, d any, depth int) any {
	h := hints{properties: map[string][]any{}, required: map[string]bool{}}
	h.gather(r, schema, d, 0)
	if len(h.values) > 0 && r.chance(0.9) {
		return pick(r, h.values...)
	}
	if len(h.kinds) == 0 || depth <= 0 || r.chance(0.05) {
		if len(h.properties) == 0 || depth <= 0 {
			return r.value(depth)
		}
		h.kinds = []string{"object"}
	}
	switch pick(r, h.kinds...) {
	case "null":
		return nil
	case "boolean":
		return r.chance(0.5)
	case "integer":
		return pick(r, num("0"), num("1"), num("2"), num("3"), num("-1"), num("10"))
	case "number":
		return pick(r, num("0"), num("1"), num("2"), num("0.5"), num("1.5"), num("2.5"), num("-1"))
	case "string":
		return pick(r, "", "a", "b", "ab", "abc", "bb", "2024-01-02")
	case "array":
		list := []any{}
		for i := range r.IntN(4) {
			switch {
			case i < len(h.items) && r.chance(0.7):
				list = append(list, r.sample(h.items[i], d, depth-1))
			case len(h.items) > 0:
				list = append(list, r.sample(pick(r, h.items...), d, depth-1))
			default:
				list = append(list, r.value(depth-1))
			}
		}
		return list
	}
	o := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(h.properties)) {
		if h.required[name] || r.chance(0.6) {
			o[name] = r.sample(pick(r, h.properties[name]...), d, depth-1)
		}
	}
	for name := range h.required {
		if _, has := o[name]; !has {
			o[name] = r.value(depth - 1)
		}
	}
	if r.chance(0.15) {
		o[pick(r, "a", "b", "ab", "x-1", "z")] = r.value(depth - 1)
	}
	return o
}
