package httpsource_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httpsource"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// The handler alone, with a publisher that takes everything: what it costs to make
// an event of a request.
func BenchmarkHandler(b *testing.B) {
	h := httpsource.Handler(publisherFunc(func(context.Context, ...eventbridge.Event) error { return nil }))
	e := cloudevent.Event{ID: "1", Source: "/shop", Type: "order.placed", Subject: "4711", DataContentType: "application/json",
		Data: []byte(`{"note":"` + string(bytes.Repeat([]byte("x"), 1000)) + `"}`), Kind: cloudevent.JSON}
	for mode, name := range []string{"binary", "structured", "batch"} {
		body, header := encode(cloudevent.Mode(mode), &e)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := &http.Request{Method: "POST", Header: header, Body: http.NoBody, ContentLength: int64(len(body))}
				r.Body = readCloser{bytes.NewReader(body)}
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusAccepted {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
