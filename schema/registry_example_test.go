package schema_test

import (
	"fmt"

	"github.com/eventbridge-go/eventbridge/schema"
)

func ExampleRegistry_Add() {
	var r schema.Registry
	n, err := r.Add("order.placed", []byte(`{
		"type": "object",
		"properties": {"total": {"type": "number"}},
		"required": ["total"]
	}`))
	fmt.Println(n, err)
	_, err = r.Add("order.placed", []byte(`{
		"type": "object",
		"properties": {"total": {"type": "number"}, "currency": {"type": "string"}},
		"required": ["total", "currency"]
	}`))
	fmt.Println(err)
	fmt.Println(r.Validate(newEvent("order.placed", "/shop", `{"total": "12"}`)))
	// Output:
	// 1 <nil>
	// type "order.placed": version 2 is not backward compatible with version 1:
	// 	/required: required property `currency` added: old events lack it
	// data does not fit order.placed version 1: /total: wanted a number, got "12"
}
