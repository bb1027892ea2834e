package path

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/theory/jsonpath"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

func eventOf(data string) cloudevent.Event {
	return cloudevent.Event{
		ID: "1", Source: "/s", Type: "t", Subject: "sub", Time: time.Unix(0, 0).UTC(), DataContentType: "application/json",
		Extensions: []cloudevent.Extension{{Name: "n", Type: cloudevent.Integer, Text: "7"}, {Name: "x", Text: "y"}},
		Data:       []byte(data), Kind: cloudevent.JSON,
	}
}

func find1(t testing.TB, e cloudevent.Event, text string) (Value, error) {
	t.Helper()
	p, err := Parse(text)
	require.NoError(t, err, text)
	dst := make([]Value, 1)
	err = NewGroup(p).Find(Source{Event: &e, Data: document.Of(e)}, dst)
	return dst[0], err
}

// decoded is what a JSON text stands for, as the oracle sees it.
func decoded(t testing.TB, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	require.NoError(t, dec.Decode(&v), "%s", text)
	return v
}

// The oracle is theory/jsonpath on the whole event decoded by encoding/json.
// Paths that visit members of objects are left out: their order is free there.
func TestAgreesWithTheReferenceImplementation(t *testing.T) {
	rounds := 5_000
	if testing.Short() {
		rounds = 500
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		g := generator{rng}
		e := eventOf(g.value(4))
		text := g.path()
		want := jsonpath.MustParse(text).Select(decoded(t, AppendEvent(nil, &e, true)))
		p, err := Parse(text)
		require.NoError(t, err, text)
		got, err := find1(t, e, text)
		require.NoError(t, err, "%s in %s", text, e.Data)
		switch {
		case !p.Definite():
			require.Equal(t, []any(want), append([]any{}, decoded(t, got.AppendJSON(nil)).([]any)...), "%s in %s", text, e.Data)
		case len(want) == 0:
			require.Equal(t, Value{}, got, "%s in %s", text, e.Data)
		default:
			require.Equal(t, want[0], decoded(t, got.AppendJSON(nil)), "%s in %s", text, e.Data)
		}
	}
}

// Many paths at once find what each finds alone.
func TestGroupFindsWhatEachPathFindsAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 1_000 {
		g := generator{rng}
		e := eventOf(g.value(4))
		var paths []*Path
		for range 1 + rng.IntN(30) {
			p, err := Parse(g.path())
			require.NoError(t, err)
			paths = append(paths, p)
		}
		together := make([]Value, len(paths))
		require.NoError(t, NewGroup(paths...).Find(Source{Event: &e, Data: document.Of(e)}, together))
		for i, p := range paths {
			alone, err := find1(t, e, p.String())
			require.NoError(t, err)
			require.Equal(t, alone, together[i], "%s in %s", p, e.Data)
		}
	}
}

// Beside many others a child is found through a map.
func TestManyChildren(t *testing.T) {
	var data, names strings.Builder
	var paths []*Path
	for i := range 2 * many {
		p, err := Parse(fmt.Sprintf("$.data.list[%d].k%d", i, i))
		require.NoError(t, err)
		q, err := Parse(fmt.Sprintf("$.data.k%d", i))
		require.NoError(t, err)
		paths = append(paths, p, q, q, p)
		fmt.Fprintf(&data, `{"k%d": %d},`, i, i)
		fmt.Fprintf(&names, `"k%d": %d,`, i, -i)
	}
	e := eventOf("{" + names.String() + `"list": [` + strings.TrimSuffix(data.String(), ",") + "]}")
	values := make([]Value, len(paths))
	require.NoError(t, NewGroup(paths...).Find(Source{Event: &e}, values))
	for i := range 2 * many {
		for at, want := range []int{i, -i, -i, i} {
			require.Equal(t, fmt.Sprint(want), string(values[4*i+at].AppendJSON(nil)))
		}
	}
}

// The event as a value, of each kind of data.
func TestEventAsAValue(t *testing.T) {
	for kind, want := range map[cloudevent.DataKind]string{
		cloudevent.NoData: `}`,
		cloudevent.JSON:   `,"data":"a\u0062"}`,
		cloudevent.Text:   `,"data":"\"a\\u0062\""}`,
		cloudevent.Binary: `,"data_base64":"ImFcdTAwNjIi"}`,
	} {
		e := eventOf(`"a\u0062"`)
		e.Kind = kind
		want = `{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"sub","time":"1970-01-01T00:00:00Z","datacontenttype":"application/json","n":7,"x":"y"` + want
		got, err := find1(t, e, "$")
		require.NoError(t, err)
		require.Equal(t, want, string(got.AppendJSON(nil)))
		all, err := find1(t, e, "$.*")
		require.NoError(t, err)
		require.Len(t, decoded(t, all.AppendJSON(nil)), len(decoded(t, []byte(want)).(map[string]any)))
	}
	for text, want := range map[string]string{"$.data_base64": `"ImFcdTAwNjIi"`, "$.data": "null", "$.data.x": "null"} {
		e := eventOf(`"a\u0062"`)
		e.Kind = cloudevent.Binary
		got, err := find1(t, e, text)
		require.NoError(t, err)
		require.Equal(t, want, string(got.AppendJSON(nil)))
	}
	e := eventOf("{")
	_, err := find1(t, e, "$")
	require.EqualError(t, err, `$: data: offset 1: the JSON ends early, a member's name should follow`)
}

// A generator makes JSON with duplicate keys, escaped keys and odd spacing, and
// paths over the same few names.
type generator struct{ *rand.Rand }

var (
	keys    = []string{`"a"`, `"b"`, `"\u0061"`, `"é"`, `"a b"`, `"\ud83d\ude00"`, `"\ud800"`, `""`}
	scalars = []string{`1`, `-0.50`, `1e400`, `"x"`, `"\n\u0000"`, `"\udc00\ud800"`, `"\b\f\r\t\/\\\" \u00e9\u2028"`, `true`, `false`, `null`, `""`, `12345678901234567890`}
	steps   = []string{`.a`, `.b`, `['é']`, `["a b"]`, `['😀']`, `['']`, `['\ufffd']`, `[0]`, `[1]`, `[-1]`, `[-2]`, `[-9]`}
	wide    = []string{`[*]`, `[0:2]`, `[::-1]`, `[0,0]`, `['a','b']`, `[-1:]`, `[?@.a]`, `[?@ == 1]`, `..[0]`}
)

func (g generator) pick(from []string) string { return from[g.IntN(len(from))] }

func (g generator) value(depth int) string {
	var b strings.Builder
	space := func() { b.WriteString(g.pick([]string{"", "", "", " ", "\n\t"})) }
	switch kind := g.IntN(5); {
	case kind < 1 || depth == 0:
		return g.pick(scalars)
	case kind < 3:
		b.WriteByte('[')
		for i := range g.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			b.WriteString(g.value(depth - 1))
			space()
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for i := range g.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			b.WriteString(g.pick(keys))
			space()
			b.WriteByte(':')
			space()
			b.WriteString(g.value(depth - 1))
		}
		b.WriteByte('}')
	}
	return b.String()
}

// path makes a path that visits arrays only, where it visits several places.
func (g generator) path() string {
	if g.IntN(10) == 0 {
		return g.pick([]string{"$", "$.id", "$.n", "$.x.y", "$.data", "$.nothing", "$[0]", "$['data'].a"})
	}
	b := "$.data"
	for range g.IntN(4) {
		b += g.pick(steps)
	}
	if g.IntN(4) == 0 {
		if w := g.pick(wide); w == "[*]" || w == "[?@.a]" || w == "[?@ == 1]" || w == "..[0]" {
			return b // would visit objects: TestMembersAreVisitedByName
		} else {
			b += w
		}
		for range g.IntN(2) {
			b += g.pick(steps)
		}
	}
	return b
}

func TestMembersAreVisitedByName(t *testing.T) {
	e := eventOf(`{"z": [1, {"k": 1.0}], "a": {"k": 2e0, "b": null}}`)
	for text, want := range map[string]string{
		"$.data[*]":             `[{"k": 2e0, "b": null},[1, {"k": 1.0}]]`,
		"$.data.*":              `[{"k": 2e0, "b": null},[1, {"k": 1.0}]]`,
		"$.data.z[*]":           `[1, {"k": 1.0}]`,
		"$..k":                  `[2e0,1.0]`,
		"$.data[?@.k].k":        `[2e0]`,
		"$.data..[?@.k==1.0].k": `[1.0]`,
		"$.data[?@.b==null].k":  `[2e0]`,
		"$[?@=='y']":            `["y"]`,
		"$.data.a[?@>1]":        `[2e0]`,
		"$.data[?count(@.*)==2 && match($.id,'[0-9]')].b": `[null]`,
		"$.data.none[*]": `[]`,
		"$.data..*":      `[{"k": 2e0, "b": null},[1, {"k": 1.0}],null,2e0,1,{"k": 1.0},1.0]`,
	} {
		for range 20 {
			got, err := find1(t, e, text)
			require.NoError(t, err, text)
			require.Equal(t, want, string(got.AppendJSON(nil)), text)
		}
	}
}

func TestScanRefusesWhatIsNotJSON(t *testing.T) {
	for text, want := range map[string]string{
		"":                 `data: offset 0: the JSON ends early, a value should follow`,
		" ":                `data: offset 1: the JSON ends early, a value should follow`,
		`{"a":1`:           `data: offset 6: the JSON ends early, "," or "}" should follow`,
		`{"a":1,}`:         `data: offset 7: '}' where a member's name should be`,
		`{"a" 1}`:          `data: offset 5: '1' where ":" should be`,
		`{a:1}`:            `data: offset 1: 'a' where a member's name should be`,
		`[1,]`:             `data: offset 3: ']' where a value should be`,
		`[1 2]`:            `data: offset 3: '2' where "," or "]" should be`,
		`[1}`:              `data: offset 2: '}' where "," or "]" should be`,
		`"a`:               `data: offset 2: the JSON ends early, the end of a string should follow`,
		"\"a\nb\"":         `data: offset 2: control character '\n' in a string`,
		`"\x"`:             `data: offset 1: \x is not an escape`,
		`"\u12g4"`:         `data: offset 1: \u wants four hexadecimal digits`,
		`"\u12`:            `data: offset 1: \u wants four hexadecimal digits`,
		`"\`:               `data: offset 2: the JSON ends early, the end of a string should follow`,
		`01`:               `data: offset 1: more than one JSON value`,
		`-`:                `data: offset 1: the JSON ends early, a digit should follow`,
		`-a`:               `data: offset 1: 'a' where a digit should be`,
		`1.`:               `data: offset 2: the JSON ends early, a digit should follow`,
		`1e+`:              `data: offset 3: the JSON ends early, a digit should follow`,
		`+1`:               `data: offset 0: '+' where a value should be`,
		`tru`:              `data: offset 0: true is spelt otherwise`,
		`nul `:             `data: offset 0: null is spelt otherwise`,
		`{} {}`:            `data: offset 3: more than one JSON value`,
		`]`:                `data: offset 0: ']' where a value should be`,
		"\ufeff1":          `data: offset 0: 'ï' where a value should be`,
		deep("[", "", 513): `data: offset 512: nested deeper than 512`,
	} {
		e := eventOf(text)
		require.EqualError(t, Check(&e), want, "%.20q", text)
		_, err := find1(t, e, "$.data.a[-1].b")
		require.EqualError(t, err, "$.data.a[-1].b: "+want, "%.20q", text)
		require.False(t, json.Valid([]byte(text)) && len(text) < 512)
	}
	e := eventOf(deep("[", "]", 512))
	require.NoError(t, Check(&e))
}

func deep(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }

// deadline ends the process when a fuzz body hangs: the fuzzer itself would wait
// for ever, and call that a pass.
func deadline(t *testing.T, input string) (stop func() bool) {
	return time.AfterFunc(3*time.Second, func() { panic(fmt.Sprintf("%s: hangs on %q", t.Name(), input)) }).Stop
}

// What encoding/json takes, the scanner takes, and nothing else; what it finds is
// what encoding/json finds.
func FuzzScan(f *testing.F) {
	for _, s := range scalars {
		f.Add([]byte(s), "$.data")
	}
	f.Add([]byte(`{"a":[1,{"b":"\ud83d\ude00"}],"a":2}`), "$.data.a[1].b")
	f.Add([]byte("{\"a\xff\":{\"\\u0061\":[-1.0e5, \"\xff\"]}}"), "$.data['a�'].a[-1]")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		stop := deadline(t, text)
		defer stop()
		e := eventOf(string(data))
		err := Check(&e)
		if valid := json.Valid(data); valid != (err == nil) {
			if strings.Contains(fmt.Sprint(err), "nested deeper") {
				return
			}
			t.Fatalf("%q: json.Valid says %v, the scanner %v", data, valid, err)
		}
		p, perr := Parse(text)
		if err != nil || perr != nil || !p.Definite() {
			return
		}
		got, err := find1(t, e, text)
		require.NoError(t, err)
		want := jsonpath.MustParse(text).Select(decoded(t, AppendEvent(nil, &e, true)))
		if len(want) == 0 {
			require.Equal(t, Value{}, got)
			return
		}
		require.Equal(t, want[0], decoded(t, got.AppendJSON(nil)))
		if s, ok := want[0].(string); ok {
			require.Equal(t, s, string(got.AppendText(nil)))
			require.Equal(t, s, decoded(t, []byte(`"`+string(got.AppendInString(nil))+`"`)))
		} else if want[0] != nil {
			require.Equal(t, string(got.AppendText(nil)), decoded(t, []byte(`"`+string(got.AppendInString(nil))+`"`)))
		}
	})
}

// Parse never panics, and what it takes it prints and takes again.
func FuzzParse(f *testing.F) {
	for _, s := range append(append([]string{}, steps...), wide...) {
		f.Add("$.data" + s)
	}
	f.Add("$[?@.a == 'x' && (match(@.b, \"a.*\") || !@.c)]")
	e := eventOf(`{"a": [1, {"b": "x"}], "c": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		stop := deadline(t, text)
		defer stop()
		p, err := Parse(text)
		if err != nil {
			var bad *SyntaxError
			require.ErrorAs(t, err, &bad)
			require.True(t, bad.Offset >= 0 && bad.Offset <= max(len(text), MaxText), "%+v", bad)
			return
		}
		require.Equal(t, text, p.String())
		v, err := find1(t, e, text)
		if err == nil {
			require.True(t, json.Valid(v.AppendJSON(nil)))
		}
	})
}
