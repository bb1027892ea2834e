package httptarget_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httptarget"
)

func Example() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("ce-type"), string(body))
	}))
	defer api.Close()

	orders, err := httptarget.New(api.URL+"/orders", httptarget.Auth(httptarget.APIKey("X-API-Key", "0f1e2d3c")))
	if err != nil {
		panic(err)
	}
	defer orders.Close()

	e, _ := eventbridge.NewEvent("order.placed", "4711", map[string]any{"total": 12.5})
	e.SetSource("/shop")
	fmt.Println(orders.Deliver(context.Background(), e))
	// Output:
	// POST /orders application/json order.placed {"total":12.5}
	// <nil>
}
