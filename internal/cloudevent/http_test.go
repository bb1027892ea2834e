package cloudevent

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestModeByContentType(t *testing.T) {
	tests := []struct {
		contentType string
		mode        Mode
		ok          bool
	}{
		{"", BinaryMode, true}, {"application/json", BinaryMode, true}, {"text/plain; charset=latin1", BinaryMode, true}, {"garbage", BinaryMode, true},
		{"application/cloudevents+json", StructuredMode, true}, {"Application/CloudEvents+JSON; Charset=UTF-8", StructuredMode, true},
		{`application/cloudevents+json; charset="utf-8"; x=y`, StructuredMode, true},
		{"application/cloudevents-batch+json", BatchMode, true}, {"APPLICATION/CLOUDEVENTS-BATCH+JSON;charset=utf-8", BatchMode, true},
		{"application/cloudevents", 0, false}, {"application/cloudevents+avro", 0, false}, {"application/cloudevents-batch+protobuf", 0, false},
		{"application/cloudevents+json; charset=utf-16", 0, false}, {"application/cloudevents+json; charset=iso-8859-1", 0, false},
		{"application/cloudevents+json; charset", 0, false}, {"application/cloudevents+json, text/plain", 0, false}, {"application/cloudeventsx", 0, false},
	}
	for _, tt := range tests {
		mode, err := ModeOf(tt.contentType)
		require.Equal(t, tt.ok, err == nil, "%q: %v", tt.contentType, err)
		require.Equal(t, tt.mode, mode, "%q", tt.contentType)
		if err != nil {
			require.ErrorIs(t, err, ErrMedia)
		}
	}
}

// The table of encodings in the HTTP binding, section 3.1.3.2, and more.
func TestHeaderValues(t *testing.T) {
	both := []struct{ text, header string }{
		{"", ""}, {"plain/text:x?y#z!$&'()*+,;=@[]{}|\\^`~", "plain/text:x?y#z!$&'()*+,;=@[]{}|\\^`~"},
		{"Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"}, {`"`, "%22"}, {"100%", "100%25"}, {"a%20b", "a%2520b"}, {" x ", "%20x%20"}, {"\u007f\u0085\x00", "%7F%C2%85%00"},
	}
	for _, tt := range both {
		require.Equal(t, tt.header, encodeHeader(tt.text))
		got, ok := decodeHeader(tt.header, false)
		require.True(t, ok)
		require.Equal(t, tt.text, got)
	}
	read := []struct {
		header string
		isURI  bool
		text   string
		ok     bool
	}{
		{`"quoted \"text\" \\ %20x"`, false, `quoted "text" \  x`, true}, {`"open`, false, `"open`, true}, {`"a"b`, false, `"a"b`, true}, {`""`, false, "", true},
		{"%41%e2%82%ac", false, "A€", true}, {"a b", false, "a b", true}, {"é", false, "é", true},
		{"100%", false, "100%", true}, {"%zz%4", false, "%zz%4", true}, {"%2541", false, "%41", true},
		{"%C0%A0", false, "", false}, {"%ED%A0%80", false, "", false}, {"%FF", false, "", false}, {"/%C0%A0", true, "", false},
		{"https://x/a%20b", true, "https://x/a%20b", true}, // a sender that does not encode
		{"https://x/a%2520b", true, "https://x/a%20b", true}, {"https://x/%41", true, "https://x/A", true}, {"a%20b c", true, "a b c", true},
		{"https://x/a%20b", false, "https://x/a b", true},
	}
	for _, tt := range read {
		got, ok := decodeHeader(tt.header, tt.isURI)
		require.Equal(t, tt.ok, ok, "%q", tt.header)
		require.Equal(t, tt.text, got, "%q", tt.header)
	}
}

// message is a header with what an event must have, and more or less of it.
func message(pairs ...string) http.Header {
	h := http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/s"}, "Ce-Type": {"t"}, "Host": {"x"}, "User-Agent": {"y"}}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			h.Del(pairs[i])
			continue
		}
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestReadHTTPTakes(t *testing.T) {
	tests := []struct {
		header http.Header
		body   string
		want   func(e *Event)
	}{
		{message(), "", func(*Event) {}},
		{message("Content-Type", "application/json; charset=utf-8"), " {\"a\" : 1}\n", func(e *Event) {
			e.DataContentType, e.Data, e.Kind = "application/json; charset=utf-8", []byte(" {\"a\" : 1}\n"), JSON
		}},
		{message("Content-Type", "application/json"), "", func(e *Event) { e.DataContentType = "application/json" }},
		{message("Content-Type", "application/octet-stream"), "\xff\x00", func(e *Event) {
			e.DataContentType, e.Data, e.Kind = "application/octet-stream", []byte("\xff\x00"), Binary
		}},
		{message("Content-Type", "text/plain"), "{", func(e *Event) { e.DataContentType, e.Data, e.Kind = "text/plain", []byte("{"), Text }},
		{message(), "{}", func(e *Event) { e.Data, e.Kind = []byte("{}"), JSON }},
		{message(), "{", func(e *Event) { e.Data, e.Kind = []byte("{"), Binary }},
		{message("ce-time", "2018-04-05T03:56:24Z", "CE-Subject", "a%20b", "cE-dataschema", "urn:x", "ce-n", "5", "ce-empty", ""), "", func(e *Event) {
			e.Time, e.Subject, e.DataSchema = time.Date(2018, 4, 5, 3, 56, 24, 0, time.UTC), "a b", "urn:x"
			e.Extensions = []Extension{{"empty", String, ""}, {"n", String, "5"}}
		}},
	}
	for _, tt := range tests {
		want := Event{ID: "1", Source: "/s", Type: "t"}
		tt.want(&want)
		got, err := ReadHTTP(tt.header, []byte(tt.body))
		require.NoError(t, err)
		requireSame(t, want, got)
	}
}

func TestReadHTTPNamesTheHeader(t *testing.T) {
	tests := []struct {
		header http.Header
		body   string
		want   []string
	}{
		{http.Header{}, "", []string{"ce-id: it is required", "ce-source: it is required", "ce-specversion: it is required", "ce-type: it is required"}},
		{message("ce-specversion", "-", "ce-specversion", "0.3"), "", []string{`ce-specversion: it must be "1.0"`}},
		{message("ce-id", "2"), "", []string{"ce-id: it is there more than once"}},
		{message("ce-id", "-", "ce-id", ""), "", []string{"ce-id: it is required"}},
		{message("ce-id", "-", "ce-id", "a%00"), "", []string{"ce-id: at its byte 1: the control character U+0000"}},
		{message("ce-subject", ""), "", []string{"ce-subject: it must not be empty"}},
		{message("ce-subject", "%C0%A0"), "", []string{"ce-subject: what is percent-encoded in it is not UTF-8"}},
		{message("ce-subject", "\xff"), "", []string{"ce-subject: at its byte 0: it is not UTF-8"}},
		{message("ce-subject", "%EF%BF%BF"), "", []string{"ce-subject: at its byte 0: the noncharacter"}},
		{message("ce-source", "-", "ce-source", "a b"), "", []string{"ce-source: at its byte 1"}},
		{message("ce-dataschema", "x"), "", []string{"ce-dataschema: at its byte 0: it is not an absolute URI"}},
		{message("ce-time", "noon"), "", []string{"ce-time: it is not a timestamp"}},
		{message("ce-datacontenttype", "text/plain"), "", []string{"ce-datacontenttype: it must not be there"}},
		{message("ce-data", "x", "ce-", "x", "ce-a_b", "x"), "", []string{"ce-: an attribute's name must not be empty", "ce-a_b: an attribute's name is of", "ce-data: no extension"}},
		{message("Content-Type", "nonsense"), "x", []string{"Content-Type: it is not a media type"}},
		{message("Content-Type", "text/plain", "Content-Type", "text/html"), "x", []string{"Content-Type: it is there more than once"}},
		{message("Content-Type", "application/vnd.x+JSON"), `{"a":1,}`, []string{"body: byte 7: a member's name"}},
		{message("Content-Type", "application/json"), "\"\xff\"", []string{"body: byte 1: the text is not UTF-8"}},
		{message("Content-Type", "application/json"), strings.Repeat("[", 600), []string{"body: byte 512: arrays and objects nest too deep"}},
	}
	for _, tt := range tests {
		_, err := ReadHTTP(tt.header, []byte(tt.body))
		requireFaults(t, tt.want, err, tt.body)
	}
	many := message()
	for i := range MaxAttributes {
		many.Set("ce-x"+string(rune('a'+i%26))+string(rune('a'+i/26)), "1")
	}
	_, err := ReadHTTP(many, nil)
	require.ErrorContains(t, err, "64 ce- headers")
}

// everyForm takes e through the log record, the SDK's event, the JSON format and the
// HTTP binding.
func everyForm(t testing.TB, e Event) {
	t.Helper()
	record, err := ParseRecord(AppendRecord(nil, &e))
	require.NoError(t, err)
	requireSame(t, e, record)

	sdk, err := FromSDK(e.SDK())
	require.NoError(t, err)
	want := e
	if len(e.Data) == 0 && e.DataContentType == "" {
		want.Kind = NoData // the SDK can't tell empty data of no type from none
	}
	requireSame(t, want, sdk)

	h := http.Header{}
	e.SetHeaders(h)
	wire := overTheWire(t, h)
	got, err := ReadHTTP(wire, e.Data)
	require.NoError(t, err, "%v", wire)
	want = e
	want.Extensions = make([]Extension, len(e.Extensions))
	for i, x := range e.Extensions {
		want.Extensions[i] = Extension{Name: x.Name, Text: x.Text} // a header does not say the type
	}
	if e.Kind == JSON && e.DataContentType == "" {
		want.DataContentType = "application/json"
	}
	if e.DataContentType == "" && e.Kind == Binary {
		want.Kind = got.Kind // no type, no kind
	}
	if len(e.Data) == 0 {
		want.Kind = NoData // an empty body
	}
	requireSame(t, want, got)
}

// overTheWire writes h as HTTP and reads it again.
func overTheWire(t testing.TB, h http.Header) http.Header {
	t.Helper()
	req := httptest.NewRequest("POST", "/", nil)
	req.Header = h
	var buf bytes.Buffer
	require.NoError(t, req.Write(&buf))
	for _, line := range strings.Split(buf.String(), "\r\n") {
		for i := range len(line) {
			require.True(t, line[i] >= ' ' && line[i] < 0x7f, "%q", line)
		}
	}
	read, err := http.ReadRequest(newReader(buf.Bytes()))
	require.NoError(t, err)
	return read.Header
}

func FuzzReadHTTP(f *testing.F) {
	f.Add("1", "/s", "t", "a%20b", "text/plain", "2018-04-05T17:31:00Z", "x", "y", []byte("body"))
	f.Add("é😀", "https://x/a%2520b", "com.example", `"q\"uo"`, "application/json", "", "abc", "%E2%82%AC%", []byte(`{"a":1}`))
	f.Add("%41", "urn:x", "t", "", "", "", "", "", []byte{0xff})
	f.Fuzz(func(t *testing.T, id, source, typ, subject, contentType, when, name, value string, body []byte) {
		h := http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {source}, "Ce-Type": {typ}}
		for key, text := range map[string]string{"Ce-Subject": subject, "Content-Type": contentType, "Ce-Time": when} {
			if text != "" {
				h[key] = []string{text}
			}
		}
		if name != "" {
			h[http.CanonicalHeaderKey("ce-"+name)] = []string{value}
		}
		e, err := ReadHTTP(h, body)
		if err != nil {
			require.IsType(t, Faults{}, err)
			return
		}
		require.NoError(t, e.Validate())
		everyForm(t, e)
	})
}

func BenchmarkHTTP(b *testing.B) {
	e := order()
	e.Data = payload(b)
	h := http.Header{}
	e.SetHeaders(h)
	b.Run("ReadHTTP", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadHTTP(h, e.Data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SetHeaders", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.SetHeaders(h)
		}
	})
}
