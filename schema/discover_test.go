package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// seen is an event of a type with JSON data.
func seen(eventType, data string) *document.Document {
	return document.Of(cloudevent.Event{Type: eventType, Kind: cloudevent.JSON, Data: []byte(data)})
}

// discoveredSchema is what was discovered of a type, without what does not differ.
func discoveredSchema(t *testing.T, d *Discovery, eventType string) string {
	t.Helper()
	doc, samples, ok := d.Schema(eventType)
	require.True(t, ok)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(doc, &schema))
	require.EqualValues(t, samples, schema["x-samples"])
	delete(schema, "$schema")
	delete(schema, "x-samples")
	text, err := json.Marshal(schema)
	require.NoError(t, err)
	return string(text)
}

func TestObserveDescribesEachTypeByItself(t *testing.T) {
	var d Discovery
	require.Empty(t, d.Types())
	require.Empty(t, d.Changed())
	_, _, ok := d.Schema("order.placed")
	require.False(t, ok)

	d.Observe(seen("order.placed", `{"total":1}`))
	d.Observe(seen("order.placed", `{"total":1.5,"note":"x"}`))
	d.Observe(seen("order.paid", `"2026-11-25"`))

	require.Equal(t, []string{"order.paid", "order.placed"}, d.Types())
	require.JSONEq(t, `{"type":"object","required":["total"],
		"properties":{"total":{"type":"number"},"note":{"type":"string"}}}`, discoveredSchema(t, &d, "order.placed"))
	require.JSONEq(t, `{"type":"string","format":"date"}`, discoveredSchema(t, &d, "order.paid"))
	_, samples, _ := d.Schema("order.placed")
	require.EqualValues(t, 2, samples)
}

func TestObserveIgnoresWhatIsNotJSON(t *testing.T) {
	var d Discovery
	for _, e := range []cloudevent.Event{
		{Type: "t"},
		{Type: "t", Kind: cloudevent.Text, Data: []byte(`{}`)},
		{Type: "t", Kind: cloudevent.Binary, Data: []byte(`{}`)},
		{Type: "t", Kind: cloudevent.JSON, Data: []byte(`{"a":}`)},
		{Type: "t", Kind: cloudevent.JSON, Data: []byte{}},
		{Type: "", Kind: cloudevent.JSON, Data: []byte(`{}`)},
	} {
		d.Observe(document.Of(e))
	}
	require.Empty(t, d.Types())
	d.Observe(seen("t", `1`))
	d.Observe(seen("t", `1 2`))
	_, samples, _ := d.Schema("t")
	require.EqualValues(t, 1, samples)
}

func TestObserveKeepsWithinTheNumberOfTypes(t *testing.T) {
	var d Discovery
	for i := range MaxDiscovered + 10 {
		d.Observe(seen(fmt.Sprintf("t%05d", i), `{"a":1}`))
	}
	require.Len(t, d.Types(), MaxDiscovered)
	require.NotContains(t, d.Types(), "t01000")
	late := seen("late", `{"a":1}`)
	require.Zero(t, testing.AllocsPerRun(10, func() { d.Observe(late) }), "it costs nothing")
	d.Observe(seen("t00000", `{}`))
	_, samples, _ := d.Schema("t00000")
	require.EqualValues(t, 2, samples, "what is known goes on being observed")
	require.NoError(t, d.Restore("one.more", d.Changed()[0].Value))
	require.Len(t, d.Types(), MaxDiscovered)
}

func TestObserveKeepsWithinTheRoom(t *testing.T) {
	d := Discovery{room: 100_000}
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, `,"name%c%c":{"a":{"b":{"c":1}}}`, 'g'+i/10, 'g'+i%10)
	}
	large := "{" + b.String()[1:] + "}"
	d.Observe(seen("first", `{"a":1}`))
	for i := range 50 {
		d.Observe(seen(fmt.Sprint("large", i), large))
		require.LessOrEqual(t, d.size, d.room+50*100, "a type takes a node at least")
	}
	require.Contains(t, discoveredSchema(t, &d, "large0"), `"c"`)
	require.Equal(t, `{"type":"object"}`, discoveredSchema(t, &d, "large49"))
	require.Contains(t, discoveredSchema(t, &d, "first"), `"a"`, "what was there stays")
}

func TestChangedReturnsWhatIsWorthWriting(t *testing.T) {
	var d Discovery
	keys := func(entries []Entry) (keys []string) {
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		return keys
	}
	d.Observe(seen("b", `{"n":1}`))
	d.Observe(seen("a", `{"n":1}`))
	require.Equal(t, []string{"a", "b"}, keys(d.Changed()))
	require.Empty(t, d.Changed())

	for range 999 {
		d.Observe(seen("a", `{"n":1}`))
	}
	require.Equal(t, []string{"a"}, keys(d.Changed()), "many more samples")
	d.Observe(seen("a", `{"n":1}`))
	require.Empty(t, d.Changed(), "a single one more")
	d.Observe(seen("b", `{"n":"x"}`))
	require.Equal(t, []string{"b"}, keys(d.Changed()), "another schema")
	require.Equal(t, []string{"a"}, keys(d.Unsaved()))
	require.Empty(t, d.Unsaved())

	d.Observe(seen("b", `{"n":null}`))
	entries := d.Changed()
	require.Equal(t, []string{"b"}, keys(entries))
	d.Again(append(entries, Entry{Key: "unknown"}))
	require.Equal(t, entries, d.Changed(), "the write failed")
}

func TestRestoreBringsBackWhatChangedReturned(t *testing.T) {
	var d, restored Discovery
	d.Observe(seen("a", `{"n":1}`))
	d.Observe(seen("a", `{"n":1,"at":"2026-11-25"}`))
	d.Observe(seen("b", `[]`))
	restored.Observe(seen("a", `{"n":"x"}`)) // before its past is known
	for _, e := range d.Changed() {
		require.NoError(t, restored.Restore(e.Key, e.Value))
	}
	require.Len(t, restored.Unsaved(), 1)

	d.Observe(seen("a", `{"n":"x"}`))
	for _, eventType := range []string{"a", "b"} {
		want, samples, _ := d.Schema(eventType)
		got, count, ok := restored.Schema(eventType)
		require.True(t, ok)
		require.Equal(t, string(want), string(got))
		require.Equal(t, samples, count)
	}
}

func TestRestoreRefusesWhatIsDamaged(t *testing.T) {
	var d Discovery
	d.Observe(seen("a", `{"n":1}`))
	value := d.Changed()[0].Value
	for name, damaged := range map[string][]byte{
		"none": nil, "cut": value[:len(value)-1], "more": append(value[:len(value):len(value)], 0),
	} {
		err := d.Restore("a", damaged)
		require.ErrorIs(t, err, ErrDamaged, name)
		require.ErrorContains(t, err, `"a"`)
	}
	require.ErrorIs(t, d.Restore("", value), ErrDamaged)
	require.Empty(t, d.Unsaved())
}

func TestDiscoveryIsSafeConcurrently(t *testing.T) {
	var d Discovery
	var saved [4]int
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				eventType := fmt.Sprint("t", i%7)
				d.Observe(seen(eventType, fmt.Sprintf(`{"g%d":%d,"w%d":[null]}`, g, i, i%5)))
				d.Schema(eventType)
				if i%50 == 0 {
					entries := d.Changed()
					saved[g] += len(entries)
					d.Again(entries)
					d.Types()
				}
			}
		})
	}
	wg.Wait()
	total := int64(0)
	for _, eventType := range d.Types() {
		_, samples, _ := d.Schema(eventType)
		total += samples
	}
	require.EqualValues(t, 2_000, total)
	require.NotZero(t, saved)
}

func BenchmarkObserve(b *testing.B) {
	var d Discovery
	e := seen("order.placed", `{"id":"0b9f5c1e-6a3a-4d53-9d7c-0f6f5a1c2b3d","created":"2026-11-25T10:11:12Z","customer":{"id":4711,`+
		`"email":"ann@example.com","name":"Ann Example","address":{"street":"Main Street 1","city":"Köln","zip":"50667","country":"DE"}},`+
		`"total":1234.56,"paid":true,"items":[`+strings.Repeat(`{"sku":"SKU-00001","name":"A thing","quantity":1,"price":10.50,"currency":"EUR","gift":true},`, 4)+
		`{"sku":"SKU-00002","name":"A thing","quantity":1,"price":10.50,"currency":"EUR","gift":true}]}`)
	d.Observe(e)
	b.SetBytes(int64(len(e.Event.Data)))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d.Observe(e)
		}
	})
}

func TestPromoteAddsOnlyWhatHasChanged(t *testing.T) {
	var d Discovery
	var r Registry
	_, err := d.Promote(&r, "order.placed")
	require.ErrorIs(t, err, ErrUndiscovered)
	for i, data := range []string{
		`{"id":"0b9f5c1e-6a3a-4d53-9d7c-0f6f5a1c2b3d","total":1,"lines":[{"sku":"a"}]}`,
		`{"id":"0b9f5c1e-6a3a-4d53-9d7c-0f6f5a1c2b3d","total":1,"lines":[{"sku":"a"}],"note":"x"}`,
		`{"id":null,"total":1.5,"lines":[]}`,
	} {
		for range 2 {
			d.Observe(seen("order.placed", data))
			version, err := d.Promote(&r, "order.placed")
			require.NoError(t, err)
			require.Equal(t, i+1, version)
		}
	}
}

func TestPromoteObeysCompatibility(t *testing.T) {
	var d Discovery
	var r Registry
	_, err := r.Add("order.placed", []byte(`{"type":"object","properties":{"id":{"type":"string"}}}`))
	require.NoError(t, err)
	d.Observe(seen("order.placed", `{"id":1}`))
	_, err = d.Promote(&r, "order.placed")
	var incompatible *IncompatibleError
	require.ErrorAs(t, err, &incompatible)
	_, err = d.Promote(&r, "order.placed", WithCompatibility(None))
	require.NoError(t, err)
}
