package inference

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/containment"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A schema that was discovered and promoted is followed by one of more samples without
// a breaking change. The exception is an array that was always empty: its schema allows
// any items, until there are some.
func TestMoreSamplesOnlyWidenTheSchema(t *testing.T) {
	for name := range samplers(0) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			widened := 0
			for seed := range uint64(seeds) {
				s := samplers(seed)[name]
				s.full = true
				samples := s.samples(12)
				m := add(t, samples[:6]...)
				before := m.Schema()
				for _, sample := range samples[6:] {
					require.NoError(t, m.Add(sample))
				}
				after := m.Schema()
				require.Empty(t, containment.Check(location(t, before), location(t, after), containment.Options{}), "%s\n%s", before, after)
				if len(containment.Check(location(t, after), location(t, before), containment.Options{})) > 0 {
					widened++
				}
			}
			require.Positive(t, widened)
		})
	}
}

func location(t *testing.T, schema []byte) jsonschema.Location {
	t.Helper()
	doc, err := jsonschema.Parse("urn:discovered", schema, jsonschema.Draft7)
	require.NoError(t, err)
	at, ok := doc.At("")
	require.True(t, ok)
	return at
}
