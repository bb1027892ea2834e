package httpsource_test

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httpsource"
)

func ExampleHandler() {
	// A *eventbridge.Bus is what belongs here.
	bus := publisherFunc(func(_ context.Context, events ...eventbridge.Event) error {
		for _, e := range events {
			fmt.Println(e.Type(), string(e.Data()))
		}
		return nil
	})
	server := httptest.NewServer(httpsource.Handler(bus))
	defer server.Close()

	resp, err := http.Post(server.URL, "application/cloudevents+json",
		strings.NewReader(`{"specversion": "1.0", "id": "1", "source": "/shop", "type": "order.placed", "data": {"total": 12.50}}`))
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// order.placed {"total": 12.50}
	// 202 Accepted
}

func ExampleAuthorize() {
	const token = "0f1e2d3c4b5a" // from the host's secrets
	check := func(r *http.Request) error {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return errors.New("no token") // 401
		}
		if subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 0 {
			return httpsource.ErrForbidden // 403
		}
		return nil
	}
	bus := publisherFunc(func(context.Context, ...eventbridge.Event) error { return nil })
	server := httptest.NewServer(httpsource.Handler(bus, httpsource.Authorize(check)))
	defer server.Close()

	resp, err := http.Post(server.URL, "text/plain", strings.NewReader("hello"))
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 401 Unauthorized
}
