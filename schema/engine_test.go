package schema

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

var bothEngines = []Engine{GoJSONSchema, Santhosh}

const testURI = "http://schemas.example/test"

// compiled is a validator of a schema that stands alone.
func compiled(t testing.TB, text string, e Engine) *validator {
	t.Helper()
	v, err := tryCompile(text, e)
	require.NoError(t, err)
	return v
}

func tryCompile(text string, e Engine, others ...*jsonschema.Document) (*validator, error) {
	doc, err := jsonschema.Parse(testURI, []byte(text), jsonschema.Draft7)
	if err != nil {
		return nil, err
	}
	set := &jsonschema.Set{}
	for _, d := range append(others, doc) {
		if err := set.Add(d); err != nil {
			return nil, err
		}
	}
	return compile(set, doc, e)
}

// onBothEngines runs a test with each engine.
func onBothEngines(t *testing.T, test func(t *testing.T, e Engine)) {
	for _, e := range bothEngines {
		t.Run(e.String(), func(t *testing.T) { test(t, e) })
	}
}

func TestNothingIsFetched(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, `{}`)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))

	schemas := map[string]string{
		"reference":             `{"$ref":"` + server.URL + `/a"}`,
		"reference with place":  `{"properties":{"a":{"$ref":"` + server.URL + `/a#/definitions/b"}}}`,
		"identifier and path":   `{"$id":"` + server.URL + `/dir/","properties":{"a":{"$ref":"b.json"}}}`,
		"identifier within":     `{"properties":{"a":{"$id":"` + server.URL + `/dir/","$ref":"x","items":{"$ref":"b.json"}}}}`,
		"dialect":               `{"$schema":"` + server.URL + `/schema#"}`,
		"dialect within":        `{"properties":{"a":{"$schema":"` + server.URL + `/schema#"}}}`,
		"file":                  `{"$ref":"file://` + file + `"}`,
		"file by identifier":    `{"$id":"file://` + filepath.Dir(file) + `/","$ref":"schema.json"}`,
		"file by its path":      `{"$ref":"` + file + `"}`,
		"2020-12":               `{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"` + server.URL + `/a"}`,
		"2020-12 dynamic":       `{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicRef":"` + server.URL + `/a#b"}`,
		"beside":                `{"definitions":{"a":{}},"properties":{"a":{"$ref":"#/definitions/a","items":{"$ref":"` + server.URL + `/a"}}}}`,
		"older metaschema":      `{"$ref":"http://json-schema.org/draft-03/schema#"}`,
		"folder of metaschemas": `{"$ref":"http://json-schema.org/draft-07/other#"}`,
	}
	// In these places a reference is no reference.
	harmless := map[string]string{
		"default":  `{"default":{"$ref":"` + server.URL + `/a"}}`,
		"examples": `{"examples":[{"$id":"` + server.URL + `/a","$ref":"b"}]}`,
		"enum":     `{"enum":[{"$ref":"` + server.URL + `/a"},{"a":1}]}`,
		"const":    `{"properties":{"a":{"const":{"$ref":"` + server.URL + `/a","$schema":"` + server.URL + `/s"}}}}`,
		"unknown":  `{"x-own":{"$ref":"` + server.URL + `/a","$id":"` + server.URL + `/b"}}`,
		"own":      `{"$id":"` + server.URL + `/own","properties":{"a":{"$ref":"#/definitions/a"}},"definitions":{"a":{}}}`,
		"the same": `{"$ref":"http://json-schema.org/draft-07/schema#"}`,
		"newer":    `{"$schema":"https://json-schema.org/draft/2020-12/schema","default":{"$ref":"` + server.URL + `/a"}}`,
	}
	onBothEngines(t, func(t *testing.T, e Engine) {
		for name, text := range schemas {
			_, err := tryCompile(text, e)
			require.Error(t, err, name)
		}
		for name, text := range harmless {
			v, err := tryCompile(text, e)
			require.NoError(t, err, name)
			v.validate(tree(t, []byte(`{"a":1}`)))
		}
	})
	require.Zero(t, asked.Load(), "connections")
}

func TestEnginesLoadersFetchNothing(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))
	for _, uri := range []string{server.URL + "/a", "file://" + file, "http://json-schema.org/draft-07/schema2", "https://json-schema.org/draft-07/schema"} {
		_, err := noFetching{}.New(uri).LoadJSON()
		require.ErrorContains(t, err, "nothing is fetched", uri)
		doc, err := jsonschema.Parse(testURI, []byte(`{}`), jsonschema.Draft7)
		require.NoError(t, err)
		_, err = (&knownDocuments{set: &jsonschema.Set{}, from: doc}).Load(uri)
		require.Error(t, err, uri)
	}
	require.Zero(t, asked.Load(), "connections")
}

func TestEngineSeesWhatIsReachedOnly(t *testing.T) {
	known, err := jsonschema.Parse("http://schemas.example/known", []byte(`{"$id":"http://other.example/k","definitions":{"n":{"type":"number"}}}`), jsonschema.Draft6)
	require.NoError(t, err)
	onBothEngines(t, func(t *testing.T, e Engine) {
		for _, ref := range []string{"known#/definitions/n", "http://other.example/k#/definitions/n"} {
			v, err := tryCompile(`{"properties":{"a":{"$ref":"`+ref+`"}}}`, e, known)
			require.NoError(t, err)
			require.Equal(t, []string{`/a: wanted a number, got "1"`}, told(v, tree(t, []byte(`{"a":"1"}`))))
			require.Empty(t, told(v, tree(t, []byte(`{"a":1}`))))
		}
	})
}

func TestWhatWouldHarmTheProcessIsRefusedWhenCompiled(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		for text, want := range map[string]string{
			`{"$ref":"#"}`:             "refers to itself without end",
			`{"allOf":[{"$ref":"#"}]}`: "refers to itself without end",
			`{"definitions":{"a":{"not":{"$ref":"#/definitions/b"}},"b":{"anyOf":[{"$ref":"#/definitions/a"}]}}}`: "refers to itself without end",
			`{"minimum":1e50000000}`: "out of bounds",
			`{"pattern":"(?=a)b"}`:   "lookaheads",
			`{"items":{"enum":[]}}`:  `http://schemas.example/test#/items/enum: it does not fit "minItems" of its dialect's metaschema`,
			`{"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMaximum":true}`:           `it does not fit "dependencies" of its dialect's metaschema`,
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"a":{"$comment":1}}}`: `test#/$defs/a/$comment: it does not fit "type" of its dialect's metaschema`,
		} {
			_, err := tryCompile(text, e)
			require.ErrorContains(t, err, want, text)
		}
	})
}

func TestNumbersOutOfBoundsAreAViolation(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"properties":{"a":{"type":"number","maximum":7}}}`, e)
		for _, number := range []string{"1e50000000", "-1e-50000000", "1e401", strings.Repeat("9", 101)} {
			got := told(v, tree(t, []byte(`{"a":1,"b":[`+number+`]}`)))
			require.Len(t, got, 1, number)
			require.Contains(t, got[0], "/b/0: wanted a number of at most 100 digits and an exponent within ±400, got ")
		}
		require.Equal(t, []string{"/a: wanted at most 7, got 1e400"}, told(v, tree(t, []byte(`{"a":1e400}`))))
	})
}

func TestNumbersBeyondFloatsDoNotPanic(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"enum":[1,2]}`, e)
		require.Equal(t, []string{"/: wanted 1 or 2, got 1e400"}, told(v, json.Number("1e400")))
		require.Empty(t, told(v, json.Number("2.0")))
	})
}

func TestNumbersAreComparedExactly(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"uniqueItems":true,"items":{"enum":[9007199254740992,9007199254740993,0.1]}}`, e)
		require.Empty(t, told(v, tree(t, []byte(`[9007199254740992,9007199254740993,0.10]`))))
		require.Equal(t, []string{"/: wanted items that differ, got the same at 0 and 1"}, told(v, tree(t, []byte(`[9007199254740993,9007199254740993.0]`))))
	})
}

func TestOnlyTreesOfJSONAreValidated(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"properties":{"a":{"type":"integer"}}}`, e)
		require.Equal(t, []string{"/a: wanted a JSON value, got a Go float64"}, told(v, map[string]any{"a": 1.5}))
	})
}

func TestDeepDataIsAViolation(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"items":{"$ref":"#"}}`, e)
		require.Empty(t, told(v, nested(`[`, `]`, maxLevels)))
		got := told(v, nested(`[`, `]`, 5_000))
		require.Len(t, got, 1)
		require.Contains(t, got[0], "wanted at most 500 levels, got more")
	})
}

// nested is 1, that many levels down.
func nested(opening, closing string, levels int) any {
	dec := json.NewDecoder(strings.NewReader(strings.Repeat(opening, levels) + "1" + strings.Repeat(closing, levels)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func TestNoDataTakesForever(t *testing.T) {
	doubling := `{"definitions":{"s":{"allOf":[%[1]s,%[1]s]}},"$ref":"#/definitions/s"}`
	many := make([]any, 300_000)
	rows := map[string]struct {
		schema string
		data   any
	}{
		"properties":           {fmt.Sprintf(doubling, `{"properties":{"a":{"$ref":"#/definitions/s"}}}`), nested(`{"a":`, `}`, 400)},
		"additionalProperties": {fmt.Sprintf(doubling, `{"additionalProperties":{"$ref":"#/definitions/s"}}`), nested(`{"a":`, `}`, 400)},
		"patternProperties":    {fmt.Sprintf(doubling, `{"patternProperties":{"a":{"$ref":"#/definitions/s"}}}`), nested(`{"a":`, `}`, 400)},
		"items":                {fmt.Sprintf(doubling, `{"items":{"$ref":"#/definitions/s"}}`), nested(`[`, `]`, 400)},
		"without recursion":    {chain(40), nested(`{"a":`, `}`, 40)},
		"dynamic references":   {betweenDynamic, nested(`{"a":`, `}`, 60)},
		"many values":          {`{"items":{"allOf":[` + strings.Repeat(`{"minimum":1},`, 999) + `{}]}}`, many},
		"long text":            {`{"pattern":"(a{1,20}){20}$"}`, strings.Repeat("a", 4<<20) + "b"},
		"compared at each":     {`{"definitions":{"s":{"uniqueItems":true,"items":{"$ref":"#/definitions/s"}}},"$ref":"#/definitions/s"}`, heavyBottom(450)},
	}
	onBothEngines(t, func(t *testing.T, e Engine) {
		for name, row := range rows {
			v := compiled(t, row.schema, e)
			start := time.Now()
			got := told(v, row.data)
			require.Equal(t, []string{"/: wanted data that can be validated in 500000 steps, got data that takes more"}, got, name)
			require.Less(t, time.Since(start), time.Minute, name)
		}
	})
}

// betweenDynamic has a dynamic reference that means a schema on the way, neither the
// nearest nor the outermost: it applies twice to each "a".
const betweenDynamic = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "strict",
	"$defs": {
		"loose": {"$id": "loose", "$dynamicAnchor": "n", "properties": {"a": {"$dynamicRef": "#n"}}},
		"strict": {"$id": "strict", "$dynamicAnchor": "n", "allOf": [{"$ref": "loose"}, {"properties": {"a": {"$dynamicRef": "#n"}}}]}
	}
}`

// An unasked engine fails the test when it is asked.
type unasked struct{ t *testing.T }

func (e unasked) refusals(any) []refusal {
	e.t.Error("the engine was asked")
	return nil
}

func TestEngineThatIsSlowToSayNoIsNotAskedAboutLargeData(t *testing.T) {
	items := make([]any, 1_000)
	for i := range items {
		items[i] = json.Number("0")
	}
	v := compiled(t, `{"items":{"allOf":[`+strings.Repeat(`{"minimum":1},`, 100)+`{}]}}`, GoJSONSchema)
	v.engine = unasked{t}
	violations, more := v.validate(items)
	require.Len(t, violations, 100)
	require.Equal(t, 900, more)
}

// chain is schemas each of which applies the next twice to one property.
func chain(length int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/0","definitions":{`)
	for i := range length {
		fmt.Fprintf(&b, `"%d":{"allOf":[{"properties":{"a":{"$ref":"#/definitions/%[2]d"}}},{"properties":{"a":{"$ref":"#/definitions/%[2]d"}}}]},`, i, i+1)
	}
	fmt.Fprintf(&b, `"%d":{}}}`, length)
	return b.String()
}

// heavyBottom is many items, that many levels down.
func heavyBottom(levels int) any {
	items := make([]any, 20_000)
	for i := range items {
		items[i] = json.Number(fmt.Sprint(i))
	}
	var v any = items
	for range levels {
		v = []any{v}
	}
	return v
}

func TestRecursiveSchemasTakeLargeData(t *testing.T) {
	schema := `{"definitions":{"tree":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/definitions/tree"}}}}},"$ref":"#/definitions/tree"}`
	var grow func(levels int) any
	grow = func(levels int) any {
		kids := []any{}
		if levels > 0 {
			for range 6 {
				kids = append(kids, grow(levels-1))
			}
		}
		return map[string]any{"n": json.Number("1"), "kids": kids}
	}
	onBothEngines(t, func(t *testing.T, e Engine) {
		require.Empty(t, told(compiled(t, schema, e), grow(5)))
		require.Empty(t, told(compiled(t, fmt.Sprintf(`{"definitions":{"s":{"allOf":[%[1]s,%[1]s]}},"$ref":"#/definitions/s"}`, `{"items":{"$ref":"#/definitions/s"}}`), e), nested(`[`, `]`, 10)))
	})
}

func TestAtMostAHundredViolationsInOrder(t *testing.T) {
	items := make([]any, 250)
	for i := range items {
		items[i] = "text"
	}
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"items":{"type":"number"}}`, e)
		violations, more := v.validate(items)
		require.Len(t, violations, 100)
		require.Equal(t, 150, more)
		for i := 1; i < len(violations); i++ {
			require.Less(t, violations[i-1].Pointer, violations[i].Pointer)
		}
		again, _ := v.validate(items)
		require.Equal(t, violations, again)
	})
}

func TestValidatorsAreSafeForConcurrentUse(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"properties":{"a":{"type":"string","pattern":"^x","format":"date"},"b":{"enum":[1,2]}}}`, e)
		good, bad := tree(t, []byte(`{"b":2}`)), tree(t, []byte(`{"a":"y","b":3}`))
		before := jsonText(bad)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 50 {
					if list, _ := v.validate(good); len(list) != 0 {
						t.Errorf("violations = %v, want none", list)
					}
					if list, _ := v.validate(bad); len(list) != 3 {
						t.Errorf("violations = %v, want three", list)
					}
				}
			})
		}
		wait.Wait()
		require.Equal(t, before, jsonText(bad), "the data")
	})
}

func TestNewerDialectsAreServedWhateverTheEngine(t *testing.T) {
	onBothEngines(t, func(t *testing.T, e Engine) {
		v := compiled(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[{"type":"string"}],"unevaluatedItems":false}`, e)
		require.Equal(t, []string{"/0: wanted a string, got 1"}, told(v, tree(t, []byte(`[1]`))))
		require.Equal(t, []string{"/1: wanted no such item, got 2"}, told(v, tree(t, []byte(`["a",2]`))))
	})
}

// told are the violations as they are told.
func told(v *validator, data any) []string {
	violations, _ := v.validate(data)
	texts := make([]string, len(violations))
	for i, v := range violations {
		texts[i] = v.String()
	}
	return texts
}

func TestAConstBeyondFloat64IsComparedExactly(t *testing.T) {
	for _, e := range []Engine{GoJSONSchema, Santhosh} {
		v := compiled(t, `{"const": 1e360}`, e)
		require.Empty(t, told(v, json.Number("1e360")), e)
		require.NotEmpty(t, told(v, json.Number("1e361")), e)
	}
}
