package httpsource_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/connectortest"
	"github.com/eventbridge-go/eventbridge/connector/httpsource"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/schema"
)

// A recorder is a Publisher that keeps events, or fails.
type recorder struct {
	mu     sync.Mutex
	calls  int
	events []eventbridge.Event
	err    error
}

func (r *recorder) Publish(_ context.Context, events ...eventbridge.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.err == nil {
		r.events = append(r.events, events...)
	}
	return r.err
}

func TestSourceKeepsThePromises(t *testing.T) {
	for _, mode := range []cloudevent.Mode{cloudevent.BinaryMode, cloudevent.StructuredMode, cloudevent.BatchMode} {
		t.Run([]string{"binary", "structured", "batch"}[mode], func(t *testing.T) {
			connectortest.RunSource(t, connectortest.Source{
				Start: func(t *testing.T, p eventbridge.Publisher) func(context.Context, eventbridge.Event) error {
					server := httptest.NewUnstartedServer(httpsource.Handler(p))
					server.Config.ErrorLog = log.New(io.Discard, "", 0) // panics that are meant
					server.Start()
					t.Cleanup(server.Close)
					return func(ctx context.Context, e eventbridge.Event) error {
						return post(ctx, server, mode, e)
					}
				},
			})
		})
	}
}

// post sends e and returns nil when the answer is 202.
func post(ctx context.Context, server *httptest.Server, mode cloudevent.Mode, e eventbridge.Event) error {
	flat, err := cloudevent.FromSDK(e)
	if err != nil {
		return err
	}
	body, header := encode(mode, &flat)
	req, err := http.NewRequestWithContext(ctx, "POST", server.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := server.Client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusAccepted || err != nil {
		return fmt.Errorf("%s %s %w", resp.Status, answer, err)
	}
	return nil
}

func encode(mode cloudevent.Mode, e *cloudevent.Event) (body []byte, header http.Header) {
	header = http.Header{}
	switch mode {
	case cloudevent.StructuredMode:
		header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
		return cloudevent.AppendJSON(nil, e), header
	case cloudevent.BatchMode:
		header.Set("Content-Type", "Application/CloudEvents-Batch+JSON")
		return cloudevent.AppendJSONBatch(nil, []cloudevent.Event{*e}), header
	}
	e.SetHeaders(header)
	return e.Data, header
}

type answer struct {
	status int
	header http.Header
	body   string
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Event  *int   `json:"event"`
	Faults []struct {
		Place  string `json:"place"`
		Offset *int   `json:"offset"`
		Fault  string `json:"fault"`
	} `json:"faults"`
}

func serve(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if w.Code == http.StatusAccepted {
		require.Empty(t, a.body)
		return a
	}
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	require.Equal(t, w.Code, a.Status)
	require.Equal(t, http.StatusText(w.Code), a.Title)
	require.NotEmpty(t, a.Detail)
	require.NotContains(t, a.body, "goroutine")
	return a
}

const envelope = `{"specversion":"1.0","id":"1","source":"/s","type":"t"`

func request(body string, pairs ...string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	return r
}

func binary(body string, pairs ...string) *http.Request {
	return request(body, append([]string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t"}, pairs...)...)
}

func structured(body string, pairs ...string) *http.Request {
	return request(body, append([]string{"Content-Type", "application/cloudevents+json"}, pairs...)...)
}

func batch(body string) *http.Request {
	return request(body, "Content-Type", "application/cloudevents-batch+json")
}

func TestWhatIsNoCloudEventIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		req    *http.Request
		status int
		places []string // of the faults
	}{
		{"nothing", request(""), 400, []string{"ce-id", "ce-source", "ce-specversion", "ce-type"}},
		{"bad header", binary("", "ce-time", "noon", "ce-subject", "%ff"), 400, []string{"ce-subject", "ce-time"}},
		{"bad JSON", binary("{", "Content-Type", "application/json"), 400, []string{"body"}},
		{"bad media type", binary("{", "Content-Type", "json"), 400, []string{"Content-Type"}},
		{"bad field", structured(envelope + `,"time":"noon","subject":5}`), 400, []string{"/time", "/subject"}},
		{"not an object", structured(`[]`), 400, []string{""}},
		{"duplicate", structured(envelope + `,"id":"2"}`), 400, []string{"/id"}},
		{"version 0.3", structured(`{"specversion":"0.3","id":"1","source":"/s","type":"t","datacontentencoding":""}`), 400, []string{"/specversion"}},
		{"second of a batch", batch(`[` + envelope + `},` + envelope + `,"subject":""},` + envelope + `}]`), 400, []string{"/1/subject"}},
		{"too deep", structured(envelope + `,"data":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`), 400, []string{"/data"}},
		{"compressed", binary("x", "Content-Encoding", "gzip"), 415, nil},
		{"avro", request("x", "Content-Type", "application/cloudevents+avro"), 415, nil},
		{"charset", request(envelope+`}`, "Content-Type", "application/cloudevents+json; charset=utf-16"), 415, nil},
		{"long", binary(strings.Repeat("x", 2001)), 413, nil},
		{"long batch", batch(strings.Repeat(" ", 2001)), 413, nil},
		{"many", batch(`[` + strings.Repeat(envelope+`},`, 4) + envelope + `}]`), 413, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &recorder{}
			a := serve(t, httpsource.Handler(p, httpsource.MaxBytes(2000), httpsource.MaxEvents(3)), tt.req)
			require.Equal(t, tt.status, a.status, a.body)
			var places []string
			for _, f := range a.Faults {
				places = append(places, f.Place)
				require.NotEmpty(t, f.Fault)
			}
			require.Equal(t, tt.places, places, a.body)
			require.Zero(t, p.calls)
		})
	}
}

func TestWhatIsACloudEventIsTaken(t *testing.T) {
	tests := []struct {
		name   string
		req    *http.Request
		events int
	}{
		{"binary", binary(`{}`, "Content-Type", "application/json"), 1},
		{"any media type", binary("\xff\x00", "Content-Type", "image/png"), 1},
		{"no media type", binary("{"), 1},
		{"structured", structured(envelope + `}`), 1},
		{"structured wins over headers", structured(envelope+`}`, "ce-id", "other", "ce-time", "nonsense"), 1},
		{"identity", binary("", "Content-Encoding", "identity"), 1},
		{"batch", batch(`[` + envelope + `},` + envelope + `}]`), 2},
		{"empty batch", batch(`[]`), 0},
	}
	for _, tt := range tests {
		p := &recorder{}
		require.Equal(t, 202, serve(t, httpsource.Handler(p), tt.req).status, tt.name)
		require.Equal(t, 1, p.calls)
		require.Len(t, p.events, tt.events)
		for _, e := range p.events {
			require.Equal(t, "1", e.ID())
			require.NoError(t, e.Validate())
		}
	}
}

func TestErrorsOfPublishAndTheirAnswers(t *testing.T) {
	tests := []struct {
		err        error
		status     int
		retryAfter bool
	}{
		{nil, 202, false},
		{eventbridge.ErrInvalidEvent, 400, false}, {eventbridge.ErrLoop, 400, false}, {eventbridge.ErrConflict, 409, false}, {schema.ErrUndeclared, 422, false}, {eventbridge.ErrTooLarge, 413, false},
		{eventbridge.ErrOutcomeUnknown, 503, true}, {eventbridge.ErrFull, 503, true}, {eventbridge.ErrStopped, 503, true}, {eventbridge.ErrClosed, 503, true},
		{context.Canceled, 503, true}, {context.DeadlineExceeded, 503, true},
		{errors.New("/var/lib/secret.db: disk on fire"), 500, false},
	}
	for _, tt := range tests {
		err := tt.err
		if err != nil {
			err = &eventbridge.EventError{Index: 1, Err: fmt.Errorf("%w: secret", err)}
		}
		a := serve(t, httpsource.Handler(&recorder{err: err}), batch(`[`+envelope+`},`+envelope+`}]`))
		require.Equal(t, tt.status, a.status, "%v: %s", tt.err, a.body)
		after, _ := strconv.Atoi(a.header.Get("Retry-After"))
		require.Equal(t, tt.retryAfter, after > 0, "%v", tt.err)
		if err != nil {
			require.Equal(t, 1, *a.Event)
		}
		if tt.err != eventbridge.ErrInvalidEvent {
			require.NotContains(t, a.body, "secret")
		}
	}
	bad := fmt.Errorf("%w: %w", eventbridge.ErrInvalidEvent, (&cloudevent.Event{}).Validate())
	a := serve(t, httpsource.Handler(&recorder{err: bad}), binary(""))
	require.Len(t, a.Faults, 3)
	require.Equal(t, "id", a.Faults[0].Place)
}

func TestViolationsOfASchemaAreNamed(t *testing.T) {
	err := &eventbridge.EventError{Index: 0, Err: &schema.ValidationError{Type: "order.placed", Version: 3, Schema: "http://example.com/s",
		Violations: []schema.Violation{{Pointer: "/total", Keyword: "type", Want: "a number", Got: `"12"`}}, More: 2}}
	a := serve(t, httpsource.Handler(&recorder{err: err}), binary(""))
	require.Equal(t, 422, a.status)
	require.Equal(t, `the data of an event of type "order.placed" does not fit its schema, version 3`, a.Detail)
	require.Len(t, a.Faults, 2)
	require.Equal(t, "data /total", a.Faults[0].Place)
	require.Equal(t, `wanted a number, got "12"`, a.Faults[0].Fault)
	require.Equal(t, "and 2 more", a.Faults[1].Fault)
}

func TestMethods(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		r := binary("")
		r.Method = method
		a := serve(t, httpsource.Handler(&recorder{}), r)
		require.Equal(t, 405, a.status)
		require.Equal(t, "POST", a.header.Get("Allow"))
	}
}

func TestAuthorizeIsAskedBeforeTheBodyIsRead(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
	}{{nil, 202}, {errors.New("secret"), 401}, {httpsource.ErrForbidden, 403}, {fmt.Errorf("secret: %w", httpsource.ErrForbidden), 403}} {
		p := &recorder{}
		r := binary("")
		if tt.err != nil {
			r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { t.Error("the body was read"); return 0, io.EOF }))
		}
		a := serve(t, httpsource.Handler(p, httpsource.Authorize(func(*http.Request) error { return tt.err })), r)
		require.Equal(t, tt.status, a.status)
		require.NotContains(t, a.body, "secret")
		require.Equal(t, tt.status == 401, a.header.Get("WWW-Authenticate") != "")
		require.Equal(t, tt.status == 202, p.calls == 1)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestBodyThatBreaksOff(t *testing.T) {
	r := binary("")
	r.ContentLength = 10
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("x"), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })))
	p := &recorder{}
	require.Equal(t, 400, serve(t, httpsource.Handler(p), r).status)
	require.Zero(t, p.calls)

	// Chunked, without an announced length.
	r = binary("")
	r.ContentLength = -1
	r.Body = io.NopCloser(readerFunc(func(b []byte) (int, error) { return len(b), nil }))
	require.Equal(t, 413, serve(t, httpsource.Handler(p), r).status)
	require.Zero(t, p.calls)
}

func TestTraceContextOfTheRequest(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	const own = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	tests := []struct {
		name          string
		req           *http.Request
		parent, state any
	}{
		{"none", binary(""), nil, nil},
		{"both", binary("", "traceparent", parent, "tracestate", "a=1", "tracestate", "b=2"), parent, "a=1,b=2"},
		{"structured", structured(envelope+`}`, "traceparent", parent), parent, nil},
		{"malformed", binary("", "traceparent", "00-xyz", "tracestate", "a=1"), nil, nil},
		{"malformed state", binary("", "traceparent", parent, "tracestate", "nonsense"), parent, nil},
		{"two", binary("", "traceparent", parent, "traceparent", own), nil, nil},
		{"state alone", binary("", "tracestate", "a=1"), nil, nil},
		{"own", binary("", "traceparent", parent, "tracestate", "a=1", "ce-traceparent", own), own, nil},
		{"own in JSON", structured(envelope+`,"traceparent":"`+own+`"}`, "traceparent", parent), own, nil},
	}
	for _, tt := range tests {
		p := &recorder{}
		require.Equal(t, 202, serve(t, httpsource.Handler(p), tt.req).status, tt.name)
		require.Equal(t, tt.parent, p.events[0].Extensions()["traceparent"], tt.name)
		require.Equal(t, tt.state, p.events[0].Extensions()["tracestate"], tt.name)
	}
}

type publisherFunc func(context.Context, ...eventbridge.Event) error

func (f publisherFunc) Publish(ctx context.Context, events ...eventbridge.Event) error {
	return f(ctx, events...)
}

// The connection is cut: no status at all.
func TestPanickingPublisherIsNotAnswered(t *testing.T) {
	for _, die := range []func(){func() { panic("at the publisher") }, runtime.Goexit} {
		server := httptest.NewUnstartedServer(httpsource.Handler(publisherFunc(func(context.Context, ...eventbridge.Event) error { die(); return nil })))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		req, err := http.NewRequest("POST", server.URL, nil)
		require.NoError(t, err)
		req.Header = binary("").Header
		_, err = server.Client().Do(req)
		require.Error(t, err)
		server.Close()
	}
}

func TestHandlerPanicsOnWrongWiring(t *testing.T) {
	require.Panics(t, func() { httpsource.Handler(nil) })
	require.Panics(t, func() { httpsource.Handler(&recorder{}, httpsource.MaxBytes(0)) })
	require.Panics(t, func() { httpsource.Handler(&recorder{}, httpsource.MaxEvents(-1)) })
}

// Whatever is posted, there is an answer, and what is published is valid.
func FuzzHandler(f *testing.F) {
	f.Add("application/json", "1", "/s", "x", []byte(`{"a":1}`))
	f.Add("application/cloudevents+json", "", "", "", []byte(envelope+`,"data":"\ud83d"}`))
	f.Add("application/cloudevents-batch+json", "", "", "", []byte(`[`+envelope+`}]`))
	f.Fuzz(func(t *testing.T, contentType, id, source, ext string, body []byte) {
		p := &recorder{}
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header = http.Header{"Content-Type": {contentType}, "Ce-Specversion": {"1.0"}, "Ce-Type": {"t"}, "Ce-Id": {id}, "Ce-Source": {source}, "Ce-X": {ext}}
		a := serve(t, httpsource.Handler(p), r)
		require.Contains(t, []int{202, 400, 413, 415}, a.status)
		require.Equal(t, a.status == 202, p.calls == 1)
		for _, e := range p.events {
			flat, err := cloudevent.FromSDK(e)
			require.NoError(t, err)
			require.NoError(t, flat.Validate())
		}
	})
}
