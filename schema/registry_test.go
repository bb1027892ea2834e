package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

const order = `{"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}`

func TestZeroRegistryIsReady(t *testing.T) {
	var r schema.Registry
	require.Empty(t, r.Types())
	n, err := r.Add("order.placed", []byte(order))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = r.Add("order.placed", []byte(`{"required":["total"],"type":"object","properties":{"total":{"type":"number"}}}`))
	require.NoError(t, err)
	require.Equal(t, 1, n, "the same document in another layout")
	require.Equal(t, []schema.TypeInfo{{Type: "order.placed", Versions: 1, Latest: 1}}, r.Types())
}
