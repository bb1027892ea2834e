package inference

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"
)

const seeds = 5 // of each sampler, in a property test

func add(t testing.TB, samples ...[]byte) *Model {
	t.Helper()
	m := &Model{}
	for _, s := range samples {
		require.NoError(t, m.Add(s), "%s", s)
	}
	return m
}

func addText(t testing.TB, samples ...string) *Model {
	t.Helper()
	m := &Model{}
	for _, s := range samples {
		require.NoError(t, m.Add([]byte(s)), "%s", s)
	}
	return m
}

func written(t testing.TB, m *Model) string {
	t.Helper()
	b, err := m.MarshalBinary()
	require.NoError(t, err)
	return string(b)
}

func TestSchemaAcceptsEverySample(t *testing.T) {
	for name := range samplers(0) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(seeds / 4) {
				samples := samplers(seed)[name].samples(15)
				requireAccepts(t, add(t, samples...).Schema(), samples)
			}
		})
	}
}

// requireAccepts asks both engines, which differ about formats.
func requireAccepts(t *testing.T, schema []byte, samples [][]byte) {
	t.Helper()
	first, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schema))
	require.NoError(t, err, "%s", schema)
	doc, err := santhosh.UnmarshalJSON(bytes.NewReader(schema))
	require.NoError(t, err)
	compiler := santhosh.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("urn:discovered", doc))
	second, err := compiler.Compile("urn:discovered")
	require.NoError(t, err)
	for _, s := range samples {
		result, err := first.Validate(gojsonschema.NewBytesLoader(s))
		require.NoError(t, err, "%s", s)
		require.Empty(t, result.Errors(), "%s\nof %s", s, schema)
		tree, err := santhosh.UnmarshalJSON(bytes.NewReader(s))
		require.NoError(t, err)
		require.NoError(t, second.Validate(tree), "%s", s)
	}
}

func TestOrderAndPartitionMakeNoDifference(t *testing.T) {
	var mu sync.Mutex
	wide, lost := 0, 0
	t.Run("all", func(t *testing.T) {
		for name := range samplers(0) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(seeds) {
					s := samplers(seed)[name]
					samples := s.samples(1 + s.IntN(30))
					whole := add(t, samples...)
					want := written(t, whole)
					for range 3 {
						s.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
						parts := partition(t, s.Rand, samples)
						require.Equal(t, want, written(t, parts), "seed %d", seed)
						require.Equal(t, string(whole.Schema()), string(parts.Schema()))
					}
					mu.Lock()
					wide += countWide(whole.root)
					if whole.lost > 0 {
						lost++
					}
					mu.Unlock()
				}
			})
		}
	})
	require.Greater(t, wide, 5, "maps were not tested")
	require.Greater(t, lost, 2, "the cut was not tested")
}

// Each of the samples is within the bound, all of them are not, and no map is involved.
func TestCutIsTheSameInAnyOrder(t *testing.T) {
	var samples [][]byte
	for i := range 8 {
		samples = append(samples, []byte(`{"branch`+words(i+1)+`":`+nested(8, 4)+`}`))
	}
	whole := add(t, samples...)
	require.Equal(t, 4, whole.limit())
	require.Zero(t, countWide(whole.root))
	r := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		require.Equal(t, written(t, whole), written(t, partition(t, r, samples)))
	}
}

// partition adds the samples to models that it merges in some order, and sends some
// of them through their written form.
func partition(t *testing.T, r *rand.Rand, samples [][]byte) *Model {
	t.Helper()
	if len(samples) <= 1 || r.IntN(3) == 0 {
		return add(t, samples...)
	}
	at := r.IntN(len(samples))
	a, b := partition(t, r, samples[:at]), partition(t, r, samples[at:])
	if r.IntN(2) == 0 {
		a, b = b, a
	}
	if r.IntN(2) == 0 {
		read := &Model{}
		require.NoError(t, read.UnmarshalBinary([]byte(written(t, a))))
		a = read
	}
	before := written(t, b)
	c := a.Clone()
	c.Merge(b)
	require.Equal(t, before, written(t, b), "Merge wrote to its argument")
	return c
}

func countWide(n *node) int {
	if n == nil {
		return 0
	}
	count := countWide(n.items)
	if o := n.object; o != nil {
		if o.wide {
			count++
		}
		count += countWide(o.others)
		for _, f := range o.fields {
			count += countWide(f.node)
		}
	}
	return count
}

func TestSamplesAddedTwiceBringNothingNew(t *testing.T) {
	for name := range samplers(0) {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(seeds / 4) {
				s := samplers(seed)[name]
				s.twice = false // what comes twice is left to Add
				samples := s.samples(40)
				m := add(t, samples...)
				for _, s := range samples {
					require.True(t, m.AddKnown(s), "%s", s)
				}
				require.EqualValues(t, 2*len(samples), m.Count())
			}
		})
	}
}

func TestWhatIsKnownChangesNothing(t *testing.T) {
	for name := range samplers(0) {
		t.Run(name, func(t *testing.T) {
			known := 0
			for seed := range uint64(seeds) {
				s := samplers(seed)[name]
				m := add(t, s.samples(20)...)
				for _, sample := range s.samples(20) {
					slow := m.Clone()
					if !m.AddKnown(sample) {
						continue
					}
					known++
					slow.Merge(add(t, sample))
					require.Equal(t, written(t, slow), written(t, m), "%s", sample)
				}
			}
			require.Positive(t, known)
		})
	}
}

func TestInvalidJSONIsNeverCounted(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, text := range []string{
		"", " ", "{", "}", "[1,]", "[,1]", `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":1 "b":2}`, "01", "1.", ".5", "1e", "+1", "-",
		"truth", "nul", "1 2", "[1]]", `"`, `"\x"`, `"\u12"`, "\"\n\"", `"a`, `{"a":1}x`, "\x00", "[1\x00]", "NaN", "'a'",
		"\ufeff1", deep(10_001),
	} {
		m := addText(t, `{"a":1}`, "[1]", "0.5", `"x"`, "true", "null", "[[]]")
		before := written(t, m)
		require.Error(t, m.Add([]byte(text)), "%.20q", text)
		require.False(t, m.AddKnown([]byte(text)), "%.20q", text)
		require.Equal(t, before, written(t, m), "%.20q", text)
	}
	m := addText(t, deep(10_000))
	require.True(t, m.AddKnown([]byte(deep(10_000))))
}

func TestErrorSaysWhere(t *testing.T) {
	m := &Model{}
	require.ErrorContains(t, m.Add([]byte(`{"a":1,}`)), "sample: byte 8: ")
	require.Zero(t, m.Count())
}

func TestSchemaOf(t *testing.T) {
	object := func(properties, required string) string {
		if required != "" {
			required = `,"required":[` + required + `]`
		}
		return `{"type":"object","properties":{` + properties + `}` + required + `}`
	}
	tests := []struct {
		name    string
		samples []string
		want    string
	}{
		{"integer", []string{"1", "2.0", "1e2", "-0"}, `{"type":"integer"}`},
		{"integer and fraction", []string{"1", "0.5"}, `{"type":"number"}`},
		{"empty objects", []string{"{}"}, object("", "")},
		{"nullable", []string{"null", `"x"`}, `{"type":["null","string"]}`},
		{"all types", []string{"[]", "{}", "1", "true", "null", `"x"`},
			`{"type":["array","boolean","integer","null","object","string"],"properties":{}}`},
		{"array", []string{`[1,null]`, `[0.5]`, "[]"}, `{"type":"array","items":{"type":["null","number"]}}`},
		{"empty arrays", []string{`[]`}, `{"type":"array"}`},
		{"required", []string{`{"a":1,"b":2}`, `{"a":1,"c":2}`},
			object(`"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"}`, `"a"`)},
		{"an empty object requires nothing", []string{`{"a":1}`, `{}`}, object(`"a":{"type":"integer"}`, "")},
		{"an empty object first", []string{`{}`, `{"a":1}`}, object(`"a":{"type":"integer"}`, "")},
		{"last of duplicates", []string{`{"a":1,"a":"x"}`}, object(`"a":{"type":"string"}`, `"a"`)},
		{"names in escapes", []string{`{"\u0061":1}`, `{"a":1}`}, object(`"a":{"type":"integer"}`, `"a"`)},
		{"identifiers", []string{`{"17":{"n":1}}`, `{"18":{"n":2}}`},
			`{"type":"object","additionalProperties":` + object(`"n":{"type":"integer"}`, `"n"`) + `}`},
		{"format", []string{`"2026-11-25"`, `"2026-11-26"`}, `{"type":"string","format":"date"}`},
		{"format beside null", []string{`"2026-11-25"`, "null"}, `{"type":["null","string"],"format":"date"}`},
		{"no format beside numbers", []string{`"2026-11-25"`, "1"}, `{"type":["integer","string"]}`},
		{"format in escapes", []string{`"2026\u002d11-25"`}, `{"type":"string","format":"date"}`},
		{"format missed once", []string{`"2026-11-25"`, `""`, `"2026-11-25"`}, `{"type":"string"}`},
		{"two formats", []string{`"2026-11-25"`, `"a@example.com"`}, `{"type":"string"}`},
		{"no samples", nil, `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got map[string]any
			require.NoError(t, json.Unmarshal(addText(t, test.samples...).Schema(), &got))
			require.EqualValues(t, len(test.samples), got["x-samples"])
			require.Equal(t, "http://json-schema.org/draft-07/schema#", got["$schema"])
			delete(got, "x-samples")
			delete(got, "$schema")
			schema, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(schema))
		})
	}
}

func TestFormatIsDroppedForGood(t *testing.T) {
	m := addText(t, `"2026-11-25"`, `"tomorrow"`)
	for range 1_000 {
		require.NoError(t, m.Add([]byte(`"2026-11-25"`)))
	}
	other := addText(t, `"2026-11-25"`)
	other.Merge(m)
	require.NotContains(t, string(m.Schema()), "format")
	require.NotContains(t, string(other.Schema()), "format")
}

func TestAddKnownIsSafeConcurrently(t *testing.T) {
	samples := samplers(1)["varying"].samples(20)
	m := add(t, samples...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, s := range samples {
				if !m.AddKnown(s) {
					t.Errorf("not known: %s", s)
				}
				m.Schema()
				written(t, m)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 100, m.Count())
}
