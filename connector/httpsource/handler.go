// Package httpsource takes CloudEvents in over HTTP, in the three modes of the HTTP
// binding of CloudEvents 1.0.2: binary, structured and batched.
//
//	mux.Handle("POST /events", httpsource.Handler(bus, httpsource.Authorize(check)))
//
// The answer is 202, and only then are the events recorded. Any other answer has a
// body of application/problem+json that says which header or field is wrong:
//
//	400  not a CloudEvent, or one of a loop of rules
//	401  Authorize said no; 403 if its error is ErrForbidden
//	405  only POST is understood
//	409  an event of this source and id is recorded, and it is another
//	413  too many bytes, or too many events
//	415  a Content-Encoding, or a format of CloudEvents other than JSON
//	500  something else; send it again
//	503  not recorded, or it is not known whether: send it again, after Retry-After
//
// To send the same event again is safe: the bus recognises it by its source and id.
// Of a batch all events are recorded, or none.
//
// An http.Server in front of it wants ReadHeaderTimeout, ReadTimeout and
// MaxHeaderBytes set: the handler bounds what it reads, not how slowly it comes.
package httpsource

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// ErrForbidden is for Authorize: an error that wraps it is answered with 403.
var ErrForbidden = errors.New("forbidden")

// An Option sets up a Handler.
type Option func(*handler)

// Authorize has f asked about every request, before its body is read; f must not read
// it. An error is answered with 401, or with 403 if it wraps ErrForbidden; its text is
// not sent. By default everybody may publish.
func Authorize(f func(*http.Request) error) Option { return func(h *handler) { h.authorize = f } }

// MaxBytes bounds the body of a request. Default: 1 MiB, and 4 MiB for a batch.
func MaxBytes(n int64) Option { return func(h *handler) { h.maxBytes, h.maxBatchBytes = n, n } }

// MaxEvents bounds the events of a batch. Default: 100.
func MaxEvents(n int) Option { return func(h *handler) { h.maxEvents = n } }

// Handler returns an http.Handler that publishes to p what is posted to it. A request
// header traceparent becomes the events' extension, and tracestate with it, where
// they have none. It panics when p is nil or a limit is not above zero.
func Handler(p eventbridge.Publisher, opts ...Option) http.Handler {
	h := &handler{p: p, maxBytes: 1 << 20, maxBatchBytes: 4 << 20, maxEvents: 100}
	for _, opt := range opts {
		opt(h)
	}
	if p == nil {
		panic("httpsource.Handler: the publisher is nil")
	}
	if h.maxBytes <= 0 || h.maxEvents <= 0 {
		panic("httpsource.Handler: MaxBytes and MaxEvents must be above zero")
	}
	return h
}

type handler struct {
	p                       eventbridge.Publisher
	authorize               func(*http.Request) error
	maxBytes, maxBatchBytes int64
	maxEvents               int
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := h.serve(w, r); p != nil {
		p.write(w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// serve returns nil once the request's events are recorded. A panic of the publisher
// passes through: the server cuts the connection, and the sender sends again.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) *problem {
	mode, p := h.admit(r)
	if p != nil {
		return p
	}
	body, p := h.body(w, r, mode)
	if p != nil {
		return p
	}
	flat, p := h.read(mode, r.Header, body)
	if p != nil {
		return p
	}
	trace(r.Header, flat)
	events := make([]eventbridge.Event, len(flat))
	for i := range flat {
		events[i] = flat[i].SDK()
	}
	return refusal(h.p.Publish(r.Context(), events...))
}

// admit looks at all that comes before the body.
func (h *handler) admit(r *http.Request) (cloudevent.Mode, *problem) {
	if r.Method != http.MethodPost {
		return 0, newProblem(http.StatusMethodNotAllowed, "events are sent with POST").with("Allow", http.MethodPost)
	}
	if h.authorize != nil {
		if err := h.authorize(r); errors.Is(err, ErrForbidden) {
			return 0, newProblem(http.StatusForbidden, "the sender may not do this")
		} else if err != nil {
			return 0, newProblem(http.StatusUnauthorized, "the sender is not known").with("WWW-Authenticate", "Bearer")
		}
	}
	for _, encoding := range r.Header["Content-Encoding"] {
		if encoding != "" && !strings.EqualFold(encoding, "identity") {
			return 0, newProblem(http.StatusUnsupportedMediaType, "Content-Encoding: the body must come as it is, not compressed").with("Accept-Encoding", "identity")
		}
	}
	mode, err := cloudevent.ModeOf(r.Header.Get("Content-Type"))
	if err != nil {
		return 0, newProblem(http.StatusUnsupportedMediaType, "Content-Type: "+err.Error()).with("Accept", cloudevent.MediaJSON+", "+cloudevent.MediaJSONBatch)
	}
	return mode, nil
}

func (h *handler) body(w http.ResponseWriter, r *http.Request, mode cloudevent.Mode) ([]byte, *problem) {
	most := h.maxBytes
	if mode == cloudevent.BatchMode {
		most = h.maxBatchBytes
	}
	if r.ContentLength > most {
		return nil, tooLong(most)
	}
	var body bytes.Buffer // it grows with what comes, not with what was announced
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, most))
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return nil, tooLong(most)
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "the body could not be read to its end")
	}
	return body.Bytes(), nil
}

func (h *handler) read(mode cloudevent.Mode, header http.Header, body []byte) (events []cloudevent.Event, p *problem) {
	var err error
	if mode == cloudevent.BatchMode {
		events, err = cloudevent.ReadJSONBatch(body, h.maxEvents)
	} else {
		events = make([]cloudevent.Event, 1)
		if mode == cloudevent.StructuredMode {
			events[0], err = cloudevent.ReadJSON(body)
		} else {
			events[0], err = cloudevent.ReadHTTP(header, body)
		}
	}
	switch {
	case errors.Is(err, cloudevent.ErrTooMany):
		return nil, tooMany(h.maxEvents)
	case err != nil:
		return nil, invalid(err)
	}
	return events, nil
}

// trace gives the request's trace context to the events that have none of their own.
// What is malformed is left out, as W3C Trace Context demands.
func trace(h http.Header, events []cloudevent.Event) {
	parents := h["Traceparent"]
	if len(parents) != 1 || !cloudevent.IsTraceparent(parents[0]) {
		return
	}
	state := strings.Join(h["Tracestate"], ",")
	for i := range events {
		e := &events[i]
		if _, has := e.Extension("traceparent"); has {
			continue
		}
		e.SetExtension(cloudevent.Extension{Name: "traceparent", Text: parents[0]})
		if _, has := e.Extension("tracestate"); !has && cloudevent.IsTracestate(state) {
			e.SetExtension(cloudevent.Extension{Name: "tracestate", Text: strings.ReplaceAll(state, "\t", " ")})
		}
	}
}
