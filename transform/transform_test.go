package transform_test

import (
	"encoding/json"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/transform"
)

// order is an event with data as its JSON data.
func order(t testing.TB, data string) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("/shop")
	e.SetType("order.placed")
	e.SetSubject("o-17")
	e.SetExtension("tenant", "acme")
	e.SetExtension("priority", 3)
	require.NoError(t, e.SetData("application/json", json.RawMessage(data)))
	return e
}

func TestReadmeTemplate(t *testing.T) {
	tr := transform.Must(transform.Template(`{"text": "order <id>: <total>"}`,
		transform.Vars{"id": "$.subject", "total": "$.data.total"}))
	out, err := tr.Apply(order(t, `{"total": 1250.00}`))
	require.NoError(t, err)
	require.Equal(t, `{"text": "order o-17: 1250.00"}`, string(out.Data()))
	require.Equal(t, "application/json", out.DataContentType())
	require.Equal(t, "1", out.ID())
	require.Equal(t, "/shop", out.Source())
	require.Equal(t, "order.placed", out.Type())
}

func TestWhatApplyReturnsSharesNothing(t *testing.T) {
	tr := transform.Must(transform.Set(map[string]transform.Value{"a": transform.Literal("b")}))
	in := order(t, `{"total":1}`)
	out, err := tr.Apply(in)
	require.NoError(t, err)
	out.DataEncoded[2] = 'X'
	out.SetExtension("tenant", "other")
	out.SetSubject("other")
	require.Equal(t, order(t, `{"total":1}`).String(), in.String())
}
