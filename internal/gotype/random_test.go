package gotype_test

import (
	"encoding/json"
	"math/rand"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/gotype"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

func FuzzWhatIsWrittenFitsTheSchema(f *testing.F) {
	for seed := range int64(100) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed int64) {
		fitsType(t, randomType(rand.New(rand.NewSource(seed)), 0), 5)
	})
}

var leaves = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int64](), reflect.TypeFor[uint8](), reflect.TypeFor[float64](), reflect.TypeFor[bool](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[json.Number](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any](),
	reflect.TypeFor[netip.Addr](), reflect.TypeFor[label](), reflect.TypeFor[pointerText](), reflect.TypeFor[mixed](), reflect.TypeFor[money](),
	reflect.TypeFor[suit](), reflect.TypeFor[coin](), reflect.TypeFor[kept](), reflect.TypeFor[list](), reflect.TypeFor[node](), reflect.TypeFor[tree](),
	reflect.TypeFor[pair[inner, *inner]](), reflect.TypeFor[char](), reflect.TypeFor[pointerChar](),
}

var keys = []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int16](), reflect.TypeFor[coded](), reflect.TypeFor[suit](), reflect.TypeFor[netip.Addr]()}

// randomType is a type of up to five levels, whose structs have all sorts of tags.
func randomType(r *rand.Rand, depth int) reflect.Type {
	if depth > 4 {
		return leaves[r.Intn(len(leaves))]
	}
	switch r.Intn(7) {
	case 0:
		return reflect.PointerTo(randomType(r, depth+1))
	case 1:
		return reflect.SliceOf(randomType(r, depth+1))
	case 2:
		return reflect.ArrayOf(r.Intn(3), randomType(r, depth+1))
	case 3:
		return reflect.MapOf(keys[r.Intn(len(keys))], randomType(r, depth+1))
	case 4, 5:
		return randomStruct(r, depth)
	}
	return leaves[r.Intn(len(leaves))]
}

func randomStruct(r *rand.Rand, depth int) reflect.Type {
	var fields []reflect.StructField
	for i := range r.Intn(5) {
		f := reflect.StructField{Name: "F" + strconv.Itoa(i), Type: randomType(r, depth+1)}
		tag := []string{[]string{"", "", "a", "b", "F1", "-", "x\\\\y", "é!"}[r.Intn(8)]}
		for _, option := range []string{"omitempty", "omitzero", "string", "other"} {
			if r.Intn(4) == 0 {
				tag = append(tag, option)
			}
		}
		f.Tag = reflect.StructTag(`json:"` + strings.Join(tag, ",") + `"`)
		fields = append(fields, f)
	}
	for _, embedded := range []reflect.Type{reflect.TypeFor[Embedded](), reflect.TypeFor[*Second]()} {
		if r.Intn(4) == 0 {
			f := reflect.StructField{Name: strings.TrimPrefix(embedded.Name(), "*"), Type: embedded, Anonymous: true}
			if embedded.Kind() == reflect.Pointer {
				f.Name = embedded.Elem().Name()
			}
			fields = append(fields, f)
		}
	}
	return reflect.StructOf(fields)
}

type (
	Embedded struct {
		F1 string
		E  int `json:"a"`
	}
	Second struct {
		F1 []byte `json:",omitempty"`
		B  int    `json:"b"`
	}
)

// FuzzJSONSchema gives a type's own schema: it is taken, and what comes of it is a schema
// too; or it is an error.
func FuzzJSONSchema(f *testing.F) {
	for _, text := range []string{`{}`, `true`, `false`, ` {"type":"string"}`, `{"$ref":"#"}`, `[]`, `null`, `{"a":1,"a":2}`, `{"not":{"$id":"x"}}`, `{`, "\xff",
		`{"$schema":"http://json-schema.org/draft-07/schema#","enum":["<",1e400]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fuzzed = text
		defer func() { fuzzed = nil }()
		for _, typ := range []reflect.Type{reflect.TypeFor[given](), reflect.TypeFor[struct{ A, B *given }]()} {
			doc, err := gotype.Schema(typ)
			if err != nil {
				continue
			}
			d, err := jsonschema.Parse("urn:test", doc, jsonschema.Draft4)
			require.NoError(t, err, string(doc))
			_, err = new(jsonschema.Set).Check(d)
			require.NoError(t, err, string(doc))
		}
	})
}

// given writes itself, by the schema that is being fuzzed.
type given struct{}

var fuzzed []byte

func (given) MarshalText() ([]byte, error) { return nil, nil }
func (given) JSONSchema() []byte           { return fuzzed }

// fill sets what can be set of v to anything that encoding/json writes; nil and the zero
// value among it. What writes itself, and is no enum, stays zero.
func fill(v reflect.Value, r *rand.Rand, depth int) {
	if !v.CanSet() || r.Intn(5) == 0 || depth > 6 {
		return
	}
	if m := v.Addr().MethodByName("Values"); m.IsValid() {
		values := m.Call(nil)[0]
		v.Set(values.Index(r.Intn(values.Len())))
		return
	}
	switch v.Addr().Interface().(type) {
	case *time.Time:
		v.Set(reflect.ValueOf(time.Unix(r.Int63n(1<<36), r.Int63n(1e9)).UTC()))
		return
	case *json.Number:
		v.SetString("-12.50e+3")
		return
	case json.Marshaler:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), r, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r, depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), r, depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.Intn(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), r, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.Intn(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, r, depth+1)
			fill(value, r, depth+1)
			v.SetMapIndex(key, value)
		}
	default:
		fillScalar(v, r)
	}
}

// fillScalar likes the ends of the ranges.
func fillScalar(v reflect.Value, r *rand.Rand) {
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.String:
		v.SetString([]string{"a", "\"<é>\\", "null", "12"}[r.Intn(4)])
	case v.CanInt():
		end := int64(1)<<(v.Type().Bits()-1) - 1
		v.SetInt([]int64{end, -end - 1, -1, 7}[r.Intn(4)])
	case v.CanUint():
		v.SetUint([]uint64{1<<v.Type().Bits() - 1, 1, 9}[r.Intn(3)])
	case v.CanFloat():
		v.SetFloat([]float64{1e30, -1e-30, 0.1, -2, 1e21}[r.Intn(5)])
	}
}
