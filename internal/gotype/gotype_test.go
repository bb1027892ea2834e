package gotype_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/gotype"
)

// compact is a type's schema without white space and $schema.
func compact(t *testing.T, typ reflect.Type) string {
	t.Helper()
	doc, err := gotype.Schema(typ)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, doc))
	rest, ok := strings.CutPrefix(b.String(), `{"$schema":"http://json-schema.org/draft-07/schema#"`)
	require.True(t, ok, b.String())
	return "{" + strings.TrimPrefix(rest, ",")
}

func TestSchemaSaysWhatIsKnownOfAType(t *testing.T) {
	for want, typ := range map[string]reflect.Type{
		`{"type":"boolean"}`:                                                   reflect.TypeFor[bool](),
		`{"type":"integer"}`:                                                   reflect.TypeFor[time.Duration](),
		`{"type":"integer","minimum":-128,"maximum":127}`:                      reflect.TypeFor[int8](),
		`{"type":"integer","minimum":-2147483648,"maximum":2147483647}`:        reflect.TypeFor[rune](),
		`{"type":"integer","minimum":0}`:                                       reflect.TypeFor[uint64](),
		`{"type":"integer","minimum":0,"maximum":4294967295}`:                  reflect.TypeFor[uint32](),
		`{"type":"number"}`:                                                    reflect.TypeFor[json.Number](),
		`{"type":["number","null"]}`:                                           reflect.TypeFor[**float32](),
		`{"type":"string"}`:                                                    reflect.TypeFor[netip.Addr](),
		`{"type":"string","format":"date-time"}`:                               reflect.TypeFor[time.Time](),
		`{"type":["string","null"],"format":"date-time"}`:                      reflect.TypeFor[*time.Time](),
		`{"type":["string","null"],"pattern":"^[A-Za-z0-9+/]*={0,2}$"}`:        reflect.TypeFor[[]char](),
		`{"type":["array","null"],"items":{"type":"string"}}`:                  reflect.TypeFor[[]pointerChar](),
		`{"type":"array","items":{"type":"string"},"minItems":2,"maxItems":2}`: reflect.TypeFor[[2]string](),
		`{"type":["object","null"],"additionalProperties":{}}`:                 reflect.TypeFor[map[string]any](),
		`{"type":["object","null"],"propertyNames":{"pattern":"^-?[0-9]+$"},` +
			`"additionalProperties":{"type":"boolean"}}`: reflect.TypeFor[map[int]bool](),
		`{"type":["object","null"],"additionalProperties":{"type":"integer"}}`: reflect.TypeFor[map[coded]int](),
		`{"type":"object"}`:                                                                reflect.TypeFor[struct{ hidden int }](),
		`{"type":"integer","enum":[0,36,42]}`:                                              reflect.TypeFor[size](),
		`{"type":["integer","null"],"enum":[0,36,42,null]}`:                                reflect.TypeFor[*size](),
		`{"type":"boolean","enum":[true]}`:                                                 reflect.TypeFor[flag](),
		`{"type":"number","enum":[0,0.1]}`:                                                 reflect.TypeFor[rate](),
		`{"enum":["0 cents",0,"5 cents",5]}`:                                               reflect.TypeFor[coin](),
		`{"type":["array","null"],"items":{"type":"string","enum":["0 cents","5 cents"]}}`: reflect.TypeFor[[]coin](),
		`{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":1}`:             reflect.TypeFor[[1]others](),
		`{"type":"object","properties":{"N":{"type":"integer"}},"required":["N"]}`:         reflect.TypeFor[bag](),
		`{"type":"object","properties":{"P":{"type":"string"},"S":{"type":"array","items":{"type":"integer"}}}}`: reflect.TypeFor[struct {
			P *pointerText `json:",omitempty"`
			S []int        `json:",omitempty"`
		}](),
		`{"not":{}}`: reflect.TypeFor[impossible](),
		`{"type":"string","enum":["none","some"]}`:                                                               reflect.TypeFor[textSuit](),
		`{"type":"object","required":["cents"],"properties":{"cents":{"type":"integer"}}}`:                       reflect.TypeFor[money](),
		`{"anyOf":[{"type":"string"},{"type":"object","properties":{"N":{"type":"integer"}},"required":["N"]}]}`: reflect.TypeFor[pointerText](),
		`{"type":["string","null"]}`: reflect.TypeFor[*pointerText](),
		`{"type":"object","properties":{"a<b>&c":{"type":"integer"},"a/b~c":{"type":"integer"},"größe":{"type":"integer"}},` +
			`"required":["a<b>&c","a/b~c","größe"]}`: reflect.TypeFor[escapes](),
	} {
		require.Equal(t, want, compact(t, typ), typ)
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[any](), reflect.TypeFor[error](), reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.RawMessage](),
		reflect.TypeFor[big.Int](), reflect.TypeFor[*big.Int](), reflect.TypeFor[stamped](), reflect.TypeFor[mixed](), reflect.TypeFor[anyhow](),
	} {
		require.Equal(t, `{}`, compact(t, typ), typ)
	}
}

func TestEmbeddingASelfDescribedOrListedTypeDoesNotDescribeTheOuterOne(t *testing.T) {
	type outer struct {
		size
		Name string
	}
	require.Equal(t, `{"type":"object","properties":{"Name":{"type":"string"}},"required":["Name"]}`, compact(t, reflect.TypeFor[outer]()))
	type described struct {
		onlyDescribed
		Name string
	}
	require.Equal(t, `{"type":"object","properties":{"Name":{"type":"string"}},"required":["Name"]}`, compact(t, reflect.TypeFor[described]()))
}

func TestRequiredIsWhatIsAlwaysWritten(t *testing.T) {
	type embedded struct{ E int }
	type T struct {
		A int
		B int  `json:"b,omitempty"`
		C *int `json:"c"`
		D *int `json:"d,omitzero"`
		*embedded
	}
	require.Equal(t, `{"type":"object","properties":{"A":{"type":"integer"},"b":{"type":"integer"},"c":{"type":["integer","null"]},`+
		`"d":{"type":"integer"},"E":{"type":"integer"}},"required":["A","c"]}`, compact(t, reflect.TypeFor[T]()))
}

func TestSharedAndRecursiveTypesAreDefinitions(t *testing.T) {
	for want, typ := range map[string]reflect.Type{
		// The root is "#".
		`{"type":"object","properties":{"Next":{"$ref":"#"}}}`: reflect.TypeFor[list](),
		// null is not what the list itself accepts.
		`{"anyOf":[{"$ref":"#/definitions/list"},{"type":"null"}],"definitions":{"list":{"type":"object","properties":{"Next":{"$ref":"#/definitions/list"}}}}}`:       reflect.TypeFor[*list](),
		`{"type":["array","null"],"items":{"$ref":"#/definitions/list"},"definitions":{"list":{"type":"object","properties":{"Next":{"$ref":"#/definitions/list"}}}}}`: reflect.TypeFor[[]list](),
		`{"anyOf":[{"$ref":"#/definitions/tree"},{"type":"null"}],"definitions":{"tree":{"type":"array",` +
			`"items":{"anyOf":[{"$ref":"#/definitions/tree"},{"type":"null"}]}}}}`: reflect.TypeFor[tree](),
		// Two types of the same name, and a generic one.
		`{"type":"object","properties":{"A":{"$ref":"#/definitions/pair_inner_string"},"B":{"$ref":"#/definitions/pair_inner_string"}},"required":["A","B"],` +
			`"definitions":{"pair_inner_string":{"type":"object","properties":{"A":{"type":"object","properties":{"A":{"type":"integer"},"b":{"type":"string"}},"required":["A"]},` +
			`"B":{"type":"string"}},"required":["A","B"]}}}`: reflect.TypeFor[pair[pair[inner, string], pair[inner, string]]](),
		`{"type":"object","properties":{"A":{"$ref":"#/definitions/twin"},"B":{"$ref":"#/definitions/twin_2"},"C":{"$ref":"#/definitions/twin"},` +
			`"D":{"$ref":"#/definitions/twin_2"}},"required":["A","B","C","D"],"definitions":{"twin":{"type":"object"},` +
			`"twin_2":{"type":"object","properties":{"X":{"type":"integer"}},"required":["X"]}}}`: twins(),
	} {
		require.Equal(t, want, compact(t, typ), typ)
	}
}

func twins() reflect.Type {
	type twin struct{}
	first := reflect.TypeFor[twin]()
	second := func() reflect.Type {
		type twin struct{ X int }
		return reflect.TypeFor[twin]()
	}()
	return reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: first}, {Name: "B", Type: second}, {Name: "C", Type: first}, {Name: "D", Type: second},
	})
}

func TestEverythingThatIsNotWrittenIsNamedWithItsPlace(t *testing.T) {
	type Base struct{ Hook func() }
	type item struct {
		Done chan int
		OK   func() `json:"-"`
	}
	type order struct {
		*Base
		Items  []item
		Again  *item
		Prices map[struct{ X int }]complex64
		Deep   map[string][2]struct{ C complex128 }
		Enum   map[panics]int
		None   empty
		Refers refers
		Old    *draft4
		Broken broken
		Silent silent
		Loop   loop
		Float  map[float64]int
	}
	_, err := gotype.Schema(reflect.TypeFor[order]())
	require.EqualError(t, err, strings.Join([]string{
		`gotype_test.order.Base.Hook: a func() is not written as JSON`,
		`gotype_test.order.Items[].Done: a chan int is not written as JSON`,
		`gotype_test.order.Prices: the key of a map is a string, an integer or an encoding.TextMarshaler, not a struct { X int }`,
		`gotype_test.order.Prices[]: a complex64 is not written as JSON`,
		`gotype_test.order.Deep[][].C: a complex128 is not written as JSON`,
		`gotype_test.order.Enum[key]: what its Values returns: it panics on the zero value: no values`,
		`gotype_test.order.None: what its Values returns: there are none`,
		`gotype_test.order.Refers: what its JSONSchema returns: /properties/a/$ref: $ref would mean something else within the schema of another type`,
		`gotype_test.order.Old: what its JSONSchema returns: its $schema is http://json-schema.org/draft-04/schema#, want http://json-schema.org/draft-07/schema#`,
		`gotype_test.order.Broken: what its JSONSchema returns: not JSON: unexpected end of JSON input`,
		`gotype_test.order.Silent: what its Values returns: value 0: json: error calling MarshalJSON for type gotype_test.silent: never`,
		`gotype_test.order.Loop: gotype_test.loop points to itself`,
		`gotype_test.order.Float: the key of a map is a string, an integer or an encoding.TextMarshaler, not a float64`,
	}, "\n"))
}

// deep is a struct in a struct, so many times.
func deep(levels int, name string) reflect.Type {
	typ := reflect.TypeFor[int]()
	for range levels {
		typ = reflect.StructOf([]reflect.StructField{{Name: name, Type: typ}, {Name: "Z", Type: typ}})
	}
	return typ
}

func TestSizeIsBounded(t *testing.T) {
	_, err := gotype.Schema(deep(13, "A"))
	require.ErrorContains(t, err, "the type is too large: its schema has more than 10000 subschemas")
	typ := reflect.TypeFor[int]()
	for range 70 {
		typ = reflect.SliceOf(typ)
	}
	_, err = gotype.Schema(typ)
	require.ErrorContains(t, err, "too deep")
}

func TestDeepNamedTypesBecomeDefinitions(t *testing.T) {
	type n3 = box[box[box[box[box[box[box[box[box[box[box[box[int]]]]]]]]]]]]
	type n6 = box[box[box[box[box[box[box[box[box[box[box[box[n3]]]]]]]]]]]]
	type n9 = box[box[box[box[box[box[box[box[box[box[box[box[n6]]]]]]]]]]]]
	fits[n9](t)
	require.Contains(t, compact(t, reflect.TypeFor[n9]()), `"definitions":{"box_box_`)
}

func TestTheSchemaIsIndented(t *testing.T) {
	doc, err := gotype.Schema(reflect.TypeFor[inner]())
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/inner.json")
	require.NoError(t, err)
	require.Equal(t, string(want), string(doc)+"\n")
}
