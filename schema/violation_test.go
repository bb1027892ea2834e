package schema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBothEnginesSayTheSame: a schema, data that does not fit, and every violation.
func TestBothEnginesSayTheSame(t *testing.T) {
	for _, row := range []struct {
		schema, data string
		want         []string
	}{
		{`false`, `1`, []string{`/: wanted no value here, got 1`}},
		{`{"type":"number"}`, `"12"`, []string{`/: wanted a number, got "12"`}},
		{`{"type":"integer"}`, `1.5`, []string{`/: wanted an integer, got 1.5`}},
		{`{"type":["string","null"]}`, `true`, []string{`/: wanted a string or null, got true`}},
		{`{"type":"object"}`, `[1,2]`, []string{`/: wanted an object, got an array of 2 items`}},
		{`{"type":"array"}`, `{"a":1}`, []string{`/: wanted an array, got an object of 1 property`}},
		{`{"type":"boolean"}`, `null`, []string{`/: wanted true or false, got null`}},
		{`{"properties":{"total":{"type":"number"}}}`, `{"total":"12"}`, []string{`/total: wanted a number, got "12"`}},
		{`{"properties":{"a/b":{"properties":{"c~d":{"type":"null"}}}}}`, `{"a/b":{"c~d":0}}`, []string{`/a~1b/c~0d: wanted null, got 0`}},
		{`{"required":["a","b"],"properties":{"a":{}}}`, `{}`, []string{`/: wanted the property "a", got none`, `/: wanted the property "b", got none`}},
		{`{"properties":{"a":{"type":"string"},"b":{"minimum":5}},"required":["c"]}`, `{"a":1,"b":2}`,
			[]string{`/: wanted the property "c", got none`, `/a: wanted a string, got 1`, `/b: wanted at least 5, got 2`}},
		{`{"additionalProperties":false,"properties":{"a":{}}}`, `{"a":1,"x y":[],"z":2}`, []string{`/x y: wanted no such property, got an array of 0 items`, `/z: wanted no such property, got 2`}},
		{`{"properties":{"a":false}}`, `{"a":1}`, []string{`/a: wanted no such property, got 1`}},
		{`{"additionalProperties":{"type":"string"}}`, `{"a":1}`, []string{`/a: wanted a string, got 1`}},
		{`{"patternProperties":{"^x-":{"type":"string"}}}`, `{"x-a":1,"y":1}`, []string{`/x-a: wanted a string, got 1`}},
		{`{"propertyNames":{"maxLength":2}}`, `{"abc":1}`, []string{`/: wanted names of properties to be at most 2 characters, got "abc"`}},
		{`{"minProperties":2}`, `{"a":1}`, []string{`/: wanted at least 2 properties, got an object of 1 property`}},
		{`{"maxProperties":0}`, `{"a":1}`, []string{`/: wanted at most 0 properties, got an object of 1 property`}},
		{`{"dependencies":{"a":["b"]}}`, `{"a":1}`, []string{`/: wanted the property "b" beside "a", got none`}},
		{`{"dependencies":{"a":{"required":["b"]}}}`, `{"a":1}`, []string{`/: wanted the property "b", got none`}},
		{`{"minimum":1,"maximum":0}`, `0.5`, []string{`/: wanted at most 0, got 0.5`, `/: wanted at least 1, got 0.5`}},
		{`{"exclusiveMinimum":1}`, `1`, []string{`/: wanted more than 1, got 1`}},
		{`{"exclusiveMaximum":1}`, `1.0`, []string{`/: wanted less than 1, got 1.0`}},
		{`{"$schema":"http://json-schema.org/draft-04/schema#","maximum":1,"exclusiveMaximum":true}`, `1`, []string{`/: wanted less than 1, got 1`}},
		{`{"multipleOf":0.01}`, `1.005`, []string{`/: wanted a multiple of 0.01, got 1.005`}},
		{`{"minLength":2}`, `"ä"`, []string{`/: wanted at least 2 characters, got "ä"`}},
		{`{"minLength":5,"maxLength":1}`, `"abc"`, []string{`/: wanted at most 1 character, got "abc"`, `/: wanted at least 5 characters, got "abc"`}},
		{`{"maxLength":2.0}`, `"abc"`, []string{`/: wanted at most 2 characters, got "abc"`}},
		{`{"pattern":"^[A-Z]{2}$"}`, `"de"`, []string{`/: wanted text that matches "^[A-Z]{2}$", got "de"`}},
		{`{"format":"date-time"}`, `"15:04:05"`, []string{`/: wanted text of the format "date-time", got "15:04:05"`}},
		{`{"format":"uuid"}`, `"x"`, []string{`/: wanted text of the format "uuid", got "x"`}},
		{`{"format":"uri-template"}`, `"a{b"`, []string{`/: wanted text of the format "uri-template", got "a{b"`}},
		{`{"enum":["a",1,null]}`, `"b"`, []string{`/: wanted "a", 1 or null, got "b"`}},
		{`{"enum":[1,{"a":[1]}]}`, `{"a":[2]}`, []string{`/: wanted 1 or {"a":[1]}, got an object of 1 property`}},
		{`{"enum":[9007199254740992,9007199254740994]}`, `9007199254740993`, []string{`/: wanted 9007199254740992 or 9007199254740994, got 9007199254740993`}},
		{`{"const":1.0000000000000000001}`, `1`, []string{`/: wanted 1.0000000000000000001, got 1`}},
		{`{"const":"v1"}`, `"v2"`, []string{`/: wanted "v1", got "v2"`}},
		{`{"items":{"type":"string"}}`, `["a",1,"b",2]`, []string{`/1: wanted a string, got 1`, `/3: wanted a string, got 2`}},
		{`{"items":[{"type":"string"}],"additionalItems":false}`, `[1,2]`, []string{`/0: wanted a string, got 1`, `/1: wanted no such item, got 2`}},
		{`{"minItems":2,"maxItems":0}`, `[1]`, []string{`/: wanted at most 0 items, got an array of 1 item`, `/: wanted at least 2 items, got an array of 1 item`}},
		{`{"uniqueItems":true}`, `[1,{"a":1,"b":2},{"b":2.0,"a":1}]`, []string{`/: wanted items that differ, got the same at 1 and 2`}},
		{`{"contains":{"type":"string"}}`, `[1]`, []string{`/: wanted at least 1 item as "contains" says, got an array of 1 item`}},
		{`{"allOf":[{"required":["a"]},{"required":["a","b"]}]}`, `{}`, []string{`/: wanted the property "a", got none`, `/: wanted the property "b", got none`}},
		{`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `1`, []string{`/: wanted a string or null, got 1`}},
		{`{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}}}]}`, `{"a":1}`, []string{`/a: wanted a string, got 1`}},
		{`{"oneOf":[{"properties":{"kind":{"const":"card"}},"required":["number","expiry","name"]},{"properties":{"kind":{"const":"cash"},"given":{"type":"number"}}}]}`,
			`{"kind":"card"}`, []string{`/: wanted the property "expiry", got none`, `/: wanted the property "name", got none`, `/: wanted the property "number", got none`}},
		{`{"oneOf":[{"minimum":1},{"maximum":5},{"type":"string"}]}`, `3`, []string{`/: wanted a value that fits one of 3 alternatives, not 2, got 3`}},
		{`{"not":{"type":"string"}}`, `"a"`, []string{`/: wanted anything but a string, got "a"`}},
		{`{"not":{"required":["a"]}}`, `{"a":1}`, []string{`/: wanted no property "a", got an object of 1 property`}},
		{`{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":1}`, []string{`/: wanted the property "b", got none`}},
		{`{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":2}`, []string{`/: wanted the property "c", got none`}},
		{`{"definitions":{"a":{"type":"string"}},"properties":{"x":{"$ref":"#/definitions/a","type":"number"}}}`, `{"x":1}`, []string{`/x: wanted a string, got 1`}},
		{`{"definitions":{"a":{"$id":"http://other.example/a","items":{"$ref":"#/definitions/b"},"definitions":{"b":{"type":"string"}}}},"$ref":"#/definitions/a"}`, `[1]`, []string{`/0: wanted a string, got 1`}},
		{`{"properties":{"$ref":{"type":"string"}}}`, `{"$ref":1}`, []string{`/$ref: wanted a string, got 1`}},
	} {
		t.Run(row.schema, func(t *testing.T) {
			for _, e := range bothEngines {
				require.Equal(t, row.want, told(compiled(t, row.schema, e), tree(t, []byte(row.data))), e)
			}
		})
	}
}

func TestLongValuesAreCutShort(t *testing.T) {
	v := compiled(t, `{"maxLength":3,"enum":["`+strings.Repeat("ü", 100)+`"]}`, GoJSONSchema)
	for _, text := range told(v, strings.Repeat("é", 1_000)) {
		require.Less(t, len(text), 300)
		require.Contains(t, text, "é…\"")
	}
}

func TestViolationsOfOneEventAreOneError(t *testing.T) {
	err := &ValidationError{Type: "order.placed", Version: 3, More: 2, Violations: []Violation{
		{"/total", "type", "a number", `"12"`}, {"", "required", `the property "id"`, "none"},
	}}
	require.EqualError(t, err, `data does not fit order.placed version 3: /total: wanted a number, got "12"; /: wanted the property "id", got none; and 2 more`)
}
