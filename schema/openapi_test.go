package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

// openAPI is a document of components.
func openAPI(version, components string) []byte {
	return fmt.Appendf(nil, `{"openapi": %q, "info": {"title": "t", "version": "1"}, "paths": {}, "components": {"schemas": {%s}}}`, version, components)
}

// What components mean: data that fits X and data that does not.
var components = []struct {
	name, version, components string
	fits, not                 []string
}{
	{
		"nullable with type", "3.0.3", `"X": {"type": "string", "nullable": true}`,
		[]string{`"a"`, `null`}, []string{`1`},
	}, {
		"nullable without type means nothing", "3.0.3", `"X": {"nullable": true, "enum": ["a"]}`,
		[]string{`"a"`}, []string{`null`},
	}, {
		"nullable enum lists null", "3.0.3", `"X": {"type": "string", "nullable": true, "enum": ["a", null]}`,
		[]string{`"a"`, `null`}, []string{`"b"`},
	}, {
		"not nullable", "3.0.3", `"X": {"type": "string", "nullable": false}`,
		[]string{`"a"`}, []string{`null`},
	}, {
		"exclusive bounds", "3.0.0", `"X": {"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": false}`,
		[]string{`1.1`, `5`}, []string{`1`, `5.1`},
	}, {
		"exclusive without bound", "3.0.0", `"X": {"type": "number", "exclusiveMinimum": true}`,
		[]string{`-1`}, nil,
	}, {
		"reference with siblings", "3.0.1", `"X": {"$ref": "#/components/schemas/Y", "maxLength": 1}, "Y": {"type": "string"}`,
		[]string{`"long"`}, []string{`1`},
	}, {
		"reference to itself", "3.0.1", `"X": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/X"}, "n": {"type": "integer"}}}`,
		[]string{`{"next": {"next": {"n": 1}}}`}, []string{`{"next": {"next": {"n": "1"}}}`},
	}, {
		"reference into a component", "3.0.1", `"X": {"$ref": "#/components/schemas/Y/properties/a"}, "Y": {"properties": {"a": {"type": "string", "nullable": true}}}`,
		[]string{`"a"`, `null`}, []string{`1`},
	}, {
		"annotations", "3.0.3", `"X": {"type": "object", "required": ["id"], "example": 1, "externalDocs": {"url": "https://a.example"}, "xml": {"name": "x"}, "deprecated": true, "x-go": {"$ref": 1},
			"properties": {"id": {"type": "string", "readOnly": true}, "secret": {"type": "string", "writeOnly": true}}}`,
		[]string{`{"id": "a", "secret": "b"}`}, []string{`{}`, `{"id": 1}`},
	}, {
		"properties with the names of keywords", "3.0.3", `"X": {"type": "object", "properties": {"nullable": {"type": "boolean"}, "$ref": {"type": "string"}, "discriminator": {"type": "string"}, "x-a": {"type": "integer"}}}`,
		[]string{`{"nullable": true, "$ref": "a"}`}, []string{`{"nullable": 1}`, `{"$ref": 1}`, `{"x-a": "1"}`, `{"discriminator": 1}`},
	}, {
		"values that look like references", "3.0.3", `"X": {"enum": [{"$ref": "#/components/schemas/X"}, {"nullable": true}]}`,
		[]string{`{"$ref": "#/components/schemas/X"}`, `{"nullable": true}`}, []string{`{}`},
	}, {
		"nested", "3.0.3", `"X": {"type": "array", "items": {"allOf": [{"type": "object", "additionalProperties": {"type": "integer", "nullable": true}}, {"not": {"required": ["b"]}}]}}`,
		[]string{`[{"a": null}]`, `[{"a": 1}]`}, []string{`[{"a": "1"}]`, `[{"b": 1}]`, `[null]`},
	}, {
		"discriminator by name", "3.0.3", `"X": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}], "discriminator": {"propertyName": "kind"}},
			"Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}}, "Dog": {"type": "object", "properties": {"bark": {"type": "string"}}}`,
		[]string{`{"kind": "Cat", "lives": 9}`, `{"kind": "Dog", "lives": "x"}`}, []string{`{"kind": "Cat", "lives": "x"}`, `{"lives": 9}`, `{"kind": "Bird"}`},
	}, {
		"discriminator by mapping, of two names", "3.0.3", `"X": {"anyOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}, {"enum": [0]}],
			"discriminator": {"propertyName": "kind", "mapping": {"c": "#/components/schemas/Cat", "cat": "Cat"}}},
			"Cat": {"type": "object", "required": ["lives"]}, "Dog": {"type": "object"}`,
		[]string{`{"kind": "c", "lives": 1}`, `{"kind": "cat", "lives": 1}`, `{"kind": "Dog"}`, `0`}, []string{`{"kind": "c"}`, `{"kind": "Cat", "lives": 1}`, `1`},
	}, {
		"discriminator as a hint", "3.0.3", `"X": {"type": "object", "discriminator": {"propertyName": "kind"}}`,
		[]string{`{}`}, []string{`1`},
	}, {
		"3.1 is 2020-12", "3.1.0", `"X": {"type": ["object", "null"], "$ref": "#/components/schemas/Y", "required": ["a"], "unevaluatedProperties": false}, "Y": {"properties": {"a": {"const": 1}}}`,
		[]string{`{"a": 1}`, `null`}, []string{`{"a": 2}`, `{}`, `{"a": 1, "b": 1}`},
	}, {
		"3.1 definitions within a component", "3.1.1", `"X": {"properties": {"a": {"$ref": "#/components/schemas/X/$defs/n"}, "b": {"$ref": "#/components/schemas/Y"}}, "$defs": {"n": {"type": "number", "exclusiveMinimum": 0}}}, "Y": {"prefixItems": [{"$ref": "#/components/schemas/X"}]}`,
		[]string{`{"a": 1, "b": [{"a": 1}]}`}, []string{`{"a": 0}`, `{"b": [{"a": "1"}]}`},
	}, {
		"3.1 component with an identifier", "3.1.0", `"X": {"properties": {"a": {"$ref": "https://shop.example/y"}}}, "Y": {"$id": "https://shop.example/y", "$ref": "#/components/schemas/s", "components": {"schemas": {"s": {"type": "string"}}}}`,
		[]string{`{"a": "x"}`}, []string{`{"a": 1}`},
	},
}

func TestComponentsMeanWhatOpenAPISays(t *testing.T) {
	for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
		for _, c := range components {
			t.Run(fmt.Sprint(engine, " ", c.name), func(t *testing.T) {
				r := schema.Registry{Engine: engine}
				require.NoError(t, r.AddOpenAPI(openAPI(c.version, c.components), map[string]string{"X": "x"}))
				for _, data := range c.fits {
					require.NoError(t, r.Validate(newEvent("x", "/", data)), data)
				}
				for _, data := range c.not {
					require.Error(t, r.Validate(newEvent("x", "/", data)), data)
				}
			})
		}
	}
}

func TestBadOpenAPIIsRefusedAndNothingChanges(t *testing.T) {
	good := `"Good": {"type": "object"}`
	for name, c := range map[string]struct {
		doc  []byte
		says string
	}{
		"not JSON":           {[]byte("openapi: 3.0.0"), "not JSON"},
		"two values":         {append(openAPI("3.0.0", good), '1'), "not JSON"},
		"no version":         {[]byte(`{}`), "version"},
		"Swagger":            {[]byte(`{"swagger": "2.0"}`), "version"},
		"newer":              {openAPI("3.2.0", good), "version"},
		"too large":          {[]byte(strings.Repeat(" ", schema.MaxOpenAPI+1)), "too large"},
		"missing":            {openAPI("3.0.0", good), "/components/schemas/X: there is no such component"},
		"missing further on": {openAPI("3.0.0", good+`, "X": {"items": {"$ref": "#/components/schemas/Y"}}`), "/components/schemas/Y: there is no such component"},
		"strange name":       {openAPI("3.0.0", good+`, "X": {"$ref": "#/components/schemas/a b"}, "a b": {}`), "name"},
		"elsewhere":          {openAPI("3.0.0", good+`, "X": {"$ref": "#/components/responses/Y"}`), "leads nowhere"},
		"remote":             {openAPI("3.0.0", good+`, "X": {"$ref": "http://127.0.0.1:9/x.json#/X"}`), "nothing is fetched"},
		"file":               {openAPI("3.1.0", good+`, "X": {"$ref": "other.json#/X"}`), "nothing is fetched"},
		"endless":            {openAPI("3.0.0", good+`, "X": {"allOf": [{"$ref": "#/components/schemas/X"}]}`), "without end"},
		"endless 3.1":        {openAPI("3.1.0", good+`, "X": {"anyOf": [{"$ref": "#/components/schemas/X"}]}`), "without end"},
		"3.1 keyword in 3.0": {openAPI("3.0.0", good+`, "X": {"properties": {"a": {"const": 1}}}`), "/components/schemas/X/properties/a/const: not a keyword"},
		"number as boolean":  {openAPI("3.0.0", good+`, "X": {"exclusiveMinimum": 1}`), "/components/schemas/X/exclusiveMinimum"},
		"nullable as text":   {openAPI("3.0.0", good+`, "X": {"nullable": "true"}`), "/components/schemas/X/nullable"},
		"no propertyName":    {openAPI("3.0.0", good+`, "X": {"discriminator": "kind"}`), "/components/schemas/X/discriminator"},
		"unknown type":       {openAPI("3.0.0", good+`, "X": {"type": "file"}`), "/components/schemas/X/type: unknown type"},
		"not a schema":       {openAPI("3.0.0", good+`, "X": [1]`), "/components/schemas/X: not a schema"},
		"huge number":        {openAPI("3.0.0", good+`, "X": {"maximum": 1e50000000}`), "/components/schemas/X/maximum"},
		"deep":               {openAPI("3.0.0", good+`, "X": `+strings.Repeat(`{"not":`, 9000)+`{}`+strings.Repeat(`}`, 9000)), "too deep"},
		"unknown dialect":    {[]byte(`{"openapi": "3.1.0", "jsonSchemaDialect": "https://a.example", "components": {"schemas": {"X": {}, "Good": {}}}}`), "unknown dialect"},
	} {
		t.Run(name, func(t *testing.T) {
			var r schema.Registry
			err := r.AddOpenAPI(c.doc, map[string]string{"Good": "good", "X": "x.type"})
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 20_000)
			require.Empty(t, r.Types())
		})
	}
	var r schema.Registry
	require.Error(t, r.AddOpenAPI(openAPI("3.0.0", good), nil))
	require.ErrorContains(t, r.AddOpenAPI(openAPI("3.0.0", good+`, "X": {}`), map[string]string{"Good": "a", "X": "a"}), "both")
	require.Empty(t, r.Types())
}

func TestOpenAPIAddsAllOrNone(t *testing.T) {
	var r schema.Registry
	k := &memory{}
	require.NoError(t, r.KeepIn(k))
	types := map[string]string{"A": "a", "B": "b"}
	require.NoError(t, r.AddOpenAPI(openAPI("3.0.0", `"A": {"type": "object"}, "B": {"type": "number"}, "C": {}`), types))
	before, kept := holdings(&r), k.written
	require.NoError(t, r.AddOpenAPI(openAPI("3.0.0", `"B": {"type": "number"}, "A": {"type": "object"}, "C": {"title": "changed"}`), types))
	require.Equal(t, before, holdings(&r), "what they do not refer to makes no new version")
	err := r.AddOpenAPI(openAPI("3.0.0", `"A": {}, "B": {"type": "integer"}`), types)
	var incompatible *schema.IncompatibleError
	require.ErrorAs(t, err, &incompatible)
	require.Equal(t, "b", incompatible.Type)
	require.Equal(t, before, holdings(&r))
	require.Equal(t, kept, k.written)
	require.NoError(t, r.AddOpenAPI(openAPI("3.0.0", `"A": {}, "B": {}`), types))
	require.Len(t, r.Versions("a", ""), 2)
}

func TestExclusiveBoundIsOneViolation(t *testing.T) {
	var r schema.Registry
	require.NoError(t, r.AddOpenAPI(openAPI("3.0.0", `"X": {"minimum": 1, "exclusiveMinimum": true}`), map[string]string{"X": "x"}))
	require.Len(t, violations(t, r.Validate(newEvent("x", "/", `0`))).Violations, 1)
}

func TestDialectOfOpenAPI31(t *testing.T) {
	for dialect, want := range map[string]string{
		"https://spec.openapis.org/oas/3.1/dialect/base": "https://json-schema.org/draft/2020-12/schema",
		"http://json-schema.org/draft-07/schema#":        "http://json-schema.org/draft-07/schema#",
	} {
		var r schema.Registry
		doc := fmt.Appendf(nil, `{"openapi": "3.1.0", "jsonSchemaDialect": %q, "components": {"schemas": {"X": {"items": [{"$ref": "#/components/schemas/Y"}]}, "Y": {"type": "string"}}}}`, dialect)
		err := r.AddOpenAPI(doc, map[string]string{"X": "x"})
		if want != "http://json-schema.org/draft-07/schema#" {
			require.ErrorContains(t, err, "/components/schemas/X/items", "a list is not 2020-12")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, r.Versions("x", "")[0].Dialect)
		require.Error(t, r.Validate(newEvent("x", "/", `[1]`)))
	}
}
