// Package httptarget delivers events to an HTTP endpoint: a webhook or an API.
//
//	orders, err := httptarget.New("https://api.example/orders", httptarget.Auth(httptarget.Bearer(token)))
//
// An event goes in binary mode of the CloudEvents HTTP binding: the body is exactly
// its data, the Content-Type its datacontenttype, its attributes are ce- headers. So
// an API that knows nothing of CloudEvents can take it. [Structured] sends the whole
// event as JSON.
//
// Headers Idempotency-Key (eventbridge.Info.Key), traceparent and tracestate (the
// event's extensions) go along.
//
// 2xx is acceptance. 408, 425, 429, 5xx and errors of the network are to be tried
// again, and Retry-After is passed on; any other status is permanent, a redirect
// included: it is not followed. Errors never hold the path or query of the URL, a
// credential, or the value of a header that was set here.
package httptarget

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// A Target delivers events to one URL. It is safe for concurrent use.
type Target struct{ cfg *config } // fmt does not look behind the pointer

var _ eventbridge.Target = (*Target)(nil)

type config struct {
	url        *url.URL
	place      string // method, scheme and host, for errors
	method     string
	header     http.Header
	client     *http.Client
	own        *http.Transport // when the client is the target's own
	structured bool
	publicOnly bool
	insecure   bool
	timeout    time.Duration
	auth       Credentials
	scrub      scrubber
	faults     []error
}

// New makes a target that posts to a URL of scheme http or https. The error lists all
// that is wrong with the URL and the options, and quotes none of it.
//
// The target has a client of its own: it asks no proxy, keeps no cookies, and demands
// TLS 1.2.
func New(rawURL string, opts ...Option) (*Target, error) {
	c := &config{method: http.MethodPost, header: http.Header{}, timeout: 30 * time.Second}
	for _, opt := range opts {
		opt(c)
	}
	c.setURL(rawURL)
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("httptarget: %w", err)
	}
	if c.client == nil {
		c.own = newTransport(c.publicOnly)
		c.client = &http.Client{Transport: c.own}
	}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.place = c.method + " " + c.url.Scheme + "://" + c.url.Host
	c.scrub = newScrubber(c)
	return &Target{c}, nil
}

// Deliver sends e once and returns nil when the answer is 2xx.
func (t *Target) Deliver(ctx context.Context, e eventbridge.Event) error {
	c := t.cfg
	if err := ctx.Err(); err != nil {
		return err
	}
	req, err := c.request(ctx, e)
	if err != nil {
		return eventbridge.Permanent(fmt.Errorf("%s: the event can't be sent: %w", c.place, err))
	}
	within, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	resp, err := c.client.Do(req.WithContext(within))
	if err != nil {
		return c.failure(within, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // for the error, or to use the connection again
	return c.verdict(resp, body)
}

// Close lets go of idle connections. Deliveries that run are not touched.
func (t *Target) Close() error {
	if t.cfg.own != nil {
		t.cfg.own.CloseIdleConnections()
	}
	return nil
}

// String is the method, scheme and host; the rest of the URL may be secret.
func (t Target) String() string { return t.cfg.place }

// Format prints String, whatever the verb.
func (t Target) Format(f fmt.State, _ rune) { io.WriteString(f, t.String()) }

// request makes the request of an event. An error is about the event.
func (c *config) request(ctx context.Context, event eventbridge.Event) (*http.Request, error) {
	e, err := cloudevent.FromSDK(event)
	if err != nil {
		return nil, err
	}
	check := e.ValidateAttributes
	if c.structured {
		check = e.Validate // bad data would break the whole
	}
	if err := check(); err != nil {
		return nil, err
	}
	body := e.Data
	if c.structured {
		body = cloudevent.AppendJSON(make([]byte, 0, len(e.Data)+1024), &e)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, "http://x", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = c.url, c.url.Host
	if req.Header = c.header.Clone(); req.Header["User-Agent"] == nil {
		req.Header.Set("User-Agent", "eventbridge-go")
	}
	if c.structured {
		req.Header.Set("Content-Type", cloudevent.MediaJSON)
	} else {
		e.SetHeaders(req.Header)
	}
	setTrace(req.Header, &e)
	if info, ok := eventbridge.InfoFrom(ctx); ok && info.Key() != "" {
		req.Header.Set("Idempotency-Key", info.Key())
	}
	c.auth.set(req.Header)
	for name, values := range req.Header {
		for _, value := range values {
			if !isHeaderValue(value) {
				return nil, fmt.Errorf("header %s: it holds a character that no header may hold", name)
			}
		}
	}
	return req, nil
}

func setTrace(h http.Header, e *cloudevent.Event) {
	parent, _ := e.Extension("traceparent")
	if !cloudevent.IsTraceparent(parent.Text) {
		return
	}
	h.Set("Traceparent", parent.Text)
	if state, _ := e.Extension("tracestate"); cloudevent.IsTracestate(state.Text) {
		h.Set("Tracestate", state.Text)
	}
}

func isHeaderValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}
