package schema_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

const (
	order    = `{"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}`
	orderToo = `{"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}`
)

// newEvent is an event with JSON data, or with none when data is "".
func newEvent(eventType, source, data string) event.Event {
	e := event.New()
	e.SetID("1")
	e.SetType(eventType)
	e.SetSource(source)
	if data != "" {
		if err := e.SetData("application/json", json.RawMessage(data)); err != nil {
			panic(err)
		}
	}
	return e
}

// add adds a schema that must be accepted.
func add(t *testing.T, r *schema.Registry, eventType, doc string, opts ...schema.AddOption) int {
	t.Helper()
	n, err := r.Add(eventType, []byte(doc), opts...)
	require.NoError(t, err)
	return n
}

// holdings is all that a registry shows.
func holdings(r *schema.Registry) string {
	types, sources := r.Declarations()
	text := fmt.Sprintf("%+v\n%s\n%+v\n", r.Types(), types, sources)
	for _, info := range r.Types() {
		for _, v := range r.Versions(info.Type, info.Source) {
			text += fmt.Sprintf("%s %s %d %s %s %s %s\n", info.Type, v.Source, v.Number, v.URI, v.Dialect, v.Doc, v.Added)
		}
	}
	return text
}

var unchecked = schema.WithCompatibility(schema.None)

func TestZeroRegistryIsReady(t *testing.T) {
	var r schema.Registry
	require.Empty(t, r.Types())
	require.Empty(t, r.Versions("order.placed", ""))
	require.NoError(t, r.Validate(newEvent("order.placed", "/shop", `{}`)))
	require.Equal(t, 1, add(t, &r, "order.placed", order))
	require.Equal(t, []schema.TypeInfo{{Type: "order.placed", Versions: 1, Latest: 1}}, r.Types())
}

func TestTypesAreSortedAndShowTheirMode(t *testing.T) {
	r := schema.Registry{Mode: schema.Observe, Modes: map[string]schema.Mode{"b": schema.Off}}
	add(t, &r, "b", order, schema.ForSource("/shop"))
	add(t, &r, "b", order)
	add(t, &r, "b", orderToo, schema.AsVersion(7), unchecked)
	add(t, &r, "a", order)
	require.Equal(t, []schema.TypeInfo{
		{Type: "a", Versions: 1, Latest: 1, Mode: schema.Observe},
		{Type: "b", Versions: 2, Latest: 7, Mode: schema.Off},
		{Type: "b", Source: "/shop", Versions: 1, Latest: 1, Mode: schema.Off},
	}, r.Types())
}

func TestModesAreReadAsTheyArePrinted(t *testing.T) {
	for _, m := range []schema.Mode{schema.Enforce, schema.Observe, schema.Off} {
		text, err := m.MarshalText()
		require.NoError(t, err)
		var back schema.Mode
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, m, back)
	}
	_, err := schema.ParseMode("warn")
	require.Error(t, err)
	_, err = schema.Mode(9).MarshalText()
	require.Error(t, err)
}

func TestRegistryServesManyAtOnce(t *testing.T) {
	var r schema.Registry
	require.NoError(t, r.KeepIn(&memory{}))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			eventType := fmt.Sprint("type", i%3)
			for n := range 20 {
				doc := fmt.Sprintf(`{"type": "object", "maxProperties": %d}`, n+5)
				_, err := r.Add(eventType, []byte(doc), unchecked)
				if err != nil {
					t.Error(err)
				}
				if err := r.Validate(newEvent(eventType, "/shop", `[]`)); err == nil {
					t.Error("an array fits an object's schema")
				}
				if err := r.DeclareSource(schema.SourceDecl{Source: fmt.Sprint("/", i), Owner: fmt.Sprint(n)}); err != nil {
					t.Error(err)
				}
				_ = holdings(&r)
			}
		})
	}
	wg.Wait()
	for _, info := range r.Types() {
		require.Equal(t, info.Versions, info.Latest)
		require.Equal(t, 20, info.Versions, "every document once")
	}
}
