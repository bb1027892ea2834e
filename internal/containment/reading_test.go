package containment_test

import (
	"maps"
	"slices"
)

// The practical reading as a rewriting of schemas, so that an engine is the judge of
// it. What must hold is rewritten; what decides (not, if, how many of oneOf) is not.
// "#/definitions/d" is by the letter, "#/definitions/d+" rewritten.

// A rewriting changes one schema that must hold; names are those that are declared
// beside it.
type rewriting func(s map[string]any, names map[string]bool)

// open is the reader: an additionalProperties that is false is ignored.
func open(s map[string]any, _ map[string]bool) {
	if s["additionalProperties"] == false {
		delete(s, "additionalProperties")
	}
	if s["unevaluatedProperties"] == false {
		delete(s, "unevaluatedProperties")
	}
}

// closed is the writer: what is not declared is not written. It is narrower than
// what we say where alternatives declare different names, never wider.
func closed(s map[string]any, names map[string]bool) {
	_, properties := s["properties"]
	_, patterns := s["patternProperties"]
	if _, has := s["additionalProperties"]; has || !properties && !patterns {
		return
	}
	all := map[string]any{}
	for name := range names {
		all[name] = true
	}
	if own, ok := s["properties"].(map[string]any); ok {
		maps.Copy(all, own)
	}
	s["properties"], s["additionalProperties"] = all, false
}

// rewrite rewrites a schema that must hold.
func rewrite(schema any, how rewriting, names map[string]bool) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	if s["$ref"] != nil {
		return map[string]any{"$ref": s["$ref"].(string) + "+"}
	}
	s, names = maps.Clone(s), maps.Clone(names)
	declare(s, names)
	all := func(list []any, names map[string]bool) []any {
		rewritten := []any{}
		for _, one := range list {
			rewritten = append(rewritten, rewrite(one, how, names))
		}
		return rewritten
	}
	for name, v := range s {
		switch name {
		case "properties", "patternProperties", "dependencies", "dependentSchemas":
			at := maps.Clone(v.(map[string]any))
			for key, child := range at {
				if name == "dependencies" || name == "dependentSchemas" {
					at[key] = rewrite(child, how, names)
				} else {
					at[key] = rewrite(child, how, map[string]bool{})
				}
			}
			s[name] = at
		case "items", "prefixItems":
			if list, ok := v.([]any); ok {
				s[name] = all(list, map[string]bool{})
				continue
			}
			s[name] = rewrite(v, how, map[string]bool{})
		case "contains":
			if s["maxContains"] == nil {
				s[name] = rewrite(v, how, map[string]bool{})
			}
		case "additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems":
			s[name] = rewrite(v, how, map[string]bool{})
		case "then", "else":
			s[name] = rewrite(v, how, names)
		case "allOf", "anyOf":
			s[name] = all(v.([]any), names)
		}
	}
	if list, ok := s["oneOf"].([]any); ok {
		delete(s, "oneOf")
		s["allOf"] = append(append([]any{}, asList(s["allOf"])...), map[string]any{"anyOf": all(list, names)}, notTwo(list))
	}
	how(s, names)
	return s
}

func asList(v any) []any { list, _ := v.([]any); return list }

// declare gathers the names that a schema, and what must hold beside it, declares.
func declare(schema any, names map[string]bool) {
	s, ok := schema.(map[string]any)
	if !ok {
		return
	}
	if properties, ok := s["properties"].(map[string]any); ok {
		for name := range properties {
			names[name] = true
		}
	}
	for _, name := range asList(s["required"]) {
		names[name.(string)] = true
	}
	for _, part := range asList(s["allOf"]) {
		declare(part, names)
	}
}

// notTwo refuses what two of a list accept, by the letter.
func notTwo(list []any) any {
	pairs := []any{false}
	for i := range list {
		for j := range i {
			pairs = append(pairs, map[string]any{"allOf": []any{list[i], list[j]}})
		}
	}
	return map[string]any{"not": map[string]any{"anyOf": pairs}}
}

// modern is a draft-07 schema in the words of 2020-12.
func modern(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	made := map[string]any{}
	for name, v := range s {
		switch name {
		case "enum", "const", "required":
			made[name] = v
			continue
		case "properties", "patternProperties", "dependencies":
			of := map[string]any{}
			for key, child := range v.(map[string]any) {
				of[key] = modern(child)
			}
			v = of
		case "items", "allOf", "anyOf", "oneOf":
			if list, ok := v.([]any); ok {
				v = slices.Clone(list)
				for i, child := range list {
					v.([]any)[i] = modern(child)
				}
				break
			}
			v = modern(v)
		default:
			v = modern(v)
		}
		made[name] = v
	}
	if list, ok := made["items"].([]any); ok {
		delete(made, "items")
		made["prefixItems"] = list
		if rest, ok := made["additionalItems"]; ok {
			made["items"] = rest
		}
	}
	delete(made, "additionalItems")
	for name, v := range asMap(made["dependencies"]) {
		if _, ok := v.([]any); ok {
			made["dependentRequired"] = map[string]any{name: v}
			continue
		}
		made["dependentSchemas"] = map[string]any{name: v}
	}
	delete(made, "dependencies")
	return made
}

// document is a schema with its definition "d", by the letter or rewritten.
func document(schema, d any, how rewriting) map[string]any {
	definitions := map[string]any{"d": d}
	if how != nil {
		schema = rewrite(schema, how, map[string]bool{})
		definitions["d+"] = rewrite(d, how, map[string]bool{})
	}
	return map[string]any{"allOf": []any{schema}, "definitions": definitions}
}
