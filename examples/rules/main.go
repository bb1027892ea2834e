// Rules asks a bus what each of its rules would do with an event, before anybody is
// sent anything: which match and what their targets would get, and why the others
// don't, down to the field and the element of an array that came nearest.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// A rule as it may stand in a host's configuration.
type rule struct{ name, filter, template string }

var rules = []rule{
	{
		"big-orders",
		`{"type": ["order.placed"], "data": {"total": [{"numeric": [">", 100]}]}}`,
		`{"text": "<id> is worth <total>"}`,
	}, {
		"red-hats", // one item must be both
		`{"data": {"items": {"sku": [{"prefix": "hat-"}], "colour": ["red"]}}}`,
		`{"pick": <id>}`,
	}, {
		"abroad",
		`{"type": [{"prefix": "order."}], "data": {"ship": {"country": [{"anything-but": ["CH", "LI"]}]}}}`,
		`{"declare": <total>, "order": <id>}`,
	}, {
		"no-coupon", // an expression may stand where a pattern does
		`{"$expr": "type == \"order.placed\" && data.coupon == nil && data.total > 50"}`,
		`{"send-coupon-to": <id>}`,
	}, {
		"typo", // valid, but hardly what was meant
		`{"type": ["order.placed", 5], "data": {"total": {"numeric": [">", 50]}}}`,
		``,
	},
}

// A broken pattern has all its faults told at once.
const broken = `{"Type": ["order.placed"], "data": {"total": [{"numeric": [">", "100"]}], "sku": {"prefix": "hat-"}, "vip": true}}`

// placed is the event, as it might come in over HTTP.
const placed = `{
  "specversion": "1.0", "id": "42", "source": "/shop", "type": "order.placed", "subject": "order-7",
  "data": {
    "total": 80.50, "ship": {"country": "AT"},
    "items": [{"sku": "hat-1", "colour": "blue"}, {"sku": "shoe-9", "colour": "red"}]
  }
}`

func run(out io.Writer) error {
	bus, err := eventbridge.New()
	if err != nil {
		return err
	}
	defer bus.Close()
	filters := map[string]filter.Filter{}
	for _, r := range rules {
		if filters[r.name], err = add(bus, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	var e eventbridge.Event
	if err := json.Unmarshal([]byte(placed), &e); err != nil {
		return err
	}
	fmt.Fprintf(out, "The event:\n\n%s\n", indented(placed))
	fmt.Fprintln(out, "What each rule would do with it. Nothing is sent:")
	for _, x := range bus.Explain(e) {
		fmt.Fprintln(out)
		show(out, x, filters[x.Rule])
	}
	_, err = filter.Pattern(broken)
	fmt.Fprintf(out, "\nA pattern that is none, and why:\n\n%s\n%s", indented(broken), indented(err.Error()))
	return nil
}

// add reads a rule's filter, which is any of the JSON forms, and adds the rule.
func add(bus *eventbridge.Bus, r rule) (f filter.Filter, err error) {
	if err := json.Unmarshal([]byte(r.filter), &f); err != nil {
		return f, err
	}
	var t transform.Transform
	if r.template != "" {
		t, err = transform.Template(r.template, transform.Vars{"id": "$.subject", "total": "$.data.total"})
		if err != nil {
			return f, err
		}
	}
	return f, bus.AddRule(eventbridge.Rule{Name: r.name, Filter: f, Transform: t, Target: unasked})
}

func show(out io.Writer, x eventbridge.Explanation, f filter.Filter) {
	mark := "–"
	if x.Matched {
		mark = "✓"
	}
	fmt.Fprintf(out, "%s %s\n", mark, x.Rule)
	line := func(what string, text any) { fmt.Fprintf(out, "    %-9s %v\n", what, text) }
	line("filter", f)
	switch {
	case x.Err != nil:
		line("error", x.Err)
	case x.Matched:
		line("sends", compact(x.Sent.Data()))
	default:
		if x.Reason.Path != "" {
			line("field", x.Reason.Path)
		}
		line("wanted", x.Reason.Want)
		line("got", x.Reason.Got)
	}
	for _, w := range f.Lint() {
		line("careful", w)
	}
}

// unasked is a target that must not hear of anything.
var unasked = eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error {
	return errors.New("nothing was to be sent")
})

func compact(data []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, data) != nil {
		return string(data)
	}
	return b.String()
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}
