package schema_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

// What must never get in, with a part of what is said about it.
var badSchemas = []struct{ name, doc, says string }{
	{"empty", ``, "not JSON"},
	{"not JSON", `{"type": }`, "not JSON"},
	{"two values", `{} {}`, "not JSON"},
	{"not UTF-8", "{\"title\": \"\xff\"}", "UTF-8"},
	{"null", `null`, "not a schema"},
	{"a number", `17`, "not a schema"},
	{"a text", `"object"`, "not a schema"},
	{"unknown type", `{"type": "money"}`, "/type: unknown type"},
	{"required of one text", `{"required": "total"}`, "/required"},
	{"properties of a list", `{"properties": []}`, "/properties"},
	{"duplicate member", `{"type": "object", "type": "array"}`, "twice"},
	{"unknown dialect", `{"$schema": "http://json-schema.org/draft-03/schema#"}`, "unknown dialect"},
	{"another language", `{"$schema": "https://schemas.example/my-own"}`, "unknown dialect"},
	{"too large", `{"title": "` + strings.Repeat("x", 1<<20) + `"}`, "too large"},
	{"too deep", strings.Repeat(`{"not":`, 100) + `{}` + strings.Repeat(`}`, 100), "too deep"},
	{"too many subschemas", `{"allOf": [` + strings.Repeat(`{},`, 10_001) + `{}]}`, "too many"},
	{"itself", `{"$ref": "#"}`, "without end"},
	{"itself by allOf", `{"allOf": [{"$ref": "#"}]}`, "without end"},
	{"itself by not", `{"not": {"$ref": "#"}}`, "without end"},
	{"two of each other", `{"$ref": "#/definitions/a", "definitions": {"a": {"anyOf": [{"$ref": "#/definitions/b"}]}, "b": {"$ref": "#/definitions/a"}}}`, "without end"},
	{"itself, 2020-12", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicAnchor": "x", "$dynamicRef": "#x"}`, "without end"},
	{"doubling", doubling(40), "apply to one value"},
	{"over the network", `{"$ref": "http://127.0.0.1:9/schema.json"}`, "nothing is fetched"},
	{"from a file", `{"properties": {"a": {"$ref": "file:///etc/passwd"}}}`, "nothing is fetched"},
	{"from a path", `{"$ref": "other.json"}`, "nothing is fetched"},
	{"nowhere", `{"$ref": "#/definitions/none"}`, "leads nowhere"},
	{"what is no schema", `{"$ref": "#/enum/0", "enum": ["x"]}`, "not a schema"},
	{"backtracking", `{"pattern": "^(?=.*a)b$"}`, "/pattern"},
	{"huge repetition", `{"pattern": "((a{0,100}){0,100}){0,100}"}`, "/pattern"},
	{"huge pattern", `{"patternProperties": {"` + strings.Repeat("a?", 1000) + `": {}}}`, "/patternProperties"},
	{"huge number", `{"maximum": 1e50000000}`, "/maximum: number"},
	{"huge text of a number", `{"multipleOf": 1` + strings.Repeat("0", 500) + `}`, "/multipleOf"},
	{"division by nothing", `{"multipleOf": 0}`, "/multipleOf"},
	{"identifier of a dialect", `{"$id": "http://json-schema.org/draft-07/schema"}`, "taken"},
}

// doubling is a small schema that applies two to the n schemas to one value.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref": "#/definitions/a0", "definitions": {`)
	for i := range n {
		fmt.Fprintf(&b, `"a%d": {"allOf": [{"$ref": "#/definitions/a%d"}, {"$ref": "#/definitions/a%d"}]}, `, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d": {}}}`, n)
	return b.String()
}

func TestBadSchemasAreRefusedAndNothingChanges(t *testing.T) {
	for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
		r := schema.Registry{Engine: engine}
		k := &memory{}
		require.NoError(t, r.KeepIn(k))
		add(t, &r, "order.placed", order)
		before, kept := holdings(&r), k.written
		for _, bad := range badSchemas {
			t.Run(fmt.Sprint(engine, " ", bad.name), func(t *testing.T) {
				_, err := r.Add("order.placed", []byte(bad.doc), unchecked)
				require.ErrorContains(t, err, bad.says)
				require.ErrorContains(t, err, `"order.placed"`)
				require.Less(t, len(err.Error()), 10_000)
				require.Equal(t, before, holdings(&r))
				require.Equal(t, kept, k.written)
			})
		}
	}
}

func TestFaultsOfASchemaHavePointers(t *testing.T) {
	var r schema.Registry
	_, err := r.Add("order.placed", []byte(`{"type": "money", "required": "total"}`))
	var faults schema.Faults
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, 2)
	require.Equal(t, "/required", faults[0].Pointer)
	require.Equal(t, "/type", faults[1].Pointer)
}

func TestBadNamesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		eventType string
		opts      []schema.AddOption
	}{
		"no type":           {"", nil},
		"control character": {"order\nplaced", nil},
		"not UTF-8":         {"order\xff", nil},
		"long type":         {strings.Repeat("x", schema.MaxName+1), nil},
		"source of no form": {"order", []schema.AddOption{schema.ForSource("a b")}},
		"relative URI":      {"order", []schema.AddOption{schema.URI("order.json")}},
		"URI of a dialect":  {"order", []schema.AddOption{schema.URI("http://json-schema.org/draft-07/schema#")}},
		"negative version":  {"order", []schema.AddOption{schema.AsVersion(-1)}},
		"unknown level":     {"order", []schema.AddOption{schema.WithCompatibility(99)}},
		"long URI":          {"order", []schema.AddOption{schema.URI("https://shop.example/" + strings.Repeat("x", schema.MaxName))}},
		"long source":       {"order", []schema.AddOption{schema.ForSource("/" + strings.Repeat("x", schema.MaxName))}},
	} {
		t.Run(name, func(t *testing.T) {
			var r schema.Registry
			_, err := r.Add(c.eventType, []byte(order), c.opts...)
			require.Error(t, err)
			require.Empty(t, r.Types())
		})
	}
	r := schema.Registry{Dialect: "draft-07"}
	_, err := r.Add("order", []byte(order))
	require.ErrorContains(t, err, "Dialect")
}

// TestNoReferenceIsFetched listens where a reference leads, and looks for what is in
// the file of another.
func TestNoReferenceIsFetched(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var called atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			called.Add(1)
			c.Close()
		}
	}()
	file := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"type": "string"}`), 0o600))
	web := "http://" + l.Addr().String() + "/schema.json"
	for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
		for _, dialect := range []string{"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"} {
			r := schema.Registry{Engine: engine}
			for _, ref := range []string{web, "file://" + file, file} {
				_, err := r.Add("order.placed", fmt.Appendf(nil, `{"$schema": %q, "properties": {"a": {"$ref": %q}}}`, dialect, ref))
				require.ErrorContains(t, err, "nothing is fetched")
			}
			_, err = r.Add("order.placed", fmt.Appendf(nil, `{"$schema": %q}`, web))
			require.ErrorContains(t, err, "unknown dialect")
			add(t, &r, "identified", fmt.Sprintf(`{"$schema": %q, "$id": %q, "id": %q, "type": "object"}`, dialect, web, web))
			require.NoError(t, r.Validate(newEvent("identified", "/shop", `{}`)))
		}
	}
	l.Close()
	<-done
	require.Zero(t, called.Load())
}

func TestSameDocumentIsTheSameVersion(t *testing.T) {
	var r schema.Registry
	k := &memory{}
	require.NoError(t, r.KeepIn(k))
	require.Equal(t, 1, add(t, &r, "a", `{"maximum": 10, "type": "number"}`))
	require.Equal(t, 2, add(t, &r, "a", `{"maximum": 11, "type": "number"}`, unchecked))
	kept := k.written
	require.Equal(t, 1, add(t, &r, "a", ` {"type":"number","maximum":1.0e1}`))
	require.Equal(t, 2, add(t, &r, "a", `{"maximum": 11, "type": "number"}`, schema.AsVersion(2)))
	require.Equal(t, kept, k.written, "nothing is written")
	require.Equal(t, 3, add(t, &r, "a", `{"maximum": 12, "type": "number"}`, unchecked))
	require.Equal(t, 4, add(t, &r, "a", `{"maximum": 10, "type": "number"}`, schema.AsVersion(4), unchecked), "the way back to an old schema")
	require.NoError(t, r.Validate(newEvent("a", "/shop", `10`)))
	require.Error(t, r.Validate(newEvent("a", "/shop", `11`)))
}

func TestVersionIsNeverReplaced(t *testing.T) {
	var r schema.Registry
	require.Equal(t, 3, add(t, &r, "a", order, schema.AsVersion(3)))
	before := holdings(&r)
	for _, n := range []int{3, 2} {
		_, err := r.Add("a", []byte(orderToo), schema.AsVersion(n), unchecked)
		require.Error(t, err)
		require.Equal(t, n == 3, errors.Is(err, schema.ErrVersionExists), err)
	}
	_, err := r.Add("a", []byte(order), schema.URI("https://shop.example/other"))
	require.ErrorIs(t, err, schema.ErrVersionExists)
	require.Equal(t, before, holdings(&r))
	require.Equal(t, 4, add(t, &r, "a", orderToo, unchecked))
	require.Equal(t, schema.MaxVersion, add(t, &r, "a", `{}`, unchecked, schema.AsVersion(schema.MaxVersion)))
	_, err = r.Add("a", []byte(`{"title": "one too many"}`), unchecked)
	require.ErrorContains(t, err, "numbers")
}

func TestIncompatibleVersionIsRefusedWithItsReasons(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	add(t, &r, "a", `{"properties": {"total": {"type": "integer"}}}`)
	add(t, &r, "a", `{"properties": {"total": {"type": "number"}}}`, schema.AsVersion(5))
	before, kept := holdings(&r), k.written
	next := `{"properties": {"total": {"type": "number"}}, "required": ["total"]}`
	_, err := r.Add("a", []byte(next), schema.AcceptUnproven())
	var incompatible *schema.IncompatibleError
	require.ErrorAs(t, err, &incompatible)
	require.Equal(t, "a", incompatible.Type)
	require.Equal(t, 6, incompatible.Version)
	require.Equal(t, 5, incompatible.Against)
	require.Equal(t, schema.Backward, incompatible.Compatibility)
	require.Len(t, incompatible.Breaks, 1)
	require.Equal(t, before, holdings(&r))
	require.Equal(t, kept, k.written)

	narrower := `{"properties": {"total": {"type": "string"}}}`
	_, err = r.Add("a", []byte(narrower), schema.WithCompatibility(schema.FullTransitive))
	require.ErrorAs(t, err, &incompatible)
	require.Equal(t, 6, add(t, &r, "a", `{"properties": {"total": {}}}`, schema.WithCompatibility(schema.BackwardTransitive)))
	require.Equal(t, 7, add(t, &r, "a", narrower, schema.WithCompatibility(schema.Forward)))
	require.Equal(t, 8, add(t, &r, "a", next, unchecked))
}

func TestWhatCannotBeDecidedIsRefusedUnlessAccepted(t *testing.T) {
	var r schema.Registry
	add(t, &r, "a", `{"type": "string", "pattern": "^(a|b)+c?[0-9]*$"}`)
	next := `{"type": "string", "pattern": "^[abc]+[0-9a-z]*$"}`
	_, err := r.Add("a", []byte(next))
	var incompatible *schema.IncompatibleError
	require.ErrorAs(t, err, &incompatible)
	for _, b := range incompatible.Breaks {
		require.True(t, b.Unproven, b)
	}
	require.Equal(t, 2, add(t, &r, "a", next, schema.AcceptUnproven()))
}

func TestSharedDocumentsCountWhenVersionsAreCompared(t *testing.T) {
	var r schema.Registry
	require.NoError(t, r.AddDocument("https://shop.example/money.json", []byte(`{"type": "number"}`)))
	require.NoError(t, r.AddDocument("https://shop.example/text.json", []byte(`{"type": "string"}`)))
	add(t, &r, "a", `{"properties": {"total": {"$ref": "https://shop.example/money.json"}}}`)
	_, err := r.Add("a", []byte(`{"properties": {"total": {"$ref": "https://shop.example/text.json"}}}`))
	var incompatible *schema.IncompatibleError
	require.ErrorAs(t, err, &incompatible)
	require.False(t, incompatible.Breaks[0].Unproven)
	require.Equal(t, 2, add(t, &r, "a", `{"properties": {"total": {"type": "number"}}}`))
}

func TestTextsAreCopied(t *testing.T) {
	var r schema.Registry
	doc := []byte(order)
	_, err := r.Add("a", doc)
	require.NoError(t, err)
	clear(doc)
	require.JSONEq(t, order, string(r.Versions("a", "")[0].Doc))
}

func TestURIOfAVersion(t *testing.T) {
	for name, c := range map[string]struct {
		doc  string
		opts []schema.AddOption
		want string
	}{
		"made":             {order, nil, "https://schemas.invalid/order%20placed/1"},
		"made, of source":  {order, []schema.AddOption{schema.ForSource("/shop?a=1")}, "https://schemas.invalid/order%20placed/1?source=%2Fshop%3Fa%3D1"},
		"given":            {`{"$id": "https://shop.example/order"}`, []schema.AddOption{schema.URI("urn:shop:order:1")}, "urn:shop:order:1"},
		"given, fragment":  {order, []schema.AddOption{schema.URI("https://shop.example/order#v1")}, "https://shop.example/order#v1"},
		"identifier":       {`{"$id": "https://shop.example/order#"}`, nil, "https://shop.example/order"},
		"urn":              {`{"$id": "urn:uuid:11111111-1111-4111-8111-111111111111"}`, nil, "urn:uuid:11111111-1111-4111-8111-111111111111"},
		"relative":         {`{"$id": "order.json"}`, nil, "https://schemas.invalid/order%20placed/1"},
		"draft-04":         {`{"$schema": "http://json-schema.org/draft-04/schema#", "id": "https://shop.example/order"}`, nil, "https://shop.example/order"},
		"id of a property": {`{"properties": {"$id": {"type": "string"}}, "id": "https://shop.example/x"}`, nil, "https://schemas.invalid/order%20placed/1"},
	} {
		t.Run(name, func(t *testing.T) {
			var r schema.Registry
			add(t, &r, "order placed", c.doc, c.opts...)
			source := ""
			if len(r.Types()) == 1 {
				source = r.Types()[0].Source
			}
			require.Equal(t, c.want, r.Versions("order placed", source)[0].URI)
		})
	}
}

func TestDocumentsAreSharedAndNeverChange(t *testing.T) {
	for _, engine := range []schema.Engine{schema.GoJSONSchema, schema.Santhosh} {
		r := schema.Registry{Engine: engine}
		// They refer to each other, so one must be added before what it refers to.
		require.NoError(t, r.AddDocument("https://shop.example/order.json", []byte(`{"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "item.json"}}}}`)))
		_, err := r.Add("order.placed", []byte(`{"$ref": "https://shop.example/order.json"}`))
		require.ErrorContains(t, err, "item.json", "a schema finds all that it reaches")
		require.NoError(t, r.AddDocument("https://shop.example/item.json", []byte(`{"required": ["sku"], "properties": {"order": {"$ref": "order.json"}}}`)))
		add(t, &r, "order.placed", `{"allOf": [{"$ref": "https://shop.example/order.json"}]}`)
		require.NoError(t, r.Validate(newEvent("order.placed", "/shop", `{"items": [{"sku": "a"}]}`)))
		require.Error(t, r.Validate(newEvent("order.placed", "/shop", `{"items": [{"sku": "a", "order": {"items": [{}]}}]}`)))

		require.NoError(t, r.AddDocument("https://shop.example/item.json", []byte(`{"properties": {"order": {"$ref": "order.json"}}, "required": ["sku"]}`)))
		require.ErrorIs(t, r.AddDocument("https://shop.example/item.json", []byte(`{}`)), schema.ErrDocumentExists)
		require.ErrorContains(t, r.AddDocument("https://shop.example/new.json", []byte(`{"$id": "https://shop.example/item.json"}`)), "identifier")
		for _, uri := range []string{"", "item.json", "https://shop.example/a#b", "http://json-schema.org/draft-07/schema"} {
			require.Error(t, r.AddDocument(uri, []byte(`{}`)), uri)
		}
		require.ErrorContains(t, r.AddDocument("https://shop.example/bad.json", []byte(`{"type": 1}`)), "bad.json")
	}
}
