package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/schema"
)

// violations of an event; it must not fit.
func violations(t *testing.T, err error) *schema.ValidationError {
	t.Helper()
	var invalid *schema.ValidationError
	require.ErrorAs(t, err, &invalid)
	return invalid
}

func TestDataschemaPicksTheVersion(t *testing.T) {
	const id = "https://shop.example/order.json"
	var r schema.Registry
	add(t, &r, "a", `{"const": 1}`, schema.URI("https://shop.example/v1"))
	add(t, &r, "a", `{"$id": "`+id+`", "const": 2}`, unchecked)
	add(t, &r, "a", `{"$id": "`+id+`", "const": 3}`, unchecked)
	for _, c := range []struct {
		dataschema, data string
		version          int
		fits             bool
	}{
		{"", `3`, 3, true},
		{"", `1`, 3, false},
		{"https://shop.example/v1", `1`, 1, true},
		{"https://shop.example/v1", `3`, 1, false},
		{"https://shop.example/v1#", `1`, 1, true},
		{id, `3`, 3, true},
		{id, `2`, 3, false},
	} {
		e := newEvent("a", "/shop", c.data)
		if c.dataschema != "" {
			e.SetDataSchema(c.dataschema)
		}
		err := r.Validate(e)
		if c.fits {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, c.version, violations(t, err).Version)
	}
}

func TestUnknownDataschemaIsAViolation(t *testing.T) {
	var r schema.Registry
	e := newEvent("a", "/shop", `{}`)
	e.SetDataSchema("https://shop.example/" + strings.Repeat("x", 10_000))
	require.NoError(t, r.Validate(e), "a type without schema fits")
	add(t, &r, "a", `{}`)
	found := violations(t, r.Validate(e))
	require.Len(t, found.Violations, 1)
	require.Equal(t, "dataschema", found.Violations[0].Keyword)
	require.Contains(t, found.Violations[0].Want, r.Versions("a", "")[0].URI)
	require.Less(t, len(found.Error()), 1000)
}

func TestFragmentAloneIsNoVersion(t *testing.T) {
	var r schema.Registry
	add(t, &r, "a", `{}`)
	_, err := r.ValidateDocument(document.Of(cloudevent.Event{ID: "1", Source: "/", Type: "a", DataSchema: "#", Kind: cloudevent.JSON, Data: []byte(`1`)}))
	require.Equal(t, "dataschema", violations(t, err).Violations[0].Keyword)
}

func TestVersionsOfASourceComeFirst(t *testing.T) {
	var r schema.Registry
	add(t, &r, "a", `{"const": 1}`)
	add(t, &r, "a", `{"const": 2}`, schema.ForSource("/shop"))
	require.NoError(t, r.Validate(newEvent("a", "/other", `1`)))
	require.Error(t, r.Validate(newEvent("a", "/other", `2`)))
	require.NoError(t, r.Validate(newEvent("a", "/shop", `2`)))
	require.Error(t, r.Validate(newEvent("a", "/shop", `1`)))
	e := newEvent("a", "/shop", `1`)
	e.SetDataSchema(r.Versions("a", "")[0].URI)
	require.Equal(t, "dataschema", violations(t, r.Validate(e)).Violations[0].Keyword)
	require.Equal(t, "/shop", r.Versions("a", "/shop")[0].Source)
}

func TestOnlyJSONFitsASchema(t *testing.T) {
	for name, c := range map[string]struct {
		event cloudevent.Event
		got   string
	}{
		"none":      {cloudevent.Event{}, "no data"},
		"text":      {cloudevent.Event{Kind: cloudevent.Text, DataContentType: "text/plain", Data: []byte("{}")}, "text/plain"},
		"binary":    {cloudevent.Event{Kind: cloudevent.Binary, DataContentType: "image/png", Data: []byte("{}")}, "image/png"},
		"malformed": {cloudevent.Event{Kind: cloudevent.JSON, Data: []byte(`{"a":`)}, "not JSON"},
		"two":       {cloudevent.Event{Kind: cloudevent.JSON, Data: []byte(`{} {}`)}, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			var r schema.Registry
			c.event.ID, c.event.Source, c.event.Type = "1", "/shop", "a"
			_, err := r.ValidateDocument(document.Of(c.event))
			require.NoError(t, err, "a type without schema fits")
			add(t, &r, "a", `{}`)
			mode, err := r.ValidateDocument(document.Of(c.event))
			require.Equal(t, schema.Enforce, mode)
			require.Contains(t, violations(t, err).Violations[0].Got, c.got)
		})
	}
}

func TestModeTellsWhatToDo(t *testing.T) {
	r := schema.Registry{Mode: schema.Observe, Modes: map[string]schema.Mode{"enforced": schema.Enforce, "off": schema.Off}}
	for eventType, want := range map[string]schema.Mode{"observed": schema.Observe, "enforced": schema.Enforce, "off": schema.Off} {
		add(t, &r, eventType, order)
		d := document.Of(cloudevent.Event{ID: "1", Source: "/", Type: eventType, Kind: cloudevent.JSON, Data: []byte(`{}`)})
		mode, err := r.ValidateDocument(d)
		require.Equal(t, want, mode)
		require.Equal(t, want != schema.Off, err != nil)
		require.Error(t, r.Validate(newEvent(eventType, "/", `{}`)), "who asks is told, whatever the mode")
	}
}

func TestMonstrousDataIsRefusedNotSuffered(t *testing.T) {
	for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
		r := schema.Registry{Engine: engine}
		add(t, &r, "a", `{"properties": {"total": {"type": "number", "multipleOf": 0.01, "maximum": 100}}, "additionalProperties": {"$ref": "#"}}`)
		for name, data := range map[string]string{
			"exponent":          `{"total": 1e50000000}`,
			"negative exponent": `{"total": 1e-50000000}`,
			"digits":            `{"total": 1` + strings.Repeat("0", 200) + `}`,
			"out of sight":      `{"other": {"other": [1e50000000]}}`,
		} {
			require.Error(t, r.Validate(newEvent("a", "/shop", data)), name)
		}
		deep := strings.Repeat(`{"a":`, 9_000) + `1` + strings.Repeat(`}`, 9_000)
		require.NotPanics(t, func() { _ = r.Validate(newEvent("a", "/shop", deep)) })
	}
}

func TestDataIsDecodedOnce(t *testing.T) {
	var r schema.Registry
	add(t, &r, "a", `{"type": "object"}`)
	d := document.Of(cloudevent.Event{ID: "1", Source: "/", Type: "a", Kind: cloudevent.JSON, Data: []byte(`{"a": [1]}`)})
	_, err := r.ValidateDocument(d)
	require.NoError(t, err)
	tree, err := d.Tree()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": []any{json.Number("1")}}, tree, "validation does not write to it")
	clear(d.Event.Data)
	again, err := d.Tree()
	require.NoError(t, err)
	require.Equal(t, tree, again)
}

func TestTypeWithoutSchemaCostsNothing(t *testing.T) {
	var r schema.Registry
	add(t, &r, "a", order)
	d := document.Of(cloudevent.Event{ID: "1", Source: "/", Type: "b", Kind: cloudevent.JSON, Data: []byte(`{}`)})
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := r.ValidateDocument(d); err != nil {
			t.Error(err)
		}
	}))
}
