package containment_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/containment"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A tally is what came of random pairs.
type tally struct {
	yes, no, unproven int // answers
	documents         int // that fit a writer whose every document is said to be accepted
	refuted           int // noes of which a document was found
}

// try asks about a random pair and samples documents against the answer.
func (n *tally) try(t testing.TB, seed uint64) {
	r := random{rand.New(rand.NewPCG(seed, 0))}
	a, d := r.schema(3), r.schema(2)
	if m, ok := d.(map[string]any); ok && m["$ref"] != nil {
		d = true // it would refer to itself
	}
	b, e := a, d
	switch {
	case r.chance(0.2):
		b = r.schema(3)
	case r.chance(0.15):
		e = r.changed(d, 2)
		if m, ok := e.(map[string]any); ok && m["$ref"] != nil {
			e = d
		}
	default:
		for range 1 + r.IntN(2) {
			b = r.changed(b, 3)
		}
	}
	dialect := ""
	if seed%2 == 1 {
		a, b, d, e, dialect = modern(a), modern(b), modern(d), modern(e), "https://json-schema.org/draft/2020-12/schema"
	}
	document := func(schema, d any, how rewriting) map[string]any {
		doc := document(schema, d, how)
		if dialect != "" {
			doc["$schema"] = dialect
		}
		return doc
	}
	writer, ok := located(t, document(a, d, nil))
	reader, ok2 := located(t, document(b, e, nil))
	if !ok || !ok2 {
		return
	}
	for _, strict := range []bool{false, true} {
		breaks := containment.Check(writer, reader, containment.Options{Strict: strict})
		writes, reads := compile(t, document(a, d, nil)), compile(t, document(b, e, nil))
		declared := writes
		if !strict {
			declared, reads = compile(t, document(a, d, closed)), compile(t, document(b, e, open))
		}
		said := verdict(breaks)
		found := false
		for range 25 {
			value := r.sample(a, d, 3)
			if writes.Validate(value) != nil || declared.Validate(value) != nil {
				continue
			}
			accepted := reads.Validate(value) == nil
			if found = found || !accepted; said == "yes" {
				n.documents++
				require.True(t, accepted, "seed %d, strict %t: %s\nwriter %s\nreader %s", seed, strict, show(value), show(document(a, d, nil)), show(document(b, e, nil)))
			}
		}
		switch said {
		case "yes":
			n.yes++
		case "?":
			n.unproven++
		default:
			if n.no++; found {
				n.refuted++
			}
		}
	}
	requireReflexive(t, writer, document(a, d, nil))
}

// requireReflexive wants that a schema is not said to refuse what itself accepts, nor
// that another copy of it does.
func requireReflexive(t testing.TB, itself jsonschema.Location, root any) {
	copied, ok := located(t, root)
	require.True(t, ok)
	for _, strict := range []bool{false, true} {
		require.Empty(t, containment.Check(itself, itself, containment.Options{Strict: strict}))
		require.NotEqual(t, "no", verdict(containment.Check(itself, copied, containment.Options{Strict: strict})), show(root))
	}
}

// located parses a schema. It says no to one that applies itself without end.
func located(t testing.TB, root any) (jsonschema.Location, bool) {
	d, err := jsonschema.Parse("http://schemas.example/s", []byte(show(root)), jsonschema.Draft7)
	require.NoError(t, err, show(root))
	set := &jsonschema.Set{}
	require.NoError(t, set.Add(d))
	if _, err := set.Check(d); err != nil {
		return jsonschema.Location{}, false
	}
	return d.At("")
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestNoDocumentRefutesAYes(t *testing.T) {
	var n tally
	for seed := range uint64(300) {
		n.try(t, seed)
	}
	t.Logf("%d yes (%d documents), %d no (%d of them shown by one of 25 documents), %d not proven", n.yes, n.documents, n.no, n.refuted, n.unproven)
	require.Greater(t, n.yes, 200)
	require.Greater(t, n.documents, 1_500)
}

func FuzzNoDocumentRefutesAYes(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		var n tally
		n.try(t, seed)
	})
}
