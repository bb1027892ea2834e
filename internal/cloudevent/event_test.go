package cloudevent

import (
	"bufio"
	"bytes"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/stretchr/testify/require"
)

func newReader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }

func TestFromSDKKeepsTextsAndTypes(t *testing.T) {
	e := event.New()
	e.SetID("1")
	e.SetType("t")
	e.SetSource("https://x/a%2Fb?q#f")
	e.SetSubject("s")
	e.SetDataSchema("https://x/schema")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	e.SetTime(at)
	u, _ := url.Parse("https://x/y")
	ctx := e.Context.(*event.EventContextV1)
	ctx.Extensions = map[string]any{"a": "x", "b": true, "c": int32(-5), "d": []byte{0, 1}, "e": types.URI{URL: *u}, "f": &types.URIRef{URL: *u}, "g": u, "h": at,
		"i": types.Timestamp{Time: at}, "j": 7, "k": int64(math.MinInt32), "l": *u}
	require.NoError(t, e.SetData("text/plain", []byte("zürich")))
	got, err := FromSDK(e)
	require.NoError(t, err)
	require.NoError(t, got.Validate())
	when := "2026-01-02T03:04:05.000000006+01:00"
	requireSame(t, Event{ID: "1", Source: "https://x/a%2Fb?q#f", Type: "t", Subject: "s", DataSchema: "https://x/schema", DataContentType: "text/plain", Time: at,
		Extensions: []Extension{{"a", String, "x"}, {"b", Boolean, "true"}, {"c", Integer, "-5"}, {"d", Bytes, "AAE="}, {"e", URI, "https://x/y"}, {"f", URIRef, "https://x/y"},
			{"g", URI, "https://x/y"}, {"h", Timestamp, when}, {"i", Timestamp, when}, {"j", Integer, "7"}, {"k", Integer, "-2147483648"}, {"l", URI, "https://x/y"}},
		Data: []byte("zürich"), Kind: Text}, got)
	everyForm(t, got)
	back := got.SDK()
	require.NoError(t, back.Validate())
	require.Equal(t, map[string]any{"a": "x", "b": true, "c": int32(-5), "d": []byte{0, 1}, "e": types.URI{URL: *u}, "f": types.URIRef{URL: *u}, "g": types.URI{URL: *u},
		"h": types.Timestamp{Time: back.Extensions()["h"].(types.Timestamp).Time}, "i": back.Extensions()["i"], "j": int32(7), "k": int32(math.MinInt32), "l": types.URI{URL: *u}}, back.Extensions())
}

// A source that net/url would print otherwise comes back as it was written.
func TestURITextIsKept(t *testing.T) {
	for _, text := range []string{"HTTPS://Example.COM/a", "https://x/a%2fb", "/a%41", "//h", "a?", "a#", "?", "#", "http://[::1]:80/%7e", "urn:UUID:x", "mailto:a@b", "x:%41", "http://", "a:", "./a:b",
		"https://x/!'()*", "https://u:p@x/", "..", "a//b", "https://x?a=b c"} {
		e := Event{ID: "1", Source: text, Type: "t", DataSchema: text, Extensions: []Extension{{"r", URIRef, text}}}
		got, err := FromSDK(e.SDK())
		require.NoError(t, err)
		requireSame(t, e, got)
		sdk := e.SDK()
		require.Equal(t, text, sdk.Source())
	}
}

func TestKindIsByDataContentType(t *testing.T) {
	tests := []struct {
		contentType string
		data        []byte
		base64      bool
		want        DataKind
	}{
		{"application/json", nil, false, NoData}, {"application/json", []byte{}, true, NoData}, {"", []byte{}, false, NoData}, {"text/plain", []byte{}, false, Text},
		{"application/json", []byte(`{}`), true, JSON}, {"application/json", []byte(`{`), true, JSON}, {"", []byte(`{}`), false, JSON}, {"", []byte(`{}`), true, Binary},
		{"text/plain", []byte("x"), true, Text}, {"text/plain", []byte("\xff"), false, Binary}, {"application/octet-stream", []byte("\xff"), true, Binary}, {"a/b+json", []byte("1"), true, JSON},
	}
	for _, tt := range tests {
		e := event.New()
		e.SetDataContentType(tt.contentType)
		e.DataEncoded, e.DataBase64 = tt.data, tt.base64
		got, err := FromSDK(e)
		require.NoError(t, err)
		require.Equal(t, tt.want, got.Kind, "%q %q %v", tt.contentType, tt.data, tt.base64)
		again, err := FromSDK(got.SDK())
		require.NoError(t, err)
		requireSame(t, got, again)
	}
}

func TestFromSDKRefuses(t *testing.T) {
	old := event.New("0.3")
	_, err := FromSDK(old)
	require.ErrorContains(t, err, `specversion: "0.3"`)
	_, err = FromSDK(event.Event{})
	require.ErrorContains(t, err, "zero Event")
	_, err = FromSDK(event.Event{Context: (*event.EventContextV1)(nil)})
	require.ErrorContains(t, err, "nil pointer")

	e := event.New()
	e.SetSource("%zz")
	_, err = FromSDK(e)
	require.ErrorContains(t, err, "source")

	e = event.New()
	var noURI *types.URI
	var noTime *time.Time
	e.Context.(*event.EventContextV1).Extensions = map[string]any{"a": struct{}{}, "b": noURI, "c": noTime, "d": nil, "e": int64(math.MaxInt64), "f": 1.5, "g": math.NaN()}
	_, err = FromSDK(e)
	for _, name := range []string{"a: ", "b: ", "c: ", "d: ", "e: ", "f: ", "g: "} {
		require.ErrorContains(t, err, name)
	}
}

func TestSDKSharesNothing(t *testing.T) {
	e := order()
	sdk := e.SDK()
	sdk.DataEncoded[0] = 'X'
	sdk.SetSubject("other")
	sdk.SetExtension("partitionkey", "other")
	requireSame(t, order(), e)
	one, two := order(), order()
	two.Extensions = one.Extensions
	two.SetExtension(Extension{Name: "partitionkey", Text: "other"})
	two.SetExtension(Extension{Name: "aaa", Text: "first"})
	requireSame(t, order(), one)
	require.NoError(t, two.Validate())
	x, ok := two.Extension("partitionkey")
	require.True(t, ok)
	require.Equal(t, "other", x.Text)
}

func FuzzFromSDK(f *testing.F) {
	f.Add("1", "/s", "t", "subject", "text/plain", "urn:x", "name", "value", []byte("data"), false, int64(5), int32(3600))
	f.Add("1", "HTTPS://X/%41?", "t", "", "", "", "", "", []byte(nil), true, int64(-1), int32(-17762))
	f.Fuzz(func(t *testing.T, id, source, typ, subject, contentType, schema, name, value string, data []byte, base64 bool, nanos int64, offset int32) {
		e := event.New()
		ctx := e.Context.(*event.EventContextV1)
		ctx.ID, ctx.Type = id, typ
		ctx.Source.URL = uri(source)
		ctx.Subject, ctx.DataContentType = &subject, &contentType
		ctx.DataSchema = &types.URI{URL: uri(schema)}
		ctx.Time = &types.Timestamp{Time: time.Unix(0, nanos).In(time.FixedZone("", int(offset)))}
		ctx.Extensions = map[string]any{name: value}
		e.DataEncoded, e.DataBase64 = data, base64
		flat, err := FromSDK(e)
		require.NoError(t, err)
		require.Equal(t, source, flat.Source)
		require.Equal(t, schema, flat.DataSchema)
		require.True(t, bytes.Equal(data, flat.Data))
		again, err := FromSDK(flat.SDK())
		require.NoError(t, err)
		requireSame(t, flat, again)
		record, err := ParseRecord(AppendRecord(nil, &flat))
		require.NoError(t, err)
		requireSame(t, flat, record)
		if flat.Validate() != nil {
			return
		}
		everyForm(t, flat)
		read, err := ReadJSON(AppendJSON(nil, &flat))
		require.NoError(t, err)
		flat.Data = []byte(strings.Trim(string(flat.Data), trimmed(flat.Kind)))
		requireSame(t, flat, read)
	})
}

// trimmed is the white space around data that the JSON format can't keep.
func trimmed(k DataKind) string {
	if k == JSON {
		return " \t\r\n"
	}
	return ""
}
