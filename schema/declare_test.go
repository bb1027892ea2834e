package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/schema"
)

func TestDeclarationsAreListed(t *testing.T) {
	var r schema.Registry
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "b", Owner: "billing"}))
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "a", Source: "/shop", Schema: []byte(order), Example: []byte(`{"total": 1}`)}))
	require.NoError(t, r.DeclareSource(schema.SourceDecl{Source: "/shop", Owner: "shop"}))
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "b", Description: "It was."}))
	types, sources := r.Declarations()
	require.Equal(t, []schema.TypeDecl{
		{Type: "a", Source: "/shop", Schema: []byte(order), Example: []byte(`{"total": 1}`)},
		{Type: "b", Description: "It was."},
	}, types, "the last declaration counts")
	require.Equal(t, []schema.SourceDecl{{Source: "/shop", Owner: "shop"}}, sources)
	require.Len(t, r.Versions("a", "/shop"), 1)
}

func TestExampleFitsTheSchema(t *testing.T) {
	var r schema.Registry
	bad := []byte(`{"total": "1"}`)
	err := r.DeclareType(schema.TypeDecl{Type: "a", Schema: []byte(order), Example: bad})
	require.Equal(t, "/total", violations(t, err).Violations[0].Pointer)
	require.ErrorContains(t, err, `"a"`)
	require.Empty(t, r.Types(), "neither the declaration nor the schema is there")
	types, _ := r.Declarations()
	require.Empty(t, types)

	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "a", Example: bad}), "there is nothing to fit")
	add(t, &r, "a", order)
	violations(t, r.DeclareType(schema.TypeDecl{Type: "a", Example: bad, Owner: "x"}))
	violations(t, r.DeclareType(schema.TypeDecl{Type: "a", Source: "/shop", Example: bad}))
}

func TestBadDeclarationsAreRefused(t *testing.T) {
	var r schema.Registry
	for name, d := range map[string]schema.TypeDecl{
		"no type":       {},
		"no source":     {Type: "a", Source: "a b"},
		"no JSON":       {Type: "a", Example: []byte(`{`)},
		"no UTF-8":      {Type: "a", Example: []byte("\"\xff\"")},
		"empty example": {Type: "a", Example: []byte{}},
		"no schema":     {Type: "a", Schema: []byte(`1`)},
		"empty schema":  {Type: "a", Schema: []byte{}},
		"long":          {Type: "a", Description: strings.Repeat("x", schema.MaxDescription+1)},
		"no text":       {Type: "a", Owner: "\xff"},
		"no text too":   {Type: "a", Description: "\xff"},
	} {
		require.Error(t, r.DeclareType(d), name)
	}
	for name, d := range map[string]schema.SourceDecl{
		"no source": {},
		"no URI":    {Source: "a b"},
		"long":      {Source: "/", Owner: strings.Repeat("x", schema.MaxDescription+1)},
	} {
		require.Error(t, r.DeclareSource(d), name)
	}
	types, sources := r.Declarations()
	require.Empty(t, types)
	require.Empty(t, sources)
}

func TestStrictRefusesWhatIsNotDeclared(t *testing.T) {
	r := schema.Registry{Strict: true, Mode: schema.Off}
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "any"}))
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "one", Source: "/one"}))
	require.NoError(t, r.DeclareSource(schema.SourceDecl{Source: "/shop"}))
	add(t, &r, "schema", order)
	add(t, &r, "schema2", order, schema.ForSource("/two"))
	for _, c := range []struct {
		eventType, source string
		says              []string
	}{
		{"any", "/shop", nil},
		{"any", "/one", nil},
		{"any", "/two", nil},
		{"schema", "/shop", nil},
		{"one", "/one", nil},
		{"schema2", "/two", nil},
		{"any", "/else", []string{`source "/else"`}},
		{"one", "/shop", []string{`type "one"`}},
		{"schema2", "/shop", []string{`type "schema2"`}},
		{"none", "/none", []string{`type "none"`, `source "/none"`}},
	} {
		d := document.Of(cloudevent.Event{ID: "1", Type: c.eventType, Source: c.source, Kind: cloudevent.JSON, Data: []byte(`{"total": 1}`)})
		mode, err := r.ValidateDocument(d)
		for _, err := range []error{err, r.Declared(c.eventType, c.source), r.Validate(newEvent(c.eventType, c.source, `{"total": 1}`))} {
			if c.says == nil {
				require.NoError(t, err)
				continue
			}
			require.Equal(t, schema.Enforce, mode)
			require.ErrorIs(t, err, schema.ErrUndeclared)
			for _, text := range c.says {
				require.ErrorContains(t, err, text)
			}
		}
	}
}
