package containment_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
)

// A random makes schemas and documents of a vocabulary so small that they meet.
type random struct{ *rand.Rand }

func (r random) chance(p float64) bool { return r.Float64() < p }

func pick[T any](r random, from ...T) T { return from[r.IntN(len(from))] }

var propertyNames = []string{"a", "b", "ab", "x-1"}

func (r random) value(depth int) any {
	switch n := r.IntN(10); {
	case n < 5 || depth <= 0:
		return pick[any](r, nil, true, false, num("0"), num("1"), num("2"), num("3"), num("-1"), num("0.5"), num("1.5"), num("10"), "", "a", "b", "ab", "abc", "2024-01-02")
	case n < 7:
		list := []any{}
		for range r.IntN(4) {
			list = append(list, r.value(depth-1))
		}
		return list
	}
	o := map[string]any{}
	for range r.IntN(4) {
		o[pick(r, propertyNames...)] = r.value(depth - 1)
	}
	return o
}

func num(text string) any { return json.Number(text) }

// schema makes a schema; it may refer to the definition "d".
func (r random) schema(depth int) any {
	if r.chance(0.07) {
		return r.chance(0.7)
	}
	if r.chance(0.06) {
		return map[string]any{"$ref": "#/definitions/d"}
	}
	s := map[string]any{}
	kind := pick(r, "object", "object", "object", "array", "string", "number", "integer", "boolean", "null", "")
	if kind != "" {
		s["type"] = kind
		if r.chance(0.15) {
			s["type"] = []any{kind, pick(r, without(kind, "null", "string", "integer")...)}
		}
	}
	if r.chance(0.12) {
		return map[string]any{"enum": r.values()}
	}
	if r.chance(0.04) {
		s["const"] = r.value(1)
	}
	r.scalar(s, kind)
	if depth > 0 {
		if kind == "object" || r.chance(0.1) {
			r.object(s, depth)
		}
		if kind == "array" || r.chance(0.1) {
			r.array(s, depth)
		}
		r.combined(s, depth)
	}
	return s
}

func without(kind string, from ...string) []string {
	return slices.DeleteFunc(from, func(s string) bool { return s == kind })
}

func (r random) values() []any {
	list, seen := []any{}, map[string]bool{}
	for range 1 + r.IntN(3) {
		if v := r.value(1); !seen[show(v)] {
			seen[show(v)] = true
			list = append(list, v)
		}
	}
	return list
}

func (r random) scalar(s map[string]any, kind string) {
	may := func(keyword string, values ...any) {
		if r.chance(0.15) {
			s[keyword] = pick(r, values...)
		}
	}
	if kind == "number" || kind == "integer" || kind == "" {
		may("minimum", num("0"), num("1"), num("0.5"))
		may("maximum", num("2"), num("3"), num("1.5"))
		may("exclusiveMinimum", num("0"), num("-1"))
		may("exclusiveMaximum", num("3"), num("2"))
		may("multipleOf", num("1"), num("0.5"), num("2"))
	}
	if kind == "string" || kind == "" {
		may("minLength", num("0"), num("1"), num("2"))
		may("maxLength", num("1"), num("2"), num("3"))
		may("pattern", "^a", "b", "^a$", ".*", "^.+$")
		may("format", "date", "colour")
	}
}

func (r random) object(s map[string]any, depth int) {
	if r.chance(0.8) {
		properties := map[string]any{}
		for range 1 + r.IntN(3) {
			properties[pick(r, propertyNames...)] = r.schema(depth - 1)
		}
		s["properties"] = properties
	}
	if r.chance(0.35) {
		s["required"] = r.names()
	}
	if r.chance(0.2) {
		s["patternProperties"] = map[string]any{pick(r, "^a", "b$", "^x-"): r.schema(depth - 1)}
	}
	if r.chance(0.35) {
		s["additionalProperties"] = pick(r, false, false, r.schema(depth-1))
	}
	if r.chance(0.08) {
		s["propertyNames"] = pick[any](r, map[string]any{"pattern": "^a"}, map[string]any{"maxLength": num("1")}, map[string]any{"enum": []any{"a", "b"}}, false)
	}
	if r.chance(0.06) {
		s["unevaluatedProperties"] = pick(r, false, false, r.schema(depth-1))
	}
	if r.chance(0.08) {
		s["minProperties"] = pick(r, num("0"), num("1"), num("2"))
	}
	if r.chance(0.08) {
		s["maxProperties"] = pick(r, num("0"), num("1"), num("2"))
	}
	if r.chance(0.1) {
		s["dependencies"] = map[string]any{pick(r, propertyNames...): pick[any](r, r.names(), r.schema(depth-1))}
	}
}

func (r random) names() any {
	found := map[string]bool{}
	for range 1 + r.IntN(2) {
		found[pick(r, propertyNames...)] = true
	}
	list := []any{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list = append(list, name)
	}
	return list
}

func (r random) array(s map[string]any, depth int) {
	switch {
	case r.chance(0.6):
		s["items"] = r.schema(depth - 1)
	case r.chance(0.7):
		s["items"] = []any{r.schema(depth - 1), r.schema(depth - 1)}[:1+r.IntN(2)]
		if r.chance(0.5) {
			s["additionalItems"] = pick(r, false, r.schema(depth-1))
		}
	}
	if r.chance(0.15) {
		s["minItems"] = pick(r, num("0"), num("1"), num("2"))
	}
	if r.chance(0.15) {
		s["maxItems"] = pick(r, num("0"), num("1"), num("2"))
	}
	if r.chance(0.15) {
		s["uniqueItems"] = true
	}
	if r.chance(0.1) {
		s["contains"] = r.schema(depth - 1)
		if r.chance(0.4) {
			s[pick(r, "minContains", "maxContains")] = pick(r, num("0"), num("1"), num("2"))
		}
	}
	if r.chance(0.06) {
		s["unevaluatedItems"] = pick(r, false, r.schema(depth-1))
	}
}

func (r random) combined(s map[string]any, depth int) {
	list := func() any {
		all := []any{}
		for range 1 + r.IntN(3) {
			all = append(all, r.schema(depth-1))
		}
		return all
	}
	if r.chance(0.12) {
		s[pick(r, "allOf", "anyOf", "oneOf")] = list()
	}
	if r.chance(0.06) {
		s["not"] = r.schema(depth - 1)
	}
	if r.chance(0.08) {
		s["if"] = r.schema(depth - 1)
		if r.chance(0.8) {
			s["then"] = r.schema(depth - 1)
		}
		if r.chance(0.5) {
			s["else"] = r.schema(depth - 1)
		}
	}
}

// changed is a schema with one place or two made anew.
func (r random) changed(schema any, depth int) any {
	s, ok := schema.(map[string]any)
	if !ok || depth <= 0 || r.chance(0.1) {
		return r.schema(max(depth, 1))
	}
	s = maps.Clone(s)
	names := slices.Sorted(maps.Keys(s))
	if len(names) == 0 || r.chance(0.2) {
		if other, ok := r.schema(depth).(map[string]any); ok {
			maps.Copy(s, other)
		}
		return r.repaired(s)
	}
	name := pick(r, names...)
	switch v := s[name].(type) {
	case map[string]any:
		if name == "properties" || name == "patternProperties" {
			v = maps.Clone(v)
			s[name] = v
			at := pick(r, slices.Sorted(maps.Keys(v))...)
			if v[at] = r.changed(v[at], depth-1); r.chance(0.3) {
				delete(v, at)
			}
		} else if name != "dependencies" {
			s[name] = r.changed(v, depth-1)
		}
	case []any:
		if name == "items" || name == "allOf" || name == "anyOf" || name == "oneOf" {
			v = slices.Clone(v)
			i := r.IntN(len(v))
			v[i] = r.changed(v[i], depth-1)
			s[name] = v
		} else {
			delete(s, name)
		}
	default:
		delete(s, name)
	}
	return r.repaired(s)
}

// repaired is a schema without what its dialect forbids or, beside a reference, ignores:
// the engine that is asked here does not ignore all of it.
func (r random) repaired(s map[string]any) map[string]any {
	if ref, ok := s["$ref"]; ok {
		return map[string]any{"$ref": ref}
	}
	if properties, ok := s["properties"].(map[string]any); ok && len(properties) == 0 {
		delete(s, "properties")
	}
	if patterns, ok := s["patternProperties"].(map[string]any); ok && len(patterns) == 0 {
		delete(s, "patternProperties")
	}
	return s
}
