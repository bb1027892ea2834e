package httptarget_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/connectortest"
	"github.com/eventbridge-go/eventbridge/connector/httptarget"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

const (
	token     = "tok3n/that+is=secret"
	pathToken = "T00000000B00000000XXXX"
)

// A peer is an HTTP server that takes CloudEvents.
type peer struct {
	t *testing.T

	mu       sync.Mutex
	answer   connectortest.Answer
	accepted []eventbridge.Event
}

func (p *peer) Answer(a connectortest.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = a
}

func (p *peer) Accepted() []eventbridge.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]eventbridge.Event(nil), p.accepted...)
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	switch answer {
	case connectortest.Accept:
		p.accept(w, r, body)
	case connectortest.Refuse:
		w.WriteHeader(http.StatusUnprocessableEntity)
		echo(w, r, body)
	case connectortest.Fail:
		w.WriteHeader(http.StatusBadGateway)
		echo(w, r, body)
	case connectortest.Wait:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		echo(w, r, body)
	case connectortest.Hang:
		<-r.Context().Done()
	case connectortest.Break:
		panic(http.ErrAbortHandler)
	}
}

// echo tells all that came.
func echo(w io.Writer, r *http.Request, body []byte) {
	fmt.Fprintln(w, r.Header.Get("Authorization"), r.Header.Get("X-Api-Key"), r.Header.Get("X-Tenant-Secret"), r.URL, r.URL.Query(), base64.StdEncoding.EncodeToString([]byte(token)))
	r.Header.Write(w)
	w.Write(body)
}

func (p *peer) accept(w http.ResponseWriter, r *http.Request, body []byte) {
	read := func() (cloudevent.Event, error) { return cloudevent.ReadHTTP(r.Header, body) }
	if r.Header.Get("Content-Type") == cloudevent.MediaJSON {
		read = func() (cloudevent.Event, error) { return cloudevent.ReadJSON(body) }
	}
	e, err := read()
	if err != nil {
		p.t.Errorf("what arrived is no CloudEvent: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.accepted = append(p.accepted, e.SDK())
	p.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

func TestTargetKeepsThePromises(t *testing.T) {
	ways := map[string][]httptarget.Option{
		"binary":     {httptarget.Auth(httptarget.Bearer(token)), httptarget.Header("X-Tenant-Secret", "tenant-secret")},
		"structured": {httptarget.Structured(), httptarget.Auth(httptarget.Basic("user", token)), httptarget.Header("X-Tenant-Secret", "tenant-secret")},
		"put":        {httptarget.Method("put"), httptarget.Auth(httptarget.APIKey("X-API-Key", token)), httptarget.Header("X-Tenant-Secret", "tenant-secret")},
	}
	for name, opts := range ways {
		t.Run(name, func(t *testing.T) {
			connectortest.RunTarget(t, connectortest.Target{
				Start: func(t *testing.T) (eventbridge.Target, connectortest.Peer) {
					p := &peer{t: t}
					server := httptest.NewServer(p)
					t.Cleanup(server.Close)
					target, err := httptarget.New(server.URL+"/hooks/"+pathToken+"?api_key=query%2Fsecret", opts...)
					require.NoError(t, err)
					t.Cleanup(func() { target.Close() })
					return target, p
				},
				Secrets: []string{token, "tenant-secret", pathToken, "query/secret", "query%2Fsecret"},
			})
		})
	}
}

// serve starts a server and a target for it.
func serve(t *testing.T, h http.HandlerFunc, opts ...httptarget.Option) *httptarget.Target {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	target, err := httptarget.New(server.URL, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, target.Close()) })
	return target
}

func order(t testing.TB) eventbridge.Event {
	t.Helper()
	e, err := eventbridge.NewEvent("com.example.order.placed", "4711", map[string]any{"total": 12.5})
	require.NoError(t, err)
	e.SetSource("/shop")
	return e
}

func TestStatusDecides(t *testing.T) {
	status := 0
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
	tests := map[string][]int{
		"accepted":  {200, 201, 202, 204, 299},
		"retry":     {408, 425, 429, 500, 501, 502, 503, 504, 599},
		"permanent": {300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 499, 600},
	}
	for want, statuses := range tests {
		for _, status = range statuses {
			err := target.Deliver(t.Context(), order(t))
			got := "accepted"
			if eventbridge.IsPermanent(err) {
				got = "permanent"
			} else if err != nil {
				got = "retry"
			}
			require.Equal(t, want, got, "%d: %v", status, err)
			if err != nil {
				var se *httptarget.StatusError
				require.ErrorAs(t, err, &se)
				require.Equal(t, status, se.Status)
			}
		}
	}
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	value, status := "", 503
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", value)
		w.WriteHeader(status)
	})
	tests := []struct {
		value     string
		low, high time.Duration
	}{
		{"", 0, 0}, {"0", 0, 0}, {"120", 2 * time.Minute, 2 * time.Minute}, {" 5 ", 5 * time.Second, 5 * time.Second}, {"-5", 0, 0}, {"soon", 0, 0}, {"1.5", 0, 0},
		{"99999999999999999999", 24 * time.Hour, 24 * time.Hour},
		{time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), 50 * time.Second, time.Minute},
		{time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), 0, 0},
		{time.Now().AddDate(9, 0, 0).UTC().Format(http.TimeFormat), 24 * time.Hour, 24 * time.Hour},
	}
	for _, tt := range tests {
		for _, status = range []int{503, 429} {
			value = tt.value
			got := eventbridge.RetryDelay(target.Deliver(t.Context(), order(t)))
			require.True(t, got >= tt.low && got <= tt.high, "%q: %v", tt.value, got)
		}
	}
	value, status = "60", 404
	require.Zero(t, eventbridge.RetryDelay(target.Deliver(t.Context(), order(t))))
}

func TestBinaryModeIsExactlyTheDataAndHeaders(t *testing.T) {
	var got *http.Request
	var body []byte
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}, httptarget.Header("X-Env", "test"), httptarget.Auth(httptarget.Bearer(token)))
	e := order(t)
	e.SetID("Euro € 😀")
	e.SetExtension("hops", int32(3))
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.SetExtension("tracestate", "rojo=1")
	e.DataEncoded = []byte(" {\"total\" : 1.50}\n")
	ctx := eventbridge.ContextWithInfo(t.Context(), eventbridge.Info{}, "key-1")
	require.NoError(t, target.Deliver(ctx, e))
	require.Equal(t, string(e.DataEncoded), string(body))
	require.Equal(t, "POST", got.Method)
	for name, want := range map[string]string{
		"ce-id": "Euro%20%E2%82%AC%20%F0%9F%98%80", "ce-specversion": "1.0", "ce-hops": "3", "ce-subject": "4711", "Content-Type": "application/json",
		"Idempotency-Key": "key-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "ce-traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"tracestate": "rojo=1", "X-Env": "test", "Authorization": "Bearer " + token, "Accept-Encoding": "", "User-Agent": "eventbridge-go",
	} {
		require.Equal(t, want, got.Header.Get(name), name)
	}
	e.SetExtension("traceparent", "nonsense")
	require.NoError(t, target.Deliver(ctx, e))
	require.Empty(t, got.Header.Get("traceparent"))
	require.Empty(t, got.Header.Get("tracestate"))
	require.Equal(t, "nonsense", got.Header.Get("ce-traceparent"))
}

func TestAnEventThatCannotBeSentIsPermanent(t *testing.T) {
	called := false
	plain := serve(t, func(http.ResponseWriter, *http.Request) { called = true })
	structured := serve(t, func(http.ResponseWriter, *http.Request) { called = true }, httptarget.Structured())
	for name, spoil := range map[string]func(e *eventbridge.Event){
		"zero":         func(e *eventbridge.Event) { *e = eventbridge.Event{} },
		"content type": func(e *eventbridge.Event) { e.SetDataContentType("text/plain\r\nX-Evil: 1") },
		"id":           func(e *eventbridge.Event) { e.SetID("a\r\nX-Evil: 1") },
	} {
		e := order(t)
		spoil(&e)
		for _, target := range []*httptarget.Target{plain, structured} {
			err := target.Deliver(t.Context(), e)
			require.Error(t, err, name)
			require.True(t, eventbridge.IsPermanent(err), "%s: %v", name, err)
		}
	}
	e := order(t)
	e.DataEncoded = []byte(`{"a":`)
	require.True(t, eventbridge.IsPermanent(structured.Deliver(t.Context(), e)))
	key := eventbridge.ContextWithInfo(t.Context(), eventbridge.Info{}, "a\nb")
	require.True(t, eventbridge.IsPermanent(plain.Deliver(key, order(t))))
	require.False(t, called)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	second := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer second.Close()
	first := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, second.URL, http.StatusTemporaryRedirect)
	}
	for _, opts := range [][]httptarget.Option{nil, {httptarget.Client(&http.Client{})}} {
		err := serve(t, first, opts...).Deliver(t.Context(), order(t))
		require.True(t, eventbridge.IsPermanent(err))
		require.ErrorContains(t, err, "redirects are not followed")
	}
}

func TestAnswerIsBounded(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, secret); err != nil {
				return
			}
		}
	}, httptarget.Auth(httptarget.Bearer(secret)))
	err := endless.Deliver(t.Context(), order(t))
	require.ErrorContains(t, err, "status 500")
	require.Less(t, len(err.Error()), 1300)
	require.NotContains(t, err.Error(), secret[:5])

	headers := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", strings.Repeat("x", 32<<10)) })
	err = headers.Deliver(t.Context(), order(t))
	require.Error(t, err)
	require.False(t, eventbridge.IsPermanent(err))

	binary := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		w.Write(bytes.Repeat([]byte{0xff, 0x1b, '\n'}, 2000))
	})
	err = binary.Deliver(t.Context(), order(t))
	require.NotContains(t, err.Error(), "\x1b")
	require.NotContains(t, err.Error(), "\n")
}

func TestTimeout(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, httptarget.Timeout(50*time.Millisecond))
	err := target.Deliver(t.Context(), order(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no answer within 50ms")
	require.False(t, eventbridge.IsPermanent(err))

	slow := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, httptarget.Timeout(50*time.Millisecond))
	require.NoError(t, slow.Deliver(t.Context(), order(t)), "it was accepted, whatever the body is")
}

func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	target, err := httptarget.New(server.URL + "/path?key=secret")
	require.NoError(t, err)
	err = target.Deliver(t.Context(), order(t))
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "secret")
	require.False(t, eventbridge.IsPermanent(err))
}

func TestNewListsEveryFault(t *testing.T) {
	tests := []struct {
		url  string
		opts []httptarget.Option
		want []string
	}{
		{"", nil, []string{"scheme"}}, {"ftp://h/secret", nil, []string{"scheme"}}, {"unix:///secret", nil, []string{"scheme"}}, {"https:///secret", nil, []string{"no host"}},
		{"https://u:secret@h/", nil, []string{"user or password"}}, {"https://h/#secret", nil, []string{"fragment"}}, {"https://secret%zz/", nil, []string{"can't be parsed"}},
		{"http://secret:x/", nil, []string{"can't be parsed"}},
		{"https://h/", []httptarget.Option{httptarget.Method("GET"), httptarget.Timeout(-1), httptarget.Client(nil)}, []string{"Method", "Timeout", "Client"}},
		{"https://h/", []httptarget.Option{httptarget.Header("a b", "x"), httptarget.Header("X", "secret\n"), httptarget.Header("ce-id", "x"), httptarget.Header("content-type", "x")},
			[]string{"Header: the name", "Ce-Id can't", "Content-Type can't"}},
		{"https://h/", []httptarget.Option{httptarget.Auth(httptarget.Bearer(""))}, []string{"credentials are empty"}},
		{"https://h/", []httptarget.Option{httptarget.Auth(httptarget.Bearer("secret\n"))}, []string{"Auth"}},
		{"https://h/", []httptarget.Option{httptarget.Auth(httptarget.APIKey("Content-Type", "secret"))}, []string{"Auth"}},
		{"http://h/", []httptarget.Option{httptarget.Auth(httptarget.Basic("u", "secret"))}, []string{"https only"}},
		{"https://h/", []httptarget.Option{httptarget.PublicOnly(), httptarget.Client(http.DefaultClient)}, []string{"PublicOnly"}},
		{"https://10.0.0.1/", []httptarget.Option{httptarget.PublicOnly()}, []string{"not public"}},
	}
	for _, tt := range tests {
		_, err := httptarget.New(tt.url, tt.opts...)
		require.Error(t, err, "%q", tt.url)
		for _, want := range tt.want {
			require.ErrorContains(t, err, want)
		}
		require.NotContains(t, err.Error(), "secret")
	}
	for _, opts := range [][]httptarget.Option{{httptarget.Auth(httptarget.Bearer("x")), httptarget.AllowInsecure()}, {httptarget.Header("Authorization", "x")}} {
		_, err := httptarget.New("http://h/", opts...)
		require.NoError(t, err)
	}
}

func TestPrintedTargetTellsNoSecret(t *testing.T) {
	target, err := httptarget.New("https://h.example/"+pathToken+"?k=secret", httptarget.Auth(httptarget.Bearer("secret")), httptarget.Header("X", "secret"))
	require.NoError(t, err)
	rule := struct{ Target eventbridge.Target }{target}
	for _, v := range []any{target, *target, rule, &rule, httptarget.Bearer("secret"), []any{httptarget.Basic("u", "secret")}} {
		text := fmt.Sprintf("%v %+v %#v %s %d %x", v, v, v, v, v, v)
		require.NotContains(t, text, "secret")
		require.NotContains(t, text, pathToken)
	}
	require.Equal(t, "POST https://h.example", target.String())
}
