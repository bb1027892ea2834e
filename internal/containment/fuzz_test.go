package containment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/containment"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// Any two schemas are compared within the budget, and none refuses itself.
func FuzzContainment(f *testing.F) {
	for _, row := range pairs {
		f.Add([]byte(row.a), []byte(row.b))
	}
	f.Add([]byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","properties":{"a":{"$dynamicRef":"#n"}}}`), []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"}}`))
	f.Add([]byte(`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"unevaluatedItems":{"$recursiveRef":"#"}}`), []byte(`{"$ref":"http://json-schema.org/draft-07/schema#"}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w, ok := checked(a)
		r, ok2 := checked(b)
		if !ok || !ok2 {
			return
		}
		again, _ := checked(a)
		began := time.Now()
		for _, strict := range []bool{false, true} {
			opts := containment.Options{Strict: strict, Budget: 20_000}
			for _, found := range [][]containment.Break{containment.Check(w, r, opts), containment.Check(r, w, opts)} {
				for _, b := range found {
					require.NotEmpty(t, b.Rule)
					require.NotEmpty(t, b.Text(true))
					require.NotEmpty(t, b.Text(false))
				}
			}
			require.Empty(t, containment.Check(w, w, opts))
			require.NotEqual(t, "no", verdict(containment.Check(w, again, opts)))
		}
		require.Less(t, time.Since(began), 20*time.Second)
	})
}

// checked is a schema as a registry would let it in.
func checked(text []byte) (jsonschema.Location, bool) {
	d, err := jsonschema.Parse("http://schemas.example/s", text, jsonschema.Draft7)
	if err != nil {
		return jsonschema.Location{}, false
	}
	set := &jsonschema.Set{}
	if set.Add(d) != nil {
		return jsonschema.Location{}, false
	}
	if _, err := set.Check(d); err != nil {
		return jsonschema.Location{}, false
	}
	return d.At("")
}
