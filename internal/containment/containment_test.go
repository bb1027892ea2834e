package containment_test

import (
	"strings"
	"testing"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/containment"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

func parse(t testing.TB, doc string) jsonschema.Location {
	t.Helper()
	d, err := jsonschema.Parse("http://schemas.example/s", []byte(doc), jsonschema.Draft7)
	require.NoError(t, err, doc)
	l, ok := d.At("")
	require.True(t, ok)
	return l
}

func verdict(breaks []containment.Break) string {
	switch {
	case len(breaks) == 0:
		return "yes"
	case containment.Unproven(breaks):
		return "?"
	}
	return "no"
}

// valid asks an engine.
func valid(t testing.TB, schema, doc string) bool {
	t.Helper()
	root, err := santhosh.UnmarshalJSON(strings.NewReader(schema))
	require.NoError(t, err)
	value, err := santhosh.UnmarshalJSON(strings.NewReader(doc))
	require.NoError(t, err, doc)
	return compile(t, root).Validate(value) == nil
}

func compile(t testing.TB, root any) *santhosh.Schema {
	t.Helper()
	c := santhosh.NewCompiler()
	c.DefaultDraft(santhosh.Draft7)
	if o, ok := root.(map[string]any); !ok || o["$schema"] == nil || o["$schema"] == jsonschema.Draft4.String() {
		c.AssertFormat() // from 2019-09 on it is an annotation
	}
	require.NoError(t, c.AddResource("http://schemas.example/s", root))
	s, err := c.Compile("http://schemas.example/s")
	require.NoError(t, err)
	return s
}

func TestPairs(t *testing.T) {
	require.GreaterOrEqual(t, len(pairs), 100)
	for _, row := range pairs {
		t.Run(row.name, func(t *testing.T) {
			a, b := parse(t, row.a), parse(t, row.b)
			for strict, want := range map[bool]string{false: row.practical, true: row.strict} {
				if want == "" {
					want = row.practical
				}
				ab := containment.Check(a, b, containment.Options{Strict: strict})
				ba := containment.Check(b, a, containment.Options{Strict: strict})
				require.Equal(t, want, verdict(ab)+" "+verdict(ba), "strict %t: %v %v", strict, texts(ab), texts(ba))
			}
			refuted := strings.Fields(row.practical + " " + row.strict)
			requireCounterExample(t, row.a, row.b, row.ab, refuted[0] == "no" || len(refuted) > 2 && refuted[2] == "no")
			requireCounterExample(t, row.b, row.a, row.ba, refuted[1] == "no" || len(refuted) > 2 && refuted[3] == "no")
		})
	}
}

// requireCounterExample wants a document that proves a no, and none otherwise.
func requireCounterExample(t *testing.T, writer, reader, doc string, refuted bool) {
	t.Helper()
	require.Equal(t, refuted, doc != "", "a no has a counter-example, and only a no")
	if doc != "" {
		require.True(t, valid(t, writer, doc), "%s does not fit %s", doc, writer)
		require.False(t, valid(t, reader, doc), "%s fits %s", doc, reader)
	}
}

func texts(breaks []containment.Break) (all []string) {
	for _, b := range breaks {
		all = append(all, b.Reader+": "+b.Text(false))
	}
	return all
}
