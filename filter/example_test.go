package filter_test

import (
	"encoding/json"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/filter"
)

func order(total float64) event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("/shop")
	e.SetType("order.placed")
	e.SetData(event.ApplicationJSON, map[string]any{
		"total": total,
		"items": []map[string]any{{"sku": "hat-1", "colour": "blue"}, {"sku": "shoe-9", "colour": "red"}},
	})
	return e
}

func ExamplePattern() {
	f := filter.Must(filter.Pattern(`{"type": [{"prefix": "order."}], "data": {"total": [{"numeric": [">", 100]}]}}`))
	fmt.Println(f.Match(order(101)))
	fmt.Println(f.Match(order(100)))

	_, err := filter.Pattern(`{"Type": ["order.placed"], "data": {"vip": true}}`)
	fmt.Println(err)
	// Output:
	// true <nil>
	// false <nil>
	// /Type: no CloudEvent has an attribute "Type": their names are lower-case letters and digits; did you mean "type"?
	// /data/vip: a leaf is an array of alternatives: write [true]
}

func ExampleFilter_Explain() {
	f := filter.Must(filter.Pattern(`{"data": {"items": {"sku": [{"prefix": "hat-"}], "colour": ["red"]}}}`))
	matched, why := f.Explain(order(80))
	fmt.Println(matched, why) // a hat, and something red, but no red hat
	// Output: false data.items[0].colour: want "red", got "blue"
}

func ExampleFilter_Lint() {
	f := filter.Must(filter.Pattern(`{"type": ["order.placed", 5], "data": {"total": [7, {"numeric": [">", 5]}]}}`))
	for _, w := range f.Lint() {
		fmt.Println(w)
	}
	// Output:
	// type: 5 can never match: type is always a string
	// data.total: 7 is needless beside {"numeric":[">",5]}
}

func ExampleSet() {
	var set filter.Set[string]
	set.Put("big", filter.Must(filter.Pattern(`{"data": {"total": [{"numeric": [">", 100]}]}}`)))
	set.Put("orders", filter.Type("order.*"))
	set.Put("not from the shop", filter.Not(filter.Must(filter.Pattern(`{"source": ["/shop"]}`))))
	set.Put("hats", filter.Must(filter.Expr(`any(data.items, .sku startsWith "hat-")`)))
	keys, err := set.Match(order(80), nil)
	fmt.Println(len(keys), err)

	set.Delete("hats")
	keys, _ = set.Match(order(80), keys[:0])
	fmt.Println(keys)
	// Output:
	// 2 <nil>
	// [orders]
}

// A Filter is data: it may come from a configuration file, and go back there.
func ExampleFilter_UnmarshalJSON() {
	var f filter.Filter
	if err := json.Unmarshal([]byte(`{"$any": [{"detail-type": ["refund"]}, {"$expr": "data.total > 1000"}]}`), &f); err != nil {
		fmt.Println(err)
	}
	fmt.Println(f)
	// Output: {"$any":[{"type":["refund"]},{"$expr":"data.total > 1000"}]}
}
