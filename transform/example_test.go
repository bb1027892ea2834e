package transform_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/transform"
)

// placed is an event as it would come from a shop.
func placed() event.Event {
	e := event.New()
	e.SetID("7f3a")
	e.SetSource("/shop")
	e.SetType("order.placed")
	e.SetSubject("o-17")
	e.SetData(event.ApplicationJSON, json.RawMessage(
		`{"customer": {"name": "Ada \"the Countess\""}, "total": 1250.00, "lines": [{"sku": "A-1", "qty": 2}, {"sku": "B-2", "qty": 1}]}`))
	return e
}

func show(t transform.Transform, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := t.Apply(placed())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(out.Data()))
}

func ExampleTemplate() {
	show(transform.Template(`{"text": "order <id> of <who>", "total": <total>, "coupon": <coupon>}`, transform.Vars{
		"id":     "$.subject",
		"who":    "$.data.customer.name",
		"total":  "$.data.total",
		"coupon": "$.data.coupon",
	}))
	// Output: {"text": "order o-17 of Ada \"the Countess\"", "total": 1250.00, "coupon": null}
}

// All that is wrong is told at once, with its place.
func ExampleTemplate_faults() {
	show(transform.Template(`{"order": <id>, "total": <totl>}`, transform.Vars{"id": "subject", "total": "$.data.total"}))
	// Output:
	// vars/id: offset 0: a path begins with "$", as in $.data.total
	// template: offset 25: unknown variable totl: name its path in vars, or write <lt> for the character <
}

func ExampleText() {
	show(transform.Text("Order <id> of <who>: <total> EUR", transform.Vars{
		"id": "$.subject", "who": "$.data.customer.name", "total": "$.data.total",
	}))
	// Output: Order o-17 of Ada "the Countess": 1250.00 EUR
}

func ExamplePath() {
	show(transform.Path("$.data.customer"))
	show(transform.Path("$.data.lines[?@.qty > 1].sku"))
	// Output:
	// {"name":"Ada \"the Countess\""}
	// ["A-1"]
}

func ExampleExpr() {
	show(transform.Expr(`{"order": subject, "skus": data.lines | map(.sku), "big": data.total >= 1000}`))
	// Output: {"big":true,"order":"o-17","skus":["A-1","B-2"]}
}

func ExampleConstant() {
	show(transform.Constant(map[string]string{"action": "refresh"}))
	// Output: {"action":"refresh"}
}

func ExampleSet() {
	t := transform.Must(transform.Set(map[string]transform.Value{
		"type":     transform.Literal("crm.order"),
		"customer": transform.From("$.data.customer.name"),
	}))
	out, _ := t.Apply(placed())
	fmt.Println(out.Type(), out.Subject(), out.Extensions()["customer"])
	// Output: crm.order o-17 Ada "the Countess"
}

func ExampleRename() {
	t := transform.Pipe(
		transform.Must(transform.Rename(map[string]string{"subject": "order"})),
		transform.Must(transform.Delete("time")),
	)
	out, _ := t.Apply(placed())
	fmt.Printf("%q %v\n", out.Subject(), out.Extensions())
	// Output: "" map[order:o-17]
}

func ExampleFunc() {
	shout := transform.Func(func(e event.Event) (event.Event, error) {
		e.SetType(strings.ToUpper(e.Type()))
		return e, nil
	})
	out, _ := shout.Apply(placed())
	fmt.Println(out.Type())
	// Output: ORDER.PLACED
}

// A pipe's transforms see what the one before them made.
func ExamplePipe() {
	show(transform.Pipe(
		transform.Must(transform.Path("$.data.lines[0]")),
		transform.Must(transform.Template(`{"sku": <sku>}`, transform.Vars{"sku": "$.data.sku"})),
	), nil)
	// Output: {"sku": "A-1"}
}

func ExampleAWS() {
	show(transform.AWS([]byte(`{
		"InputPathsMap": {"order": "$.detail-type", "who": "$.detail.customer.name"},
		"InputTemplate": "{\"message\": \"<order> by <who>\", \"rule\": <aws.events.rule-name>}"
	}`)))
	// Output: {"message": "order.placed by Ada \"the Countess\"", "rule": null}
}

func ExampleRocketMQ() {
	show(transform.RocketMQ([]byte(`{
		"form": "TEMPLATE",
		"value": "{\"who\": \"$.data.customer.name\", \"coupon\": \"$.data.coupon\"}",
		"template": "hello ${htmlEscape(who)}, your coupon: ${coupon:-none}"
	}`)))
	// Output: hello Ada &#34;the Countess&#34;, your coupon: none
}

// A transform is data: it is written as JSON and read again.
func ExampleTransform_MarshalJSON() {
	t := transform.Pipe(
		transform.Must(transform.Set(map[string]transform.Value{"subject": transform.From("$.data.id")})),
		transform.Must(transform.Path("$.data.lines")),
	)
	text, _ := json.Marshal(t)
	fmt.Println(string(text))
	var again transform.Transform
	fmt.Println(json.Unmarshal(text, &again))
	// Output:
	// {"pipe":[{"set":{"subject":{"from":"$.data.id"}}},{"path":"$.data.lines"}]}
	// <nil>
}
