package schema

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

func TestTransitiveLevelsLookAtEveryEarlierVersion(t *testing.T) {
	var docs []*jsonschema.Document
	for _, text := range []string{
		`{"properties":{"a":{"type":"integer"}}}`,
		`{"properties":{"a":{"type":"string","pattern":"^x"}}}`,
		`{"properties":{"b":{"$ref":"http://schemas.example/shared"}}}`,
		`{"properties":{"a":{"type":"string","pattern":"^y"},"b":{"type":"string"}}}`,
	} {
		d, err := jsonschema.Parse("http://schemas.example/v", []byte(text), jsonschema.Draft7)
		require.NoError(t, err)
		docs = append(docs, d)
	}
	shared, err := jsonschema.Parse("http://schemas.example/shared", []byte(`{"type":"string"}`), jsonschema.Draft7)
	require.NoError(t, err)
	set := &jsonschema.Set{}
	require.NoError(t, set.Add(shared))
	earlier, next := docs[:3], docs[3]

	breaks, against := checkCompatible(Full, Practical, set, earlier, next)
	require.Empty(t, breaks)
	require.Equal(t, -1, against)

	breaks, against = checkCompatible(BackwardTransitive, Practical, set, earlier, next)
	require.Equal(t, 0, against, "a proof counts more than a doubt")
	require.Equal(t, "type changed from integer to string", breaks[0].Text)

	breaks, against = checkCompatible(BackwardTransitive, Practical, set, earlier[1:], next)
	require.Equal(t, 0, against)
	require.True(t, breaks[0].Unproven)

	breaks, _ = checkCompatible(None, Practical, set, earlier, next)
	require.Empty(t, breaks)
	breaks, against = checkCompatible(Full, Practical, set, nil, next)
	require.Empty(t, breaks)
	require.Equal(t, -1, against)

	// Without the shared document nothing is proven of it.
	breaks, _ = checkCompatible(Forward, Practical, nil, earlier, next)
	require.NotEmpty(t, breaks)
	require.True(t, breaks[0].Unproven)
}
