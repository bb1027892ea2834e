package cloudevent

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func order() Event {
	return Event{
		ID: "01JD3YVX5K8Q4T1Z9W2M7N6B0C", Source: "https://shop.example/orders", Type: "com.example.order.placed", Subject: "order-4711",
		DataContentType: "application/json", DataSchema: "https://shop.example/schemas/order#v1",
		Time:       time.Date(2026, 3, 1, 12, 30, 15, 123456789, time.FixedZone("", 3600)),
		Extensions: []Extension{{Name: "partitionkey", Text: "4711"}, {Name: "sequence", Type: Integer, Text: "12"}},
		Data:       []byte(`{"total": 12.50, "lines": [{"sku": "A-1", "n": 2}]}`), Kind: JSON,
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(e *Event)
		want  []string // a part of each fault, in order
	}{
		{"nothing", func(*Event) {}, nil},
		{"the zero event", func(e *Event) { *e = Event{} }, []string{"id: ", "source: ", "type: "}},
		{"control character", func(e *Event) { e.ID = "a\r\nX-Evil: 1" }, []string{"id: byte 1: the control character U+000D"}},
		{"delete", func(e *Event) { e.Type = "a\x7f" }, []string{"type: byte 1: the control character U+007F"}},
		{"C1 control", func(e *Event) { e.Subject = "a\u0085" }, []string{"subject: byte 1: the control character U+0085"}},
		{"noncharacters", func(e *Event) { e.ID, e.Type, e.Subject = "\ufdd0", "\uffff", "x\U0010fffe" },
			[]string{"id: byte 0: the noncharacter U+FDD0", "type: byte 0: the noncharacter U+FFFF", "subject: byte 1: the noncharacter U+10FFFE"}},
		{"not UTF-8", func(e *Event) { e.Subject = "ab\xffc" }, []string{"subject: byte 2: it is not UTF-8"}},
		{"surrogate", func(e *Event) { e.Subject = "\xed\xa0\x80" }, []string{"subject: byte 0: it is not UTF-8"}},
		{"any other text", func(e *Event) { e.ID, e.Subject = "Zürich 世界 😀 \ufffd", "\u00a0" }, nil},
		{"source", func(e *Event) { e.Source = "a b" }, []string{"source: byte 1: "}},
		{"source, not a scheme", func(e *Event) { e.Source = "my_service:1" }, []string{"source: byte 0: "}},
		{"dataschema", func(e *Event) { e.DataSchema = "/schemas/1" }, []string{"dataschema: byte 0: it is not an absolute URI"}},
		{"datacontenttype", func(e *Event) { e.DataContentType = "json" }, []string{"datacontenttype: ", "data: it is JSON"}},
		{"time", func(e *Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, []string{"time: its year"}},
		{"time, by its zone", func(e *Event) { e.Time = time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC).In(time.FixedZone("", 3600)) }, []string{"time: its year"}},
		{"name", func(e *Event) { e.Extensions = []Extension{{Name: "traceParent"}} }, []string{`"traceParent": an attribute's name`}},
		{"name, empty", func(e *Event) { e.Extensions = []Extension{{}} }, []string{`"": an attribute's name`}},
		{"name, taken", func(e *Event) { e.Extensions = []Extension{{Name: "data"}, {Name: "time"}} }, []string{`"data": no extension`, `"time": no extension`}},
		{"twice", func(e *Event) { e.Extensions = []Extension{{Name: "a"}, {Name: "a"}} }, []string{"a: it is there twice"}},
		{"extension text", func(e *Event) { e.Extensions = []Extension{{Name: "a", Text: "x\x00"}} }, []string{"a: byte 1: the control character U+0000"}},
		{"types", func(e *Event) {
			e.Extensions = []Extension{{"a", Boolean, "1"}, {"b", Integer, "2147483648"}, {"c", Integer, "01"}, {"d", Integer, "1.5"}, {"e", Bytes, "a"},
				{"f", Bytes, "YQ=\n="}, {"g", URI, "x"}, {"h", URIRef, "%"}, {"i", Timestamp, "2026-1-1T00:00:00Z"}, {"j", 99, ""}}
		}, []string{"a: ", "b: ", "c: ", "d: ", "e: ", "f: ", "g: byte 0", "h: byte 0", "i: ", "j: its type 99"}},
		{"types that fit", func(e *Event) {
			e.Extensions = []Extension{{"a", Boolean, "true"}, {"b", Integer, "-2147483648"}, {"c", Bytes, ""}, {"d", Bytes, "AAE="}, {"e", URI, "urn:a"},
				{"f", URIRef, ""}, {"g", Timestamp, "2026-01-01t00:00:00.5+01:00"}, {"h", Timestamp, "2016-12-31T23:59:60Z"}}
		}, nil},
		{"data of no kind", func(e *Event) { e.Kind = NoData }, []string{"data: "}},
		{"data, not JSON", func(e *Event) { e.Data = []byte(`{"a":`) }, []string{"data: byte 5: the JSON ends"}},
		{"data, not text", func(e *Event) { e.Kind, e.DataContentType, e.Data = Text, "text/plain", []byte("ab\xff") }, []string{"data: byte 2: "}},
		{"text as JSON", func(e *Event) { e.Kind = Text }, []string{"data: it is text"}},
		{"binary as JSON", func(e *Event) { e.Kind = Binary }, []string{"data: it is binary"}},
		{"binary of no type", func(e *Event) { e.Kind, e.DataContentType, e.Data = Binary, "", []byte{0xff} }, nil},
		{"unknown kind", func(e *Event) { e.Kind = 9 }, []string{"data: its kind 9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := order()
			tt.spoil(&e)
			err := e.Validate()
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			var faults Faults
			require.ErrorAs(t, err, &faults)
			require.Len(t, faults, len(tt.want), "%v", err)
			for i, want := range tt.want {
				require.True(t, strings.HasPrefix(faults[i].Error(), want), "%v", faults[i])
			}
		})
	}
}

// Every byte at every place of a word of eight.
func TestControlCharactersAreFoundWhereverTheyStand(t *testing.T) {
	for _, fill := range []string{" ", "a", "~", "_"} {
		for at := range 17 {
			for c := range 256 {
				text := []byte(strings.Repeat(fill, 17))
				text[at] = byte(c)
				var faults Faults
				faults.checkText("x", string(text))
				require.Equal(t, c < 0x20 || c > 0x7e, faults != nil, "%q", text)
			}
		}
	}
}

func TestURIReference(t *testing.T) {
	tests := []struct {
		text     string
		offset   int // of the fault; -1 for none
		absolute bool
	}{
		{"", -1, false}, {"/", -1, false}, {"a", -1, false}, {"..", -1, false}, {"#x", -1, false}, {"?a=b", -1, false}, {"//host", -1, false},
		{"cloudevents/spec/pull/123", -1, false}, {"/sensors/tn-1234567/alerts", -1, false}, {"1-555-123-4567", -1, false}, {"./a:b", -1, false},
		{"https://github.com/cloudevents", -1, true}, {"mailto:cncf-wg-serverless@lists.cncf.io", -1, true}, {"urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", -1, true},
		{"HTTPS://u:p@[::1]:8080/a%20b/?q=/?#f/?", -1, true}, {"http://[v1.x:y]/", -1, true}, {"http://[fe80::1%25en1]/", -1, true}, {"file:///etc", -1, true}, {"a:", -1, true},
		{"http://h:", -1, true}, {"tag:x,2020:y", -1, true}, {"http://", -1, true},
		{"", 0, true}, {"//host", 0, true}, {"x/y:z", 0, true},
		{":a", 0, false}, {"1a:b", 0, false}, {"a_b:c", 0, false}, {"10.0.0.1:80", 0, false}, {"é:x", 0, false},
		{"a b", 1, false}, {"a\"", 1, false}, {"a<b>", 1, false}, {"/{x}", 1, false}, {"/a|b", 2, false}, {"/a\\b", 2, false}, {"/a^", 2, false}, {"/`", 1, false},
		{"/é", 1, false}, {"/a%", 2, false}, {"/a%2", 2, false}, {"/a%2g", 2, false}, {"/[x]", 1, false}, {"a#b#c", 3, false}, {"/\x00", 1, false},
		{"http://a b/", 8, true}, {"http://h:8x/", 8, true}, {"http://[::1/", 7, true}, {"http://[1.2.3.4]/", 7, true}, {"http://[::1]x/", 12, true},
		{"http://a@b@c/", 8, true}, {"http://a[b/", 8, true}, {"http://[v1]/", 7, true}, {"http://%zz/", 7, true},
	}
	for _, tt := range tests {
		offset, msg := uriFault(tt.text, tt.absolute)
		require.Equal(t, tt.offset >= 0, msg != "", "%q: %s", tt.text, msg)
		require.Equal(t, tt.offset, offset, "%q: %s", tt.text, msg)
	}
}

func TestMediaType(t *testing.T) {
	tests := []struct {
		text     string
		ok, json bool
	}{
		{"", false, true}, {"application/json", true, true}, {"Application/JSON", true, true}, {"application/json; charset=utf-8", true, true},
		{"application/json;charset=\"utf-8\";", true, true}, {"text/json", true, true}, {"application/vnd.x+json", true, true}, {"application/VND.X+JSON ; v=1", true, true},
		{"application/cloudevents+json", true, true}, {"text/plain", true, false}, {"application/jsonp", true, false}, {"application/xml", true, false}, {"application/json+xml", true, false},
		{"x/json-seq", true, false}, {`a/b; c="d\"e;f"`, true, false},
		{"json", false, false}, {"application/", false, false}, {"/json", false, false}, {"a b/c", false, false}, {"a/b c", false, false}, {"application/json; x", false, false},
		{"application/json; x=", false, false}, {`application/json; x="y`, false, false}, {"application/json, text/plain", false, false}, {"application/json\r\nX: y", false, false},
		{"é/json", false, false}, {"a/b; c=\"\x01\"", false, false}, {"application/json/x", false, false}, {"a/b ", false, false}, {"a/b; c=d ", false, false}, {"a/b;\tc=d", false, false}, {`a/b; c="é"`, false, false}, {" a/b", false, false},
	}
	for _, tt := range tests {
		_, _, ok := parseMedia(tt.text)
		require.Equal(t, tt.ok, ok, "%q", tt.text)
		require.Equal(t, tt.json, IsJSON(tt.text), "%q", tt.text)
	}
	_, charset, _ := parseMedia(`application/json; q=1; Charset="utf\-8"`)
	require.Equal(t, "utf-8", charset)
}

func TestTimeIsReadAndWrittenAsTheSameInstant(t *testing.T) {
	for _, text := range []string{"2018-04-05T17:31:00Z", "2018-04-05T17:31:00.123456789+05:45", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9-23:59"} {
		got, err := ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, text, FormatTime(got))
	}
	lower, err := ParseTime("2018-04-05t17:31:00z")
	require.NoError(t, err)
	require.Equal(t, "2018-04-05T17:31:00Z", FormatTime(lower))
	leap, err := ParseTime("2016-12-31T18:59:60.5-05:00")
	require.NoError(t, err)
	require.Equal(t, "2016-12-31T19:00:00.5-05:00", FormatTime(leap))

	old := time.Date(1880, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", -4*3600-56*60-2)) // New York, before zones
	got, err := ParseTime(FormatTime(old))
	require.NoError(t, err)
	require.True(t, old.Equal(got), "%v became %v", old, got)

	for _, text := range []string{"", "2018-04-05", "2018-04-05 17:31:00Z", "2018-04-05T17:31Z", "2018-04-05T17:31:00", "2018-04-05T7:31:00Z", "2018-04-05T17:31:00,5Z",
		"2018-04-05T17:31:60Z", "2018-02-30T00:00:00Z", "2018-04-05T24:00:00Z", "2018-04-05T17:31:00+24:00", "2018-04-05T17:31:00Zx"} {
		_, err := ParseTime(text)
		require.Error(t, err, text)
	}
}

func BenchmarkValidate(b *testing.B) {
	e := order()
	b.Run("small", func(b *testing.B) {
		small := Event{ID: "01JD3YVX5K8Q4T1Z9W2M7N6B0C", Source: "/orders", Type: "com.example.order.placed", Subject: "4711", Time: e.Time}
		for b.Loop() {
			if err := small.Validate(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("attributes", func(b *testing.B) {
		for b.Loop() {
			if err := e.ValidateAttributes(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			if err := e.Validate(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
