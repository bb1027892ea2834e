package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

const at = "http://schemas.example/a"

func parse(t testing.TB, uri, doc string) *jsonschema.Document {
	t.Helper()
	d, err := jsonschema.Parse(uri, []byte(doc), jsonschema.Draft7)
	require.NoError(t, err)
	return d
}

func set(t testing.TB, docs ...*jsonschema.Document) *jsonschema.Set {
	t.Helper()
	s := &jsonschema.Set{}
	for _, d := range docs {
		require.NoError(t, s.Add(d))
	}
	return s
}

func TestDialectIsReadNeverGuessed(t *testing.T) {
	for uri, want := range map[string]jsonschema.Dialect{
		"http://json-schema.org/draft-04/schema#":        jsonschema.Draft4,
		"http://json-schema.org/draft-06/schema":         jsonschema.Draft6,
		"https://json-schema.org/draft-07/schema#":       jsonschema.Draft7,
		"https://json-schema.org/draft/2019-09/schema":   jsonschema.Draft2019,
		"http://json-schema.org/draft/2020-12/schema#":   jsonschema.Draft2020,
		"http://json-schema.org/draft-03/schema#":        0,
		"http://json-schema.org/schema":                  0,
		"https://spec.openapis.org/oas/3.1/dialect/base": 0,
	} {
		d, err := jsonschema.Parse(at, []byte(fmt.Sprintf(`{"$schema":%q}`, uri)), jsonschema.Draft4)
		if want == 0 {
			require.ErrorContains(t, err, "/$schema: unknown dialect", uri)
			continue
		}
		require.NoError(t, err, uri)
		require.Equal(t, want, d.Dialect, uri)
	}
	d, err := jsonschema.Parse(at, []byte(`{}`), jsonschema.Draft2019)
	require.NoError(t, err)
	require.Equal(t, jsonschema.Draft2019, d.Dialect)
}

func TestParseReportsAllFaultsWithTheirPlaces(t *testing.T) {
	for name, row := range map[string]struct{ doc, want string }{
		"not JSON":          {`{"type":`, "not JSON: unexpected end of JSON input"},
		"two values":        {`{} {}`, "not JSON: invalid character '{' after top-level value"},
		"no schema":         {`"text"`, "not a schema: it must be an object or a boolean"},
		"draft-04 boolean":  {`{"$schema":"http://json-schema.org/draft-04/schema#","not":true}`, "/not: not a schema: it must be an object"},
		"twice":             {`{"properties":{"a":{},"a":{}}}`, "/properties/a: it is there twice"},
		"several":           {`{"type":"text","minLength":-1,"properties":{"a~/b":7}}`, `/minLength: it must be a whole number, 0 or more and below 2^31; /type: unknown type "text"; /properties/a~0~1b: not a schema: it must be an object or a boolean`},
		"list of schemas":   {`{"allOf":{}}`, "/allOf: it must be an array of schemas"},
		"map of schemas":    {`{"properties":[]}`, "/properties: it must be an object of schemas"},
		"lookahead":         {`{"pattern":"(?=a)b"}`, `/pattern: regular expression: lookaheads and lookbehinds such as "(?=" are not supported (matching is in linear time)`},
		"lookbehind":        {`{"patternProperties":{"(?<!a)b":{}}}`, `/patternProperties/(?<!a)b: regular expression: lookaheads and lookbehinds such as "(?<!" are not supported (matching is in linear time)`},
		"broken expression": {`{"pattern":"a("}`, "/pattern: regular expression: missing closing ): \"a(\""},
		"large program":     {`{"pattern":"(\\pL{500}){2}"}`, "/pattern: regular expression too large: it compiles to 1006 instructions, at most 1000"},
		"long expression":   {`{"pattern":"` + strings.Repeat("a", 1025) + `"}`, "/pattern: regular expression too long: 1025 bytes, at most 1024"},
		"exponent":          {`{"minimum":1e50000000}`, "/minimum: number 1e50000000 out of bounds: at most 100 digits, exponent within ±400"},
		"digits":            {`{"enum":[` + strings.Repeat("1", 101) + `]}`, "/enum/0: number " + strings.Repeat("1", 80) + "… out of bounds: at most 100 digits, exponent within ±400"},
		"dialect within":    {`{"properties":{"a":{"$schema":"http://json-schema.org/draft-04/schema#"}}}`, "/properties/a/$schema: a schema within a schema must be of the same dialect"},
		"required":          {`{"required":["a","a"]}`, `/required: "a" is there twice`},
		"dependencies":      {`{"dependencies":{"a":[1]}}`, "/dependencies/a: it must be an array of strings"},
		"$schema":           {`{"$schema":7}`, "/$schema: it must be a string"},
		"identifier twice":  {`{"properties":{"a":{"$id":"b"},"b":{"$id":"b"}}}`, `/properties/b/$id: "http://schemas.example/b" is there twice`},
		"anchor twice":      {`{"properties":{"a":{"$id":"#b"},"b":{"$id":"#b"}}}`, `/properties/b/$id: the anchor "b" is there twice`},
		"metaschema":        {`{"$id":"http://json-schema.org/draft-07/schema#"}`, `/$id: "http://json-schema.org/draft-07/schema" is taken by the dialect itself`},
	} {
		_, err := jsonschema.Parse(at, []byte(row.doc), jsonschema.Draft7)
		require.EqualError(t, err, row.want, name)
	}
}

func TestParseIsBounded(t *testing.T) {
	_, err := jsonschema.Parse(at, []byte(`{"description":"`+strings.Repeat("a", jsonschema.MaxSize)+`"}`), jsonschema.Draft7)
	require.ErrorContains(t, err, "too large: 1048594 bytes, at most 1048576")

	_, err = jsonschema.Parse(at, []byte(strings.Repeat(`{"not":`, 65)+`{}`+strings.Repeat(`}`, 65)), jsonschema.Draft7)
	require.ErrorContains(t, err, "too deep: at most 64 levels")
	_, err = jsonschema.Parse(at, []byte(strings.Repeat(`{"not":`, 63)+`{}`+strings.Repeat(`}`, 63)), jsonschema.Draft7)
	require.NoError(t, err)

	_, err = jsonschema.Parse(at, []byte(`{"allOf":[{}`+strings.Repeat(`,{}`, 10_000)+`]}`), jsonschema.Draft7)
	require.ErrorContains(t, err, "too many subschemas: at most 10000")
}

func TestNumbersAreBounded(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-1.5": true, "1e400": true, "1E+400": true, "1e-400": true, "1e401": false, "-1e-401": false, "1e0000000001": true,
		"1e50000000": false, strings.Repeat("9", 100): true, strings.Repeat("9", 101): false, "0." + strings.Repeat("9", 99): true, "0." + strings.Repeat("9", 100): false,
	} {
		require.Equal(t, want, jsonschema.NumberInBounds(text), text)
	}
	for text, want := range map[string]int{"2": 2, "2.0": 2, "0.2e1": 2, "2.5": -1, "-1": -1, "4294967296": -1, "0": 0} {
		n, ok := jsonschema.Whole(json.Number(text))
		require.Equal(t, want >= 0, ok, text)
		require.Equal(t, max(want, 0), n, text)
	}
}

func TestOnlyPlacesForSchemasAreSchemas(t *testing.T) {
	d := parse(t, at, `{"properties":{"$ref":{"type":"string"},"enum":{"const":{"$ref":"http://nowhere.example/"}}},
		"enum":[{"$ref":"http://nowhere.example/","$id":"http://elsewhere.example/"}],"x":{"$ref":"http://nowhere.example/"}}`)
	var found []string
	for l := range d.Schemas() {
		found = append(found, l.Pointer)
	}
	require.Equal(t, []string{"", "/properties/$ref", "/properties/enum"}, found)
	_, err := set(t, d).Check(d)
	require.NoError(t, err)
}

func TestResolve(t *testing.T) {
	d := parse(t, "http://schemas.example/dir/a.json", `{"definitions":{
		"plain":{"type":"string"},"named":{"$id":"#name"},"a/b~c%d":{"type":"null"},
		"part":{"$id":"sub/part.json","definitions":{"inner":{"$id":"#inner"}},"properties":{"p":{"$ref":"#/definitions/inner"}}},
		"beside":{"$ref":"#/definitions/plain","$id":"ignored.json"}},"x":{"y":{"type":"null"}}}`)
	other := parse(t, "http://schemas.example/other.json", `{"$id":"urn:example:other","definitions":{"o":{}}}`)
	s := set(t, d, other)
	root, _ := d.At("")
	part, ok := d.At("/definitions/part/properties/p")
	require.True(t, ok)
	for _, row := range []struct {
		from jsonschema.Location
		ref  string
		want string
	}{
		{root, "#", "http://schemas.example/dir/a.json#"},
		{root, "", "http://schemas.example/dir/a.json#"},
		{root, "a.json#/definitions/plain", "http://schemas.example/dir/a.json#/definitions/plain"},
		{root, "#name", "http://schemas.example/dir/a.json#/definitions/named"},
		{root, "#/definitions/a~1b~0c%25d", "http://schemas.example/dir/a.json#/definitions/a~1b~0c%d"},
		{root, "#/x/y", "http://schemas.example/dir/a.json#/x/y"},
		{root, "sub/part.json#inner", "http://schemas.example/dir/a.json#/definitions/part/definitions/inner"},
		{root, "../other.json#/definitions/o", "http://schemas.example/other.json#/definitions/o"},
		{root, "urn:example:other#/definitions/o", "http://schemas.example/other.json#/definitions/o"},
		{part, "#/definitions/inner", "http://schemas.example/dir/a.json#/definitions/part/definitions/inner"},
		{part, "#", "http://schemas.example/dir/a.json#/definitions/part"},
		{part, "../a.json", "http://schemas.example/dir/a.json#"},
		{root, "http://json-schema.org/draft-07/schema#/definitions/x", "http://json-schema.org/draft-07/schema#/definitions/x"},
	} {
		l, err := s.Resolve(row.from, row.ref)
		require.NoError(t, err, row.ref)
		require.Equal(t, row.want, l.String(), row.ref)
	}
	for ref, want := range map[string]string{
		"http://evil.example/x": `http://schemas.example/dir/a.json#: the reference "http://evil.example/x" leads to "http://evil.example/x", which is not known here; nothing is fetched`,
		"ignored.json":          `leads to "http://schemas.example/dir/ignored.json", which is not known here`,
		"file:///etc/passwd":    `leads to "file:///etc/passwd", which is not known here`,
		"#nobody":               `leads to no anchor "nobody"`,
		"#/definitions/none":    `leads nowhere`,
		"%zz":                   `is not a URI reference`,
	} {
		_, err := s.Resolve(root, ref)
		require.ErrorContains(t, err, want)
	}
}

func TestSetRefusesAnIdentifierThatIsTaken(t *testing.T) {
	s := set(t, parse(t, at, `{}`))
	require.ErrorContains(t, s.Add(parse(t, "http://schemas.example/b", `{"properties":{"p":{"$id":"a"}}}`)), `"http://schemas.example/a" is the identifier of another document already`)
	_, found := s.Document("http://schemas.example/b")
	require.False(t, found)
}

// docs of a row are found under http://schemas.example/a, b, c …
func TestCyclesThatConsumeNothingAreRefused(t *testing.T) {
	const d2019, d2020 = `"$schema":"https://json-schema.org/draft/2019-09/schema",`, `"$schema":"https://json-schema.org/draft/2020-12/schema",`
	for name, row := range map[string]struct {
		docs []string
		want string // "" is none
	}{
		"itself":              {[]string{`{"$ref":"#"}`}, "http://schemas.example/a# → http://schemas.example/a#"},
		"allOf":               {[]string{`{"allOf":[{"$ref":"#"}]}`}, "http://schemas.example/a# → http://schemas.example/a#/allOf/0 → http://schemas.example/a#"},
		"anyOf":               {[]string{`{"anyOf":[true,{"$ref":"#"}]}`}, "/anyOf/1"},
		"oneOf":               {[]string{`{"oneOf":[{"$ref":"#"}]}`}, "/oneOf/0"},
		"not":                 {[]string{`{"not":{"$ref":"#"}}`}, "/not"},
		"if":                  {[]string{`{"if":{"$ref":"#"}}`}, "/if"},
		"then":                {[]string{`{"if":true,"then":{"$ref":"#"}}`}, "/then"},
		"else":                {[]string{`{"else":{"$ref":"#"}}`}, "/else"},
		"dependencies":        {[]string{`{"dependencies":{"a":{"$ref":"#"}}}`}, "/dependencies/a"},
		"dependentSchemas":    {[]string{`{` + d2020 + `"dependentSchemas":{"a":{"$ref":"#"}}}`}, "/dependentSchemas/a"},
		"two definitions":     {[]string{`{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}`}, "/definitions/a → http://schemas.example/a#/definitions/b → http://schemas.example/a#/definitions/a"},
		"unused":              {[]string{`{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/a"}]}}}`}, "/definitions/a"},
		"below a property":    {[]string{`{"properties":{"p":{"$ref":"#/properties/p"}}}`}, "/properties/p"},
		"two documents":       {[]string{`{"$ref":"b"}`, `{"$ref":"a"}`}, "http://schemas.example/a# → http://schemas.example/b# → http://schemas.example/a#"},
		"only in the other":   {[]string{`{"properties":{"p":{"$ref":"b"}}}`, `{"anyOf":[{"$ref":"b"}]}`}, "http://schemas.example/b#"},
		"where none belongs":  {[]string{`{"$ref":"#/x","x":{"allOf":[{"$ref":"#/x"}]}}`}, "#/x → http://schemas.example/a#/x/allOf/0"},
		"$recursiveRef":       {[]string{`{` + d2019 + `"$recursiveRef":"#"}`}, "http://schemas.example/a#"},
		"$dynamicRef":         {[]string{`{` + d2020 + `"$dynamicAnchor":"x","$dynamicRef":"#x"}`}, "http://schemas.example/a#"},
		"$dynamicRef, turned": {[]string{`{` + d2020 + `"$dynamicAnchor":"x","$ref":"b"}`, `{` + d2020 + `"$ref":"#/$defs/d","$defs":{"d":{"$dynamicRef":"#x"},"x":{"$dynamicAnchor":"x"}}}`}, "http://schemas.example/b#/$defs/d"},

		"a tree":                 {[]string{`{"properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}}}`}, ""},
		"a list":                 {[]string{`{"items":{"allOf":[{"$ref":"#"}]}}`}, ""},
		"beside a reference":     {[]string{`{"$ref":"#/definitions/a","allOf":[{"$ref":"#"}],"definitions":{"a":{}}}`}, ""},
		"in an enum":             {[]string{`{"enum":[{"$ref":"#"}],"const":{"allOf":[{"$ref":"#"}]}}`}, ""},
		"a property so called":   {[]string{`{"properties":{"$ref":{"type":"string"},"allOf":{"$ref":"#"}}}`}, ""},
		"twice, but no cycle":    {[]string{`{"allOf":[{"$ref":"b"},{"$ref":"b"}]}`, `{}`}, ""},
		"an extended dialect":    {[]string{`{` + d2020 + `"$dynamicAnchor":"meta","$ref":"https://json-schema.org/draft/2020-12/schema"}`}, ""},
		"propertyNames":          {[]string{`{"propertyNames":{"$ref":"#"}}`}, ""},
		"not yet in the dialect": {[]string{`{"$dynamicRef":"#","dependentSchemas":{"a":{"$ref":"#"}}}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var docs []*jsonschema.Document
			for i, text := range row.docs {
				docs = append(docs, parse(t, "http://schemas.example/"+string(rune('a'+i)), text))
			}
			_, err := set(t, docs...).Check(docs[0])
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			var cycle *jsonschema.CycleError
			require.ErrorAs(t, err, &cycle)
			require.ErrorContains(t, err, row.want)
		})
	}
}

// doubling is a chain of n definitions, each allOf the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/d0","definitions":{`)
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/definitions/d%d"},{"$ref":"#/definitions/d%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{}}}`, n)
	return b.String()
}

func TestDoublingIsBounded(t *testing.T) {
	d := parse(t, at, doubling(22))
	_, err := set(t, d).Check(d)
	require.ErrorContains(t, err, "more than 10000 schemas would apply to one value")

	d = parse(t, at, doubling(8))
	_, err = set(t, d).Check(d)
	require.NoError(t, err)
}

func TestCheckLooksAtWhatAReferenceMakesASchema(t *testing.T) {
	d := parse(t, at, `{"allOf":[{"$ref":"#/x"},{"$ref":"missing"},{"$ref":"#gone"}],"x":{"pattern":"(?!a)","properties":{"p":7}}}`)
	_, err := set(t, d).Check(d)
	require.ErrorContains(t, err, "http://schemas.example/a#/x/pattern: regular expression: lookaheads")
	require.ErrorContains(t, err, "http://schemas.example/a#/x/properties/p: not a schema")
	require.ErrorContains(t, err, `"http://schemas.example/missing", which is not known here`)
	require.ErrorContains(t, err, `no anchor "gone"`)
}

func TestCheckReturnsWhatIsReached(t *testing.T) {
	a, b, c := parse(t, at, `{"$ref":"b"}`), parse(t, "http://schemas.example/b", `{"items":{"$ref":"a"}}`), parse(t, "http://schemas.example/c", `{}`)
	outer := set(t, b, c)
	inner := set(t, a)
	inner.Outer = outer
	reached, err := inner.Check(a)
	require.NoError(t, err)
	require.Equal(t, []*jsonschema.Document{a, b}, reached)
}

// What Check lets pass ends: a walk over what schemas apply to one value, as an engine
// does it, takes no more steps than the bound says.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"$ref":"#"}`, `{"allOf":[{"$ref":"#/x"}],"x":{"not":{"$ref":"#"}}}`, doubling(5), `{"properties":{"a":{"$ref":"#"}}}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"b","$defs":{"a":{"$anchor":"x","$dynamicRef":"#x"}}}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","id":"#a","dependencies":{"a":["b"]},"items":[{}]}`, `{"pattern":"(?=a)","minimum":1e999,"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := jsonschema.Parse(at, doc, jsonschema.Draft7)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		s := &jsonschema.Set{}
		require.NoError(t, s.Add(d))
		if _, err := s.Check(d); err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for l := range d.Schemas() {
			steps := 0
			walk(t, s, l, &steps)
		}
	})
}

func walk(t *testing.T, s *jsonschema.Set, l jsonschema.Location, steps *int) {
	if *steps++; *steps > jsonschema.MaxInPlace {
		t.Fatalf("%s: it does not end", l)
	}
	if ref, ok := l.Ref(); ok {
		to, err := s.Resolve(l, ref)
		require.NoError(t, err)
		if to.Doc != nil {
			walk(t, s, to, steps)
		}
		if l.Doc.Dialect <= jsonschema.Draft7 {
			return
		}
	}
	for _, c := range l.Children() {
		if c.InPlace {
			walk(t, s, c.Location, steps)
		}
	}
}
