package cloudevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
)

// requireSame compares two events; their times as instants at an offset.
func requireSame(t testing.TB, want, got Event) {
	t.Helper()
	require.True(t, want.Time.Equal(got.Time), "time = %v, want %v", got.Time, want.Time)
	want.Time, got.Time = time.Time{}, time.Time{}
	require.Equal(t, string(want.Data), string(got.Data))
	want.Data, got.Data = nil, nil
	if len(want.Extensions)+len(got.Extensions) == 0 {
		want.Extensions, got.Extensions = nil, nil
	}
	require.Equal(t, want, got)
}

func TestHalfASurrogatePairIsNoBase64(t *testing.T) {
	for _, data := range []string{`\ud800`, `QUJD\udc00`} {
		_, err := ReadJSON([]byte(with(`,"data_base64":"` + data + `"`)))
		require.ErrorContains(t, err, "/data_base64", data)
	}
}

// The four examples of the JSON format, section 3.2, and one of a batch.
func TestReadJSONExamplesOfTheSpecification(t *testing.T) {
	envelope := func(id, rest string) string {
		return `{ "specversion" : "1.0", "type" : "com.example.someevent", "source" : "/mycontext", "subject": null, "id" : "` + id + `",
			"time" : "2018-04-05T17:31:00Z", "comexampleextension1" : "value", "comexampleothervalue" : 5, "unsetextension": null` + rest + ` }`
	}
	want := func(id string) Event {
		return Event{ID: id, Source: "/mycontext", Type: "com.example.someevent", Time: time.Date(2018, 4, 5, 17, 31, 0, 0, time.UTC),
			Extensions: []Extension{{"comexampleextension1", String, "value"}, {"comexampleothervalue", Integer, "5"}}}
	}
	binary := want("A234-1234-1234")
	binary.DataContentType, binary.Data, binary.Kind = "application/vnd.apache.thrift.binary", []byte{0, 0xff, 0xfe}, Binary
	xml := want("B234-1234-1234")
	xml.DataContentType, xml.Data, xml.Kind = "application/xml", []byte(`<much wow="xml"/>`), Text
	object := want("C234-1234-1234")
	object.DataContentType, object.Data, object.Kind = "application/json", []byte(`{ "appinfoA" : "abc" }`), JSON
	str := want("D234-1234-1234")
	str.Data, str.Kind = []byte(`"I'm just a string"`), JSON
	tests := []struct {
		text string
		want Event
	}{
		{envelope("A234-1234-1234", `, "datacontenttype" : "application/vnd.apache.thrift.binary", "data_base64" : "AP/+"`), binary},
		{envelope("B234-1234-1234", `, "datacontenttype" : "application/xml", "data" : "<much wow=\"xml\"/>"`), xml},
		{envelope("C234-1234-1234", `, "datacontenttype" : "application/json", "data" :  { "appinfoA" : "abc" } `), object},
		{envelope("D234-1234-1234", `, "data" : "I'm just a string"`), str},
		{envelope("E", ``), want("E")},
	}
	var texts []string
	var events []Event
	for _, tt := range tests {
		got, err := ReadJSON([]byte(tt.text))
		require.NoError(t, err)
		requireSame(t, tt.want, got)
		texts, events = append(texts, tt.text), append(events, tt.want)
	}
	batch, err := ReadJSONBatch([]byte("[\n"+strings.Join(texts, " , ")+"]\r\n"), 5)
	require.NoError(t, err)
	require.Len(t, batch, len(events))
	for i := range events {
		requireSame(t, events[i], batch[i])
	}
	empty, err := ReadJSONBatch([]byte(" [ ] "), 0)
	require.NoError(t, err)
	require.Empty(t, empty)
	_, err = ReadJSONBatch([]byte("["+strings.Join(texts, ",")+"]"), 4)
	require.ErrorIs(t, err, ErrTooMany)
}

// with is a small event in the JSON format with more members.
func with(members string) string {
	return `{"specversion":"1.0","id":"1","source":"/s","type":"t"` + members + `}`
}

func TestReadJSONTakes(t *testing.T) {
	tests := []struct {
		members string
		want    func(e *Event)
	}{
		{`,"data":null`, func(e *Event) { e.Data, e.Kind = []byte("null"), JSON }},
		{`,"data": 1.50 `, func(e *Event) { e.Data, e.Kind = []byte("1.50"), JSON }},
		{`,"data":{"a":1,"a":2,"s":"\ud800","n":1e999999}`, func(e *Event) { e.Data, e.Kind = []byte(`{"a":1,"a":2,"s":"\ud800","n":1e999999}`), JSON }},
		{`,"data":"{\"a\":1}"`, func(e *Event) { e.Data, e.Kind = []byte(`"{\"a\":1}"`), JSON }},
		{`,"data":[1],"datacontenttype":"application/vnd.x+json"`, func(e *Event) { e.Data, e.Kind, e.DataContentType = []byte("[1]"), JSON, "application/vnd.x+json" }},
		{`,"datacontenttype":"Text/JSON; charset=utf-8","data":"x"`, func(e *Event) { e.Data, e.Kind, e.DataContentType = []byte(`"x"`), JSON, "Text/JSON; charset=utf-8" }},
		{`,"datacontenttype":"text/plain","data":""`, func(e *Event) { e.Kind, e.DataContentType = Text, "text/plain" }},
		{`,"datacontenttype":"text/plain","data":"a\u0000\n\ud83d\ude00\u00e9"`, func(e *Event) { e.Data, e.Kind, e.DataContentType = []byte("a\x00\n😀é"), Text, "text/plain" }},
		{`,"datacontenttype":null,"data":1`, func(e *Event) { e.Data, e.Kind = []byte("1"), JSON }},
		{`,"data_base64" : "AAE="`, func(e *Event) { e.Data, e.Kind = []byte{0, 1}, Binary }},
		{`,"data_base64":""`, func(e *Event) { e.Kind = Binary }},
		{`,"data_base64":"\u0041AE="`, func(e *Event) { e.Data, e.Kind = []byte{0, 1}, Binary }},
		{`,"data_base64":null,"data":1`, func(e *Event) { e.Data, e.Kind = []byte("1"), JSON }},
		{`,"datacontenttype":"application/json","data_base64":"MQ=="`, func(e *Event) { e.Data, e.Kind, e.DataContentType = []byte("1"), JSON, "application/json" }},
		{`,"\u0073ubject":"\u0078"`, func(e *Event) { e.Subject = "x" }},
		{`,"a":true,"b":false,"c":-2147483648,"d":2147483647,"e":-0,"f":"","g":"5"`, func(e *Event) {
			e.Extensions = []Extension{{"a", Boolean, "true"}, {"b", Boolean, "false"}, {"c", Integer, "-2147483648"}, {"d", Integer, "2147483647"}, {"e", Integer, "0"},
				{"f", String, ""}, {"g", String, "5"}}
		}},
		{`,"anextensionwithalongname123":"x"`, func(e *Event) { e.Extensions = []Extension{{"anextensionwithalongname123", String, "x"}} }},
		{`,"time":"2018-04-05t17:31:00.5+02:00"`, func(e *Event) { e.Time = time.Date(2018, 4, 5, 15, 31, 0, 5e8, time.UTC) }},
		{`,"data":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), func(e *Event) {
			e.Data, e.Kind = []byte(strings.Repeat("[", MaxDepth)+strings.Repeat("]", MaxDepth)), JSON
		}},
	}
	for _, tt := range tests {
		want := Event{ID: "1", Source: "/s", Type: "t"}
		tt.want(&want)
		got, err := ReadJSON([]byte(with(tt.members)))
		require.NoError(t, err, "%.80s", tt.members)
		got.Time = got.Time.UTC()
		requireSame(t, want, got)
	}
}

func TestReadJSONNamesEveryFault(t *testing.T) {
	tests := []struct {
		text string
		want []string // the beginning of each fault
	}{
		{``, []string{"byte 0: an event is a JSON object"}},
		{`[]`, []string{"byte 0: an event is a JSON object"}},
		{`{}`, []string{"/specversion: it is required", "/id: it is required", "/source: it is required", "/type: it is required"}},
		{`{"specversion":"0.3","id":1,"source":null,"type":""}`, []string{"/specversion: byte 15: it must be \"1.0\"", "/id: byte 26: it must be a string", "/source: it is required",
			"/type: it is required"}},
		{with(`,"id":"2"`), []string{"/id: byte 55: it is there twice"}},
		{with(`,"\u0069d":"2"`), []string{"/id: byte 55: it is there twice"}},
		{with(`,"a":1,"a":2`), []string{"/a: byte 61: it is there twice"}},
		{with(`,"a":null,"a":2`), []string{"/a: byte 64: it is there twice"}},
		{with(`,"a":2,"a":null`), []string{"/a: byte 61: it is there twice"}},
		{with(`,"subject":null,"subject":"x"`), []string{"/subject: byte 70: it is there twice"}},
		{with(`,"data":1,"data":2`), []string{"/data: byte 64: it is there twice"}},
		{with(`,"data_base64":"","data_base64":""`), []string{"/data_base64: byte 72: it is there twice"}},
		{with(`,"data":1,"data_base64":"AA=="`), []string{"/data_base64: byte 78: there is data as well"}},
		{with(`,"data_base64":"A"`), []string{"/data_base64: byte 69: it must be a string of base64"}},
		{with(`,"data_base64":"AA\n=="`), []string{"/data_base64: byte 69: it must be a string of base64"}},
		{with(`,"data_base64":5`), []string{"/data_base64: byte 69: it must be a string of base64"}},
		{with(`,"datacontenttype":"application/json","data_base64":"e30s"`), []string{"/data_base64: byte 106: the datacontenttype is JSON, and what is encoded is not, at its byte 2"}},
		{with(`,"datacontenttype":"text/plain","data":{}`), []string{"/data: byte 93: it must be a string"}},
		{with(`,"datacontenttype":"text/plain","data":"ab\ud800"`), []string{"/data: byte 96: half a surrogate pair"}},
		{with(`,"datacontenttype":"json"`), []string{"/datacontenttype: it is not a media type"}},
		{with(`,"datacontenttype":""`), []string{"/datacontenttype: byte 73: it must not be empty"}},
		{with(`,"subject":"","dataschema":""`), []string{"/subject: byte 65: it must not be empty", "/dataschema: byte 81: it must not be empty"}},
		{with(`,"subject":"a\u0000b"`), []string{"/subject: at its byte 1: the control character U+0000"}},
		{with(`,"subject":"\uffff"`), []string{"/subject: at its byte 0: the noncharacter U+FFFF"}},
		{with(`,"subject":"\udc00\ud800"`), []string{"/subject: byte 66: half a surrogate pair"}},
		{with(`,"subject":5,"time":5`), []string{"/subject: byte 65: it must be a string", "/time: byte 74: it must be a string"}},
		{with(`,"time":"yesterday"`), []string{"/time: byte 62: it is not a timestamp"}},
		{with(`,"dataschema":"relative"`), []string{"/dataschema: at its byte 0: it is not an absolute URI"}},
		{with(`,"a":1.5`), []string{"/a: byte 59: a number must be a whole number"}},
		{with(`,"a":1e3`), []string{"/a: byte 59: a number must be a whole number"}},
		{with(`,"a":2147483648`), []string{"/a: byte 59: a number must be a whole number"}},
		{with(`,"a":{"b":[]}`), []string{"/a: byte 59: an attribute can't be an array"}},
		{with(`,"traceParent":"x"`), []string{"/traceParent: byte 55: an attribute's name is of a-z"}},
		{with(`,"":1`), []string{"/: byte 55: an attribute's name must not be empty"}},
		{with(`,"a/~b":1`), []string{"/a~1~0b: byte 55: an attribute's name"}},
		{with(`,"a\u0000":1`), []string{`/"a\x00": byte 55: an attribute's name`}},
		{with(`,"\ud800":1`), []string{"byte 56: half a surrogate pair"}},
		{with(`,"a":"` + "\xff" + `"`), []string{"/a: byte 60: the text is not UTF-8"}},
		{with(`,"data":"` + "\xff" + `"`), []string{"/data: byte 63: the text is not UTF-8"}},
		{with(`,"data":{"a":}`), []string{"/data: byte 67: no JSON value begins"}},
		{with(`,"data":` + strings.Repeat("[", MaxDepth+1)), []string{"/data: byte 574: arrays and objects nest too deep"}},
		{with(`,"a":` + strings.Repeat("[", MaxDepth+1)), []string{"/a: byte 571: arrays and objects nest too deep"}},
		{with(`,`), []string{"byte 55: a member's name"}},
		{with(`,"a":`), []string{"/a: byte 59: no JSON value begins"}},
		{with(``) + `x`, []string{"byte 55: something follows"}},
		{with(``) + with(``), []string{"byte 55: something follows"}},
		{`{"id":"1"`, []string{"byte 9: the JSON ends too early"}},
		{`{"id":`, []string{"/id: byte 6: the JSON ends too early"}},
		{`{"id" "1"}`, []string{"byte 6: a colon"}},
		{`{"id":"1" "x":1}`, []string{"byte 10: a comma or }"}},
		{`{'id':1}`, []string{"byte 1: a member's name"}},
	}
	for _, tt := range tests {
		_, err := ReadJSON([]byte(tt.text))
		requireFaults(t, tt.want, err, tt.text)
	}
	var many strings.Builder
	for i := range MaxAttributes {
		fmt.Fprintf(&many, `,"a%d":1`, i)
	}
	_, err := ReadJSON([]byte(with(many.String())))
	require.ErrorContains(t, err, "64 members at most")
}

func requireFaults(t *testing.T, want []string, err error, text string) {
	t.Helper()
	var faults Faults
	require.ErrorAs(t, err, &faults, "%.100q", text)
	require.Len(t, faults, len(want), "%.100q: %v", text, err)
	for i, w := range want {
		require.True(t, strings.HasPrefix(faults[i].Error(), w), "%.100q: %v", text, faults[i])
	}
}

func TestReadJSONBatchNamesTheEvent(t *testing.T) {
	good := with(``)
	tests := []struct {
		text string
		want []string
	}{
		{``, []string{"byte 0: a batch is a JSON array"}},
		{good, []string{"byte 0: a batch is a JSON array"}},
		{`[` + good + `,` + with(`,"a":1.5,"subject":""`) + `,` + good + `,` + with(`,"time":"x"`) + `]`,
			[]string{"/1/a: byte 116: a number", "/1/subject: byte 130: it must not be empty", "/3/time: byte 252: it is not a timestamp"}},
		{`[` + good + `,5]`, []string{"/1: byte 57: an event is a JSON object"}},
		{`[` + good + `,]`, []string{"/1: byte 57: an event is a JSON object"}},
		{`[` + good + `,{"id":]`, []string{"/1/id: byte 63: no JSON value"}},
		{`[` + good + ` ` + good + `]`, []string{"byte 57: a comma or ]"}},
		{`[` + good, []string{"byte 56: the JSON ends too early"}},
		{`[]]`, []string{"byte 2: something follows"}},
	}
	for _, tt := range tests {
		_, err := ReadJSONBatch([]byte(tt.text), 100)
		requireFaults(t, tt.want, err, tt.text)
	}
	_, err := ReadJSONBatch([]byte(`[`+strings.Repeat(`{},`, 1_000_000)+`{}]`), 0)
	var faults Faults
	require.ErrorAs(t, err, &faults)
	require.LessOrEqual(t, len(faults), maxFaults+MaxAttributes)
	require.NotContains(t, err.Error(), "follows")
}

func FuzzReadJSON(f *testing.F) {
	for _, members := range []string{``, `,"data":{"a":1}`, `,"datacontenttype":"text/plain","data":"\ud83d\ude00\n"`, `,"data_base64":"AAE="`, `,"a":true,"b":-5,"c":null`,
		`,"time":"2018-04-05T17:31:00.5+02:00"`, `,"dataschema":"urn:x#y"`, `,"datacontenttype":"a/b+json","data":" "`} {
		f.Add([]byte(with(members)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ReadJSON(text)
		if err != nil {
			return
		}
		require.NoError(t, e.Validate())
		written := AppendJSON(nil, &e)
		require.True(t, json.Valid(written), "%q", written)
		again, err := ReadJSON(written)
		require.NoError(t, err, "%q", written)
		requireSame(t, e, again)
		require.Equal(t, string(written), string(AppendJSON(nil, &again)))
		everyForm(t, e)
	})
}

func FuzzReadJSONBatch(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`[` + with(``) + `,` + with(`,"data":[1,{"a":"b"}]`) + `]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		events, err := ReadJSONBatch(text, 0)
		if err != nil {
			return
		}
		written := AppendJSONBatch(nil, events)
		again, err := ReadJSONBatch(written, len(events))
		require.NoError(t, err, "%q", written)
		require.Len(t, again, len(events))
		for i := range events {
			requireSame(t, events[i], again[i])
		}
	})
}

// The SDK's codec reads what we write, where it is right.
func TestSDKReadsWhatAppendJSONWrites(t *testing.T) {
	for _, members := range []string{``, `,"data":{"a":[1,2.50,"x"]}`, `,"datacontenttype":"text/plain","data":"a\"\\\n\u0001é😀"`, `,"datacontenttype":"x/y","data_base64":"AP/+"`,
		`,"a":true,"b":-5,"c":"x"`, `,"time":"2018-04-05T17:31:00.5+02:00","subject":"s"`} {
		e, err := ReadJSON([]byte(with(members)))
		require.NoError(t, err)
		var theirs event.Event
		require.NoError(t, json.Unmarshal(AppendJSON(nil, &e), &theirs), members)
		require.NoError(t, theirs.Validate())
		back, err := FromSDK(theirs)
		require.NoError(t, err)
		requireSame(t, e, back)

		ours, err := json.Marshal(e.SDK())
		require.NoError(t, err)
		read, err := ReadJSON(ours)
		require.NoError(t, err)
		var compact bytes.Buffer // the SDK's writer re-prints JSON data
		if e.Kind == JSON {
			require.NoError(t, json.Compact(&compact, e.Data))
			e.Data = compact.Bytes()
		}
		requireSame(t, e, read)
	}
}

func BenchmarkJSON(b *testing.B) {
	e := order()
	e.Data = payload(b)
	text := AppendJSON(nil, &e)
	b.Run("AppendJSON", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		var buf []byte
		for b.Loop() {
			buf = AppendJSON(buf[:0], &e)
		}
	})
	b.Run("ReadJSON", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := ReadJSON(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			var e event.Event
			if err := json.Unmarshal(text, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
}
