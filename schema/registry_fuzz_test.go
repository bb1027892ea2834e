package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

// FuzzAdd: whatever is added does not harm the process; what is accepted is the same
// after it was kept and loaded; what is refused leaves nothing behind.
func FuzzAdd(f *testing.F) {
	for _, bad := range badSchemas {
		if len(bad.doc) < 5_000 {
			f.Add(bad.doc, "/shop", "https://shop.example/a", `{"total": 1}`)
		}
	}
	f.Add(order, "", "", `{"total": 1e50000000}`)
	f.Add(`{"$id": "https://shop.example/a#x", "$ref": "#"}`, "urn:a", "urn:b", `1`)
	f.Add(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "a", "$defs": {"a": {"$id": "b"}}}`, "a%2Fb", "", `[]`)
	f.Fuzz(func(t *testing.T, doc, source, uri, data string) {
		for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
			k := &memory{}
			r := schema.Registry{Engine: engine}
			require.NoError(t, r.KeepIn(k))
			n, err := r.Add("a/b", []byte(doc), schema.ForSource(source), schema.URI(uri))
			if err != nil {
				require.Zero(t, n)
				require.Empty(t, r.Types())
				require.Empty(t, k.entries)
				continue
			}
			again, err := r.Add("a/b", []byte(doc), schema.ForSource(source), schema.URI(uri))
			require.NoError(t, err)
			require.Equal(t, n, again)
			back := schema.Registry{Engine: engine}
			require.NoError(t, back.KeepIn(k))
			require.Equal(t, holdings(&r), holdings(&back))
			if json.Valid([]byte(data)) && source != "" {
				e := newEvent("a/b", source, data)
				require.Equal(t, r.Validate(e), back.Validate(e))
			}
		}
	})
}

// FuzzKept: a registry that was damaged is refused, or what it means is kept by it
// again as it is.
func FuzzKept(f *testing.F) {
	k := &memory{}
	var r schema.Registry
	require.NoError(f, r.KeepIn(k))
	require.NoError(f, r.AddDocument("https://shop.example/m", []byte(`{}`)))
	require.NoError(f, r.DeclareType(schema.TypeDecl{Type: "a", Source: "/b", Owner: "c", Schema: []byte(`{"$ref": "https://shop.example/m"}`), Example: []byte(`1`)}))
	require.NoError(f, r.DeclareSource(schema.SourceDecl{Source: "/b"}))
	for key, value := range k.entries {
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		k := &memory{entries: map[string][]byte{key: value}}
		var r schema.Registry
		if err := r.KeepIn(k); err != nil {
			require.ErrorIs(t, err, schema.ErrDamaged)
			return
		}
		require.Zero(t, k.written, "loading writes nothing")
		copied := &memory{}
		require.NoError(t, r.KeepIn(nil))
		require.NoError(t, r.KeepIn(copied))
		require.Contains(t, copied.entries, key)
		var back schema.Registry
		require.NoError(t, back.KeepIn(copied))
		require.Equal(t, holdings(&r), holdings(&back))
	})
}

// FuzzOpenAPI: whatever is translated does not harm the process, and what is accepted
// is a version that comes back.
func FuzzOpenAPI(f *testing.F) {
	for _, c := range components {
		f.Add(c.version, c.components)
	}
	f.Fuzz(func(t *testing.T, version, components string) {
		k := &memory{}
		var r schema.Registry
		require.NoError(t, r.KeepIn(k))
		if err := r.AddOpenAPI(openAPI(version, components), map[string]string{"X": "x"}); err != nil {
			require.Empty(t, r.Types())
			require.Empty(t, k.entries)
			return
		}
		require.Len(t, r.Versions("x", ""), 1)
		var back schema.Registry
		require.NoError(t, back.KeepIn(k))
		require.Equal(t, holdings(&r), holdings(&back))
		_ = r.Validate(newEvent("x", "/", `{"a": [1, "x", null]}`))
	})
}
