package gotype_test

//lint:file-ignore SA5008 tags that nobody should write are what is tested

import (
	"bytes"
	"encoding/json"
	"math/big"
	"math/rand"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"

	"github.com/eventbridge-go/eventbridge/internal/gotype"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

func TestWhatIsWrittenFitsTheSchema(t *testing.T) {
	var (
		text   = "a"
		number = int64(7)
		again  = &number
	)
	fits(t, true)
	fits(t, "")
	fits(t, []string{"a"}, []string{})
	fits(t, map[string]int{"a": 1}, map[string]int{})
	fits(t, new(string))
	fits(t, new(*string), pointerTo(&text))
	fits[any](t, nil, 1, "a", []any{nil})
	fits(t, json.RawMessage(nil), json.RawMessage(`{"a":[1]}`))
	fits(t, json.Number(""), "1.5e-3", "12")
	fits(t, time.Time{}, time.Date(2026, 2, 28, 23, 59, 59, 999999999, time.FixedZone("", -3*3600)))
	fits[time.Duration](t)
	fits[numbers](t)
	fits[quotedScalars](t)
	fits(t, quotedPointers{}, quotedPointers{S: &text, I: &number, O: &number, PP: &again})
	fits[collections](t)
	fits(t, maps{}, maps{Integers: map[int8]string{-3: "a"}, Texts: map[netip.Addr]bool{netip.IPv6Loopback(): true},
		Labels: map[label]int{"x": 1}, Numbers: map[coded]int{3: 4}, Open: map[string]any{"a": nil}})
	fits[pointers](t)
	fits(t, anything{}, anything{Raw: json.RawMessage(`[1]`), Any: 3.5, Number: "1e9", Err: &json.UnsupportedValueError{}})
	fits(t, marshalers{}, marshalers{Big: *big.NewInt(5), PBig: big.NewInt(1 << 40), Bigs: []big.Int{*big.NewInt(2)}, Addr: netip.IPv6Loopback(),
		PText: &pointerText{1}, Texts: []pointerText{{2}}, Money: money{12}, PMoney: &money{13}, Stamped: stamped{time.Unix(1, 0), "x"}})
	fits(t, options{}, options{Slice: []int{1}, Pointer: pointerTo(&text), Kept: kept{1}, Struct: inner{A: 1}})
	fits(t, node{Label: "a"}, node{Children: []*node{nil, {Label: "b"}}, Parent: &node{}, Named: map[string]node{"c": {}}})
	fits(t, tree{}, tree{{}, nil, {{}}})
	fits(t, forest{}, forest{"a": {"b": nil}})
	fits(t, &node{}, (*node)(nil))
	fits(t, []node{{}})
	fits(t, pair[inner, []pair[inner, string]]{}, pair[inner, []pair[inner, string]]{B: []pair[inner, string]{{}}})
	fits(t, suits{Map: map[suit]int{"hearts": 1}, Plain: "spades", Texts: []textSuit{1}, Size: 36, Quoted: 42}, suits{
		Plain: "hearts", Pointer: pointerTo(suit("clubs")), Text: 1, Size: 42, Quoted: 36})
	fits[escapes](t)
	fits[struct {
		Coin  coin
		Coins []coin
		Rate  rate
	}](t)
}

// The rows are the corners of the rules by which fields of embedded structs are promoted.
func TestPromotedFieldsAreThoseThatAreWritten(t *testing.T) {
	type A struct{ X, Y int }
	type B struct {
		X int
		Z string `json:"z,omitempty"`
	}
	type tagged struct {
		Other int `json:"X"`
	}
	type Deep struct{ A }
	type Twice1 struct{ Deep }
	type Twice2 struct{ Deep }
	type Direct1 struct{ A }
	type Direct2 struct{ A }
	type unexported struct{ Seen int }
	type Loop struct {
		*Loop
		L int
	}
	type Kind int
	type hidden int
	type Iface interface{ M() }

	fits[A](t)
	fits[struct{ A }](t)
	fits[struct {
		A
		B
	}](t)
	fits[struct {
		A
		B
		tagged
	}](t)
	both := reflect.StructOf([]reflect.StructField{ // go vet refuses it as source
		{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"a"`},
		{Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"a"`},
		{Name: "C", Type: reflect.TypeFor[int]()},
	})
	doc, err := gotype.Schema(both)
	require.NoError(t, err)
	require.NotContains(t, string(doc), `"a"`)
	require.Contains(t, string(doc), `"C"`)
	fits[struct {
		A
		X string
	}](t)
	fits[struct {
		A `json:"a"`
		B
	}](t)
	fits[struct {
		A `json:"-"`
		B `json:"-,"`
	}](t)
	fits[struct {
		Twice1
		Twice2
	}](t)
	fits[struct {
		Twice1
		Twice2
		A
	}](t)
	fits[struct {
		Direct1
		Direct2
	}](t)
	fits(t, struct{ *A }{}, struct{ *A }{&A{1, 2}})
	fits(t, struct {
		*A
		B
	}{}, struct {
		*A
		B
	}{A: &A{1, 2}})
	fits[struct{ unexported }](t)
	fits(t, struct{ *unexported }{}, struct{ *unexported }{&unexported{}})
	fits(t, Loop{}, Loop{Loop: &Loop{L: 3}})
	fits[struct {
		Kind
		hidden
	}](t)
	fits[struct{ Iface }](t)
	fits[struct {
		C int `json:"c\\d"`
		D int `json:"d!,"`
		E int `json:",omitempty"`
		F int `json:"f,weird,omitzero"`
		g int
	}](t)
	fits[struct{ time.Time }](t)
	fits[struct {
		time.Time
		netip.Addr
		Name string
	}](t)
}

// fits checks the zero value, the given ones, and random ones, as they are and behind a
// pointer: they fit, and every property that is written is declared.
func fits[T any](t *testing.T, values ...T) {
	t.Helper()
	pointers := make([]reflect.Value, len(values))
	for i := range values {
		pointers[i] = reflect.ValueOf(&values[i])
	}
	fitsType(t, reflect.TypeFor[T](), 40, pointers...)
}

func fitsType(t *testing.T, typ reflect.Type, samples int, pointers ...reflect.Value) {
	t.Helper()
	doc, err := gotype.Schema(typ)
	require.NoError(t, err, typ)
	again, err := gotype.Schema(typ)
	require.NoError(t, err)
	require.Equal(t, string(doc), string(again), "not deterministic")

	d, err := jsonschema.Parse("urn:test", doc, jsonschema.Draft4)
	require.NoError(t, err)
	_, err = new(jsonschema.Set).Check(d)
	require.NoError(t, err)

	schemas := []*gojsonschema.Schema{compile(t, doc), compile(t, closed(t, doc))}
	random := rand.New(rand.NewSource(5))
	pointers = append(pointers, reflect.New(typ))
	for range samples {
		p := reflect.New(typ)
		fill(p.Elem(), random, 0)
		pointers = append(pointers, p)
	}
	for _, p := range pointers {
		for _, v := range []any{p.Interface(), p.Elem().Interface()} {
			text, err := json.Marshal(v)
			require.NoError(t, err, "%s: %+v", typ, v)
			for _, s := range schemas {
				result, err := s.Validate(gojsonschema.NewBytesLoader(text))
				require.NoError(t, err)
				require.True(t, result.Valid(), "%s: %s\n%v\n%s", typ, text, result.Errors(), doc)
			}
		}
	}
}

func compile(t *testing.T, doc []byte) *gojsonschema.Schema {
	t.Helper()
	s, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(doc))
	require.NoError(t, err, string(doc))
	return s
}

// closed is the schema with additionalProperties false wherever nothing is said of them.
func closed(t *testing.T, doc []byte) []byte {
	var root any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&root))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
			if _, said := v["additionalProperties"]; !said && v["type"] == "object" {
				v["additionalProperties"] = false
			}
		}
	}
	walk(root)
	text, err := json.Marshal(root)
	require.NoError(t, err)
	return text
}

func pointerTo[T any](v T) *T { return &v }
