package schema

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// fuzzTime is what compiling or validating anything may take; machines that are busy
// with something else make it generous.
const fuzzTime = 20 * time.Second

var fuzzSchemas = []string{
	`{"$ref":"#"}`, orderSchema,
	`{"definitions":{"s":{"allOf":[{"items":{"$ref":"#/definitions/s"}},{"items":{"$ref":"#/definitions/s"}}]}},"$ref":"#/definitions/s"}`,
	`{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://a.example/","maximum":2.0,"exclusiveMaximum":true}`,
	`{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"a","$defs":{"b":{"$dynamicAnchor":"c"}},"$dynamicRef":"#c","unevaluatedProperties":false}`,
	`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"additionalProperties":{"$recursiveRef":"#"},"minContains":2,"contains":{}}`,
	`{"oneOf":[{"const":1e300},{"enum":[null,{"$ref":1}]},{"not":{"pattern":"^(a|b)*$","format":"uri-template"}}],"dependencies":{"a":["b"],"c":false}}`,
	`{"if":{"propertyNames":{"minLength":3,"maxLength":2}},"then":{"patternProperties":{"^a":{"multipleOf":0.01}}},"items":[true,false],"additionalItems":{"uniqueItems":true}}`,
	`{"$ref":"http://json-schema.org/draft-07/schema#"}`,
	`{"properties":{"a":{"$ref":"#/x/0"}},"x":[{"$id":"http://b.example/","type":["string","null"]}]}`,
}

// FuzzCompile: whatever the schema, compiling it ends, without a panic, and what one
// engine takes the other takes.
func FuzzCompile(f *testing.F) {
	for _, s := range fuzzSchemas {
		f.Add([]byte(s), []byte(`{"a":[1,"b",null,{"c":1.5}]}`))
	}
	f.Fuzz(func(t *testing.T, text, data []byte) { bothSay(t, text, data) })
}

// FuzzValidate: whatever the data, both engines come to the same verdict in the same
// words.
func FuzzValidate(f *testing.F) {
	for i := range fuzzSchemas {
		f.Add(i, []byte(`{"a":[1,"b",null,{"c":1.5}]}`))
		f.Add(i, order(2))
		f.Add(i, []byte(`[[[[1e400,-0.0,"2026-11-25T10:00:00Z"]]]]`))
	}
	f.Fuzz(func(t *testing.T, schema int, data []byte) {
		if schema < 0 || schema >= len(fuzzSchemas) {
			return
		}
		bothSay(t, []byte(fuzzSchemas[schema]), data)
	})
}

// bothSay compiles a schema with both engines and compares what they say of data.
func bothSay(t *testing.T, text, data []byte) []string {
	start := time.Now()
	doc, err := jsonschema.Parse(testURI, text, jsonschema.Draft7)
	if err != nil {
		return nil
	}
	set := &jsonschema.Set{}
	require.NoError(t, set.Add(doc))
	first, err := compile(set, doc, GoJSONSchema)
	second, otherErr := compile(set, doc, Santhosh)
	require.Equal(t, err == nil, otherErr == nil, "compiled: %v, %v", err, otherErr)
	if err != nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	got := told(first, v)
	require.Equal(t, told(second, v), got)
	require.Less(t, time.Since(start), fuzzTime)
	return got
}

// FuzzEnginesAgree makes up schemas and data of a seed.
func FuzzEnginesAgree(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := inventor{rand.New(rand.NewPCG(seed, 1))}
		schema := map[string]any{"definitions": map[string]any{"a": g.schema(2), "b": g.schema(2)}}
		for k, v := range g.object(3) {
			schema[k] = v
		}
		schema["$schema"] = metaschema(jsonschema.Dialect(2 + g.IntN(2)))
		text, err := json.Marshal(schema)
		require.NoError(t, err)
		for range 5 {
			data, err := json.Marshal(g.data(3))
			require.NoError(t, err)
			got := bothSay(t, text, data)
			require.NotContains(t, strings.Join(got, "; "), "of the schema says", "the walk found nothing")
		}
	})
}

// An inventor makes up schemas and data that have to do with each other.
type inventor struct{ *rand.Rand }

func (g inventor) schema(depth int) any {
	switch g.IntN(12) {
	case 0:
		return g.IntN(2) == 0
	case 1, 2:
		return map[string]any{"$ref": "#/definitions/" + pick(g, "a", "b")}
	}
	return g.object(depth)
}

func (g inventor) object(depth int) map[string]any {
	o := map[string]any{}
	for range 1 + g.IntN(4) {
		keyword := pick(g, inventions...)
		if v := g.value(keyword, depth-1); v != nil {
			o[keyword] = v
		}
	}
	return o
}

var inventions = []string{
	"type", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
	"pattern", "format", "minItems", "maxItems", "uniqueItems", "contains", "items", "additionalItems", "required", "minProperties", "maxProperties",
	"properties", "properties", "patternProperties", "additionalProperties", "propertyNames", "dependencies", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
}

func (g inventor) value(keyword string, depth int) any {
	switch keyword {
	case "type":
		return pick[any](g, "string", "number", "integer", "object", "array", "null", []any{"string", "null"}, []any{"object", "array"})
	case "enum":
		return []any{g.data(1), []any{}}
	case "const":
		return g.data(2)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return pick(g, 0, 1, 2)
	case "multipleOf":
		return pick(g, 0.5, 1, 2)
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
		return g.IntN(3)
	case "pattern":
		return pick(g, "^a", "b$", "^$")
	case "format":
		return pick(g, "date", "uuid", "ipv4", "unknown", "email")
	case "uniqueItems":
		return true
	case "required":
		return pick(g, []any{"a"}, []any{"a", "b"}, []any{"c"})
	}
	if depth < 0 {
		return nil
	}
	switch keyword {
	case "properties":
		return map[string]any{"a": g.schema(depth), "b": g.schema(depth)}
	case "patternProperties":
		return map[string]any{"^a": g.schema(depth), "b": g.schema(depth)}
	case "dependencies":
		return map[string]any{"a": []any{"b"}, "b": g.schema(depth)}
	case "allOf", "anyOf", "oneOf":
		return []any{g.schema(depth), g.schema(depth)}
	case "items":
		if g.IntN(2) == 0 {
			return []any{g.schema(depth)}
		}
	}
	return g.schema(depth)
}

func (g inventor) data(depth int) any {
	n := 8
	if depth == 0 {
		n = 6
	}
	switch g.IntN(n) {
	case 0:
		return nil
	case 1:
		return true
	case 2:
		return pick(g, 0, 1, 2, 1.5)
	case 3, 4, 5:
		return pick(g, "", "a", "ab", "2026-11-25")
	case 6:
		items := []any{}
		for range g.IntN(3) {
			items = append(items, g.data(depth-1))
		}
		return items
	}
	o := map[string]any{}
	for range g.IntN(4) {
		o[pick(g, "a", "b", "c", "ab")] = g.data(depth - 1)
	}
	return o
}

func pick[T any](g inventor, from ...T) T { return from[g.IntN(len(from))] }
