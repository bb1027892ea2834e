package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

const (
	orderV1 = `{"type":"object","properties":{"id":{"type":"string"},"total":{"type":"integer","minimum":0},"state":{"enum":["open","paid"]}},"required":["id"]}`
	orderV2 = `{"type":"object","properties":{"id":{"type":"string"},"total":{"type":"number","minimum":0},"state":{"enum":["open","paid","sent"]},"note":{"type":"string"}},"required":["id"]}`
	orderV3 = `{"type":"object","properties":{"id":{"type":"string"},"total":{"type":"number","minimum":0},"state":{"enum":["open"]},"currency":{"type":"string","default":"EUR"}},"required":["id","currency"]}`
)

func lines(breaks []schema.Break) []string {
	all := []string{}
	for _, b := range breaks {
		all = append(all, b.Direction.String()+" "+b.String())
	}
	return all
}

func TestDiffByLevel(t *testing.T) {
	backward := []string{
		"old events /required: required property `currency` added: old events lack it",
		"old events /properties/state/enum: value \"paid\" removed: old events may hold it",
	}
	for _, row := range []struct {
		old, new string
		level    schema.Compatibility
		opts     []schema.DiffOption
		want     []string
	}{
		{orderV1, orderV2, schema.Backward, nil, nil},
		{orderV1, orderV2, schema.None, nil, nil},
		{orderV1, orderV2, schema.Forward, nil, []string{
			"new events /properties/state/enum: value \"sent\" added: new events may hold it and the old schema does not list it",
			"new events /properties/total/type: type widened from integer to number: new events may hold fraction",
		}},
		{orderV1, orderV3, schema.BackwardTransitive, nil, backward},
		{orderV1, orderV3, schema.Backward, []schema.DiffOption{schema.DefaultsFill()}, backward[1:]},
		{orderV1, orderV3, schema.Full, nil, append(backward[:2:2],
			"new events /properties/total/type: type widened from integer to number: new events may hold fraction")},
		{orderV1, orderV2, schema.Backward, []schema.DiffOption{schema.WithPolicy(schema.Strict)}, []string{
			"old events /properties/note: property `note` added: old events may hold anything under that name",
		}},
		{`{"type":"string","pattern":"^a"}`, `{"type":"string","pattern":"^ab"}`, schema.Backward, nil, []string{
			"old events /pattern: not proven: pattern changed from ^a to ^ab",
		}},
	} {
		found, err := schema.Diff([]byte(row.old), []byte(row.new), row.level, row.opts...)
		require.NoError(t, err)
		if row.want == nil {
			require.Empty(t, found)
			continue
		}
		require.Equal(t, row.want, lines(found), "%s → %s", row.old, row.new)
	}
}

// Each sentence, as old events the new schema refuses and as new events the old one does.
func TestDiffSaysWhy(t *testing.T) {
	for _, row := range []struct{ wide, narrow, backward, forward string }{
		{`{"properties":{"a":{}}}`, `{"properties":{"a":{}},"required":["a"]}`,
			"property `a` is required now: old events may lack it",
			"property `a` is no longer required: new events may lack it and the old schema wants it"},
		{`{"type":["string","null"]}`, `{"type":"string"}`,
			"type narrowed from null or string to string: old events may hold null",
			"type widened from string to null or string: new events may hold null"},
		{`{"type":"string"}`, `{"type":"integer"}`, "type changed from string to integer", "type changed from integer to string"},
		{`{"type":"string"}`, `{"enum":["a"]}`,
			"values limited to a list: old events may hold others",
			"values no longer limited to a list: new events may hold others than the old schema lists"},
		{`{"type":"number","minimum":1}`, `{"type":"number","minimum":2.5}`,
			"minimum raised from 1 to 2.5: old events may be below it",
			"minimum lowered from 2.5 to 1: new events may be below what the old schema wants"},
		{`{"type":"string"}`, `{"type":"string","maxLength":5}`,
			"maxLength 5 added: old events may be beyond it",
			"maxLength 5 removed: new events may be beyond it"},
		{`{"type":"string","maxLength":9}`, `{"type":"string","maxLength":5}`,
			"maxLength lowered from 9 to 5: old events may be beyond it",
			"maxLength raised from 5 to 9: new events may be beyond what the old schema wants"},
		{`{"type":"number"}`, `{"type":"number","multipleOf":0.5}`,
			"multipleOf 0.5 added: old events may hold other numbers",
			"multipleOf 0.5 removed: new events may hold other numbers"},
		{`{"type":"string"}`, `{"type":"string","pattern":"^a"}`,
			"pattern ^a added: old events may not match it",
			"pattern ^a removed: new events may not match it"},
		{`{"type":"string"}`, `{"type":"string","format":"date"}`,
			"format date added: old events may not have it",
			"format date removed: new events may not have it"},
		{`{"type":"array"}`, `{"type":"array","uniqueItems":true}`,
			"uniqueItems added: old events may hold an item twice",
			"uniqueItems removed: new events may hold an item twice"},
		{`{"type":"array"}`, `{"type":"array","contains":{"type":"string"}}`,
			"contains added or narrowed: old events may hold no such item",
			"contains removed or widened: new events may hold no such item"},
		{`{"type":"array","items":[{}]}`, `{"type":"array","items":[{}],"additionalItems":false}`,
			"no more than 1 items are allowed: old events may hold more",
			"more than 1 items are allowed: new events may hold more than the old schema allows"},
		{`{"properties":{"a":{},"b":{}}}`, `{"properties":{"a":{},"b":{}},"dependencies":{"a":["b"]}}`,
			"property `a` needs `b` now: old events may have it alone",
			"property `a` no longer needs `b`: new events may have it alone"},
		{`{"properties":{"a":{}}}`, `{"properties":{"a":{}},"propertyNames":{"pattern":"^b"}}`,
			`the name "a" is refused now: old events may hold it`,
			`the name "a" was refused: new events may hold it`},
		{`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":false}}`,
			"nothing is allowed here now: old events may hold something",
			"nothing was allowed here: new events may hold something"},
		{`{"type":"string"}`, `{"anyOf":[{"type":"null"},{"type":"integer"}]}`,
			"no alternative of anyOf accepts what old events hold",
			""}, // told by type, of each alternative
	} {
		back, err := schema.Diff([]byte(row.wide), []byte(row.narrow), schema.Backward)
		require.NoError(t, err)
		require.NotEmpty(t, back, row.narrow)
		require.Equal(t, row.backward, back[0].Text)
		forward, err := schema.Diff([]byte(row.narrow), []byte(row.wide), schema.Forward)
		require.NoError(t, err)
		require.NotEmpty(t, forward, row.narrow)
		if row.forward != "" {
			require.Equal(t, row.forward, forward[0].Text)
		}
	}
}

func TestDiffOfStrictlyClosedObjects(t *testing.T) {
	old, changed := []byte(`{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}`), []byte(`{"type":"object","properties":{"a":{}},"additionalProperties":false}`)
	found, err := schema.Diff(old, changed, schema.Backward)
	require.NoError(t, err)
	require.Empty(t, found)
	found, err = schema.Diff(old, changed, schema.Backward, schema.WithPolicy(schema.Strict))
	require.NoError(t, err)
	require.Equal(t, []string{"old events /additionalProperties: property `b` removed and no others are allowed: old events may hold it"}, lines(found))
	found, err = schema.Diff([]byte(`{"type":"object"}`), changed, schema.Backward, schema.WithPolicy(schema.Strict))
	require.NoError(t, err)
	require.Equal(t, []string{"old events /additionalProperties: additional properties are no longer allowed: old events may hold some"}, lines(found))
}

func TestDiffRefusesWhatIsNoSchema(t *testing.T) {
	good := []byte(`{}`)
	for name, row := range map[string]struct {
		old, new []byte
		level    schema.Compatibility
		opts     []schema.DiffOption
		want     string
	}{
		"old":       {[]byte(`7`), good, 0, nil, "old schema: not a schema"},
		"new":       {good, []byte(`{`), 0, nil, "new schema: not JSON"},
		"cycle":     {good, []byte(`{"$ref":"#"}`), 0, nil, "new schema: refers to itself without end"},
		"elsewhere": {good, []byte(`{"$ref":"http://elsewhere.example/x"}`), 0, nil, "nothing is fetched"},
		"level":     {good, good, 99, nil, "Compatibility(99) is not a compatibility"},
		"policy":    {good, good, 0, []schema.DiffOption{schema.WithPolicy(9)}, "Policy(9) is not a policy"},
	} {
		_, err := schema.Diff(row.old, row.new, row.level, row.opts...)
		require.ErrorContains(t, err, row.want, name)
	}
}

func TestLevelsAndPoliciesAreSpelledAsTheyAreRead(t *testing.T) {
	for c := schema.Backward; c <= schema.None; c++ {
		text, err := json.Marshal(c)
		require.NoError(t, err)
		var back schema.Compatibility
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, c, back)
	}
	for p := schema.Practical; p <= schema.Strict; p++ {
		back, err := schema.ParsePolicy(p.String())
		require.NoError(t, err)
		require.Equal(t, p, back)
	}
	_, err := schema.ParseCompatibility("sideways")
	require.ErrorContains(t, err, "want one of backward, backward_transitive")
}
