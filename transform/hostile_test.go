package transform_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/transform"
)

// deadline ends the process when a fuzz body hangs: the fuzzer would wait for ever,
// and call that a pass.
func deadline(t *testing.T, input string) *time.Timer {
	return time.AfterFunc(3*time.Second, func() { panic(fmt.Sprintf("%s: hangs on %q", t.Name(), input)) })
}

// A JSON template with any string in every position is JSON, and each string is
// what was put in.
func checkPutIn(t testing.TB, value string) {
	t.Helper()
	valid := strings.ToValidUTF8(value, "�") // the SDK's text is UTF-8
	if !utf8.ValidString(value) {
		value = valid
	}
	quoted, err := json.Marshal(value)
	require.NoError(t, err)
	e := standard()
	e.Data = fmt.Appendf(nil, `{"v": %s, "list": [%s]}`, quoted, quoted)
	e.Extensions = []cloudevent.Extension{{Name: "ext", Text: value}}
	tr := transform.Must(transform.Template(
		`{"a": <v>, "b": "<v>", "c": "[<v>|<v>]", "=<ext>": <ext>, "d": "<list>", "e": <list>}`,
		transform.Vars{"v": "$.data.v", "ext": "$.ext", "list": "$.data.list"}))
	out, err := tr.ApplyDocument(document.Of(e), transform.Info{})
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(out.Data, &got), "%s", out.Data)
	want := map[string]any{"=" + value: value}
	for name, v := range map[string]any{"a": value, "b": value, "c": "[" + value + "|" + value + "]", "d": "[" + string(quoted) + "]", "e": []any{value}} {
		want[name] = v
	}
	require.Equal(t, want, got)
}

// Bytes that are not UTF-8 become U+FFFD, as encoding/json has it, in data too that
// came past the checks of Publish.
func TestResultIsUTF8(t *testing.T) {
	e := standard()
	e.Data = []byte("{\"v\": \"a\xff\xfe\", \"o\": {\"\xff\": 1}}")
	for tmpl, want := range map[string]string{
		`{"a": <v>, "b": "<v>", "c": <o>, "d": "<o>"}`: `{"a": "a��", "b": "a��", "c": {"�": 1}, "d": "{\"�\": 1}"}`,
		`<v> <o>`: `a�� {"�": 1}`,
	} {
		tr := transform.Must(transform.Template(tmpl, transform.Vars{"v": "$.data.v", "o": "$.data.o"}))
		out, err := tr.ApplyDocument(document.Of(e), transform.Info{})
		require.NoError(t, err)
		require.Equal(t, want, string(out.Data))
	}
}

func FuzzTemplateValue(f *testing.F) {
	for _, s := range []string{"", `"`, `\`, "\n", "<v>", `", "x": "`, "\x00", "é\u2028", "</script>", `\u0000`, "\xff", "😀", "a", "${v}", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		stop := deadline(t, value)
		defer stop.Stop()
		checkPutIn(t, value)
	})
}

func TestNoValueBreaksOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	alphabet := []string{`"`, `\`, "\n", "<", ">", "v", "<v>", "{", "}", ",", ":", "\x00", "\x7f", "é", "\u2028", "\xff", "😀", `\u`, "d800", "${", "/"}
	for range 5_000 {
		var b strings.Builder
		for range rng.IntN(8) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		checkPutIn(t, b.String())
	}
}

// Whatever the template and the data: no panic; what a template that is JSON makes
// is JSON; and it comes back from its own JSON form.
func FuzzTemplate(f *testing.F) {
	f.Add(`{"a": <x>, "<x>": "<y>"}`, `{"x": 1, "y": "z"}`, "$.data.x")
	f.Add(`<x> and <y>`, `[1]`, "$..x")
	f.Add(`["<event>", <rule>]`, `"x"`, "$")
	f.Add(`"\"<x>`, `{`, "$.data[?@.a]")
	f.Fuzz(func(t *testing.T, tmpl, data, jsonpath string) {
		stop := deadline(t, tmpl+data+jsonpath)
		defer stop.Stop()
		vars := transform.Vars{"x": jsonpath, "y": "$.data.y"}
		tr, err := transform.Template(tmpl, vars)
		if err != nil {
			return
		}
		e := standard()
		e.Data = []byte(data)
		before := fmt.Sprint(e)
		out, err := tr.ApplyDocument(document.Of(e), transform.Info{Rule: `"r<x>`})
		require.Equal(t, before, fmt.Sprint(e))
		if err != nil {
			return
		}
		if out.Kind == cloudevent.JSON {
			require.NoError(t, out.Validate(), "%s", out.Data)
		} else {
			require.True(t, utf8.Valid(out.Data))
		}
		text, err := json.Marshal(tr)
		require.NoError(t, err)
		var again transform.Transform
		require.NoError(t, json.Unmarshal(text, &again), "%s", text)
		out2, err := again.ApplyDocument(document.Of(e), transform.Info{Rule: `"r<x>`})
		require.NoError(t, err)
		require.Equal(t, out, out2)
	})
}

// UnmarshalJSON, AWS and RocketMQ never panic; what they take they write and take
// again.
func FuzzTransformJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"path": "$.data"}`, `{"template": {"template": "<x>", "vars": {"x": "$.x"}}}`, `{"constant": 1}`,
		`{"expr": "{\"a\": data.total * 2}"}`, `{"set": {"id": {"from": "$.id"}, "a": "b"}}`, `{"delete": ["a"]}`, `{"rename": {"a": "b"}}`, `{"pipe": [{"path": "$.a"}, {}]}`,
		`{"aws": {"InputPathsMap": {"a": "$.detail.a-b[0]..c"}, "InputTemplate": "<a>"}}`,
		`{"rocketmq": {"form": "TEMPLATE", "value": "{\"a\": \"$.a\"}", "template": "${a:-b} ${htmlEscape(a)}"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		stop := deadline(t, string(text))
		defer stop.Stop()
		var tr transform.Transform
		if json.Unmarshal(text, &tr) != nil {
			return
		}
		out, errOut := tr.ApplyDocument(document.Of(standard()), transform.Info{})
		written, err := json.Marshal(tr)
		require.NoError(t, err)
		var again transform.Transform
		require.NoError(t, json.Unmarshal(written, &again), "%s", written)
		out2, err := again.ApplyDocument(document.Of(standard()), transform.Info{})
		require.Equal(t, errOut == nil, err == nil)
		if err == nil && string(out.Data) == string(out2.Data) {
			require.Equal(t, out, out2)
		}
	})
}

func TestTransformsAreSafeForConcurrentUse(t *testing.T) {
	tr := transform.Pipe(
		transform.Must(transform.Set(map[string]transform.Value{"who": transform.From("$.data.who")})),
		transform.Must(transform.Template(`{"who": <who>, "all": <all>, "re": <re>}`, transform.Vars{
			"who": "$.who", "all": "$.data.list[*]", "re": "$.data.list[?match(@, 'a.*')]"})))
	doc := document.Of(standard())
	doc.Event.Data = []byte(`{"who": "Ada", "list": ["a", "b", "ab"]}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				out, err := tr.ApplyDocument(doc, transform.Info{})
				if err != nil || string(out.Data) != `{"who": "Ada", "all": ["a", "b", "ab"], "re": ["a","ab"]}` {
					t.Errorf("%s, %v", out.Data, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestResultHasABound(t *testing.T) {
	e := standard()
	e.Data = []byte(`{"x": "` + strings.Repeat("x", 100_000) + `"}`)
	for tmpl, want := range map[string]string{
		`["` + strings.Repeat("<x>", 21) + `"]`: "template: the result is larger than 2097152 bytes",
		strings.Repeat("<x>", 20_000):           "template: the result is larger than 2097152 bytes",
	} {
		_, err := transform.Must(transform.Template(tmpl, transform.Vars{"x": "$.data.x"})).ApplyDocument(document.Of(e), transform.Info{})
		require.EqualError(t, err, want)
	}
	// Twice its data is always allowed.
	e.Data = []byte(`{"x": "` + strings.Repeat("x", 2_000_000) + `"}`)
	out, err := transform.Must(transform.Text(`<x>`, transform.Vars{"x": "$.data.x"})).ApplyDocument(document.Of(e), transform.Info{})
	require.NoError(t, err)
	require.Len(t, out.Data, 2_000_000)
}

func TestConstructorsRefuse(t *testing.T) {
	tooMany := transform.Vars{}
	for i := range 257 {
		tooMany[fmt.Sprint("v", i)] = "$.id"
	}
	for name, fn := range map[string]func() (transform.Transform, error){
		"template: offset 65536: a template is at most 65536 bytes long": func() (transform.Transform, error) { return transform.Template(strings.Repeat(" ", 1<<20), nil) },
		"template: offset 0: not UTF-8":                                  func() (transform.Transform, error) { return transform.Template("\xff", nil) },
		"vars: offset 0: there may be at most 256 variables":             func() (transform.Transform, error) { return transform.Template("x", tooMany) },
		"vars/x: offset 4096: a path is at most 4096 bytes long": func() (transform.Transform, error) {
			return transform.Template("x", transform.Vars{"x": strings.Repeat("$", 1<<20)})
		},
		"vars/x: offset 0: not UTF-8": func() (transform.Transform, error) { return transform.Template("x", transform.Vars{"x": "$\xff"}) },
	} {
		_, err := fn()
		require.EqualError(t, err, name)
	}
	require.PanicsWithValue(t, `transform: path: offset 0: a path begins with "$", as in $.data.total`,
		func() { transform.Must(transform.Path("")) })
	require.Panics(t, func() { transform.Func(nil) })
	_, err := transform.Constant(func() {})
	require.ErrorContains(t, err, "constant: ")
	var bad *transform.SyntaxError
	_, err = transform.Template(`{"a": <b>}`, nil)
	require.ErrorAs(t, err, &bad)
	require.Equal(t, 6, bad.Offset)
}

func TestHostileTextsCostBoundedTime(t *testing.T) {
	big := 1 << 20
	for _, c := range []struct{ name, text string }{
		{"variables nobody knows", `{"template": {"template": "` + strings.Repeat("<x>", 20_000) + `"}}`},
		{"variables that never end", `{"rocketmq": {"form": "TEMPLATE", "value": {}, "template": "` + strings.Repeat("${", 30_000) + `"}}`},
		{"names that never end", `{"template": {"template": "` + strings.Repeat("<x", 30_000) + `"}}`},
		{"a path of a megabyte", `{"aws": {"InputPath": "$` + strings.Repeat(".a", big/2) + `"}}`},
		{"pipes in pipes", strings.Repeat(`{"pipe":[`, 5_000) + strings.Repeat(`]}`, 5_000)},
		{"a long pipe", `{"pipe":[{"path":"$"}` + strings.Repeat(`,{"path":"$..a"}`, 50_000) + `]}`},
		{"a thousand open arrays", `{"template": {"template": "` + strings.Repeat("[", 1_000) + `"}}`},
	} {
		start := time.Now()
		var tr transform.Transform
		_ = json.Unmarshal([]byte(c.text), &tr)
		require.Less(t, time.Since(start), 3*time.Second, c.name)
	}
}

func TestFunc(t *testing.T) {
	upper := transform.Func(func(e event.Event) (event.Event, error) {
		e.SetType(strings.ToUpper(e.Type()))
		return e, e.SetData("application/json", map[string]int{"a": 1})
	})
	in := order(t, `{"total": 1}`)
	before := in.String()
	out, err := transform.Pipe(upper, transform.Must(transform.Template(`{"t": <t>, "a": <a>}`,
		transform.Vars{"t": "$.type", "a": "$.data.a"}))).Apply(in)
	require.NoError(t, err)
	require.Equal(t, `{"t": "ORDER.PLACED", "a": 1}`, string(out.Data()))
	require.Equal(t, before, in.String(), "the event was written to")

	_, err = json.Marshal(upper)
	require.ErrorContains(t, err, "a Func has no JSON form")
	boom := errors.New("boom")
	_, err = transform.Func(func(e event.Event) (event.Event, error) { return e, boom }).Apply(in)
	require.ErrorIs(t, err, boom)
	for want, fn := range map[string]func(event.Event) (event.Event, error){
		"zero Event": func(event.Event) (event.Event, error) { return event.Event{}, nil },
		"id":         func(e event.Event) (event.Event, error) { e.Context.(*event.EventContextV1).ID = ""; return e, nil },
		"data":       func(e event.Event) (event.Event, error) { e.DataEncoded = []byte("{"); return e, nil },
	} {
		_, err := transform.Func(fn).Apply(in)
		require.ErrorContains(t, err, "func: ")
		require.ErrorContains(t, err, want)
	}
}

func TestApplyRefusesWhatIsNoEvent(t *testing.T) {
	tr := transform.Must(transform.Path("$.data"))
	_, err := tr.Apply(event.Event{})
	require.ErrorContains(t, err, "zero Event")
	out, err := transform.Transform{}.Apply(event.Event{})
	require.NoError(t, err, "the zero Transform changes nothing")
	require.Nil(t, out.Context)
	require.True(t, transform.Transform{}.IsZero())
	require.True(t, transform.Pipe(transform.Transform{}, transform.Transform{}).IsZero())
	require.False(t, tr.IsZero())
}

// Attributes alone never cost a look at the data, not even at data that are broken.
func TestAttributesNeedNoData(t *testing.T) {
	e := standard()
	e.Data = []byte("{broken")
	for _, tr := range []transform.Transform{
		transform.Must(transform.Template(`{"id": <id>}`, transform.Vars{"id": "$.id"})),
		transform.Must(transform.Set(map[string]transform.Value{"a": transform.From("$.tenant"), "type": transform.Literal("x")})),
		transform.Must(transform.Path("$.tenant")),
	} {
		_, err := tr.ApplyDocument(document.Of(e), transform.Info{})
		require.NoError(t, err)
	}
}
