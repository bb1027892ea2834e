// Catalog is a small shop with an event center: its types of events have schemas made of
// Go types, an event that does not fit is refused, a change of a type that would break
// who listens is refused with its reasons, and the program prints what there is.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/schema"
)

// Placed is what the shop publishes today.
type Placed struct {
	Order string   `json:"order"`
	Total float64  `json:"total"`
	Items []string `json:"items"`
	Gift  bool     `json:"gift,omitempty"`
}

func (Placed) EventType() string      { return "order.placed" }
func (p Placed) EventSubject() string { return p.Order }
func (Placed) EventSource() string    { return "/shop" }

// PlacedNext is what somebody would like it to publish.
type PlacedNext struct {
	Order    string   `json:"order"`
	Total    string   `json:"total"`
	Items    []string `json:"items"`
	Currency string   `json:"currency"`
}

// Shipped is of another department, which has no schema.
type Shipped struct {
	Order  string `json:"order"`
	Parcel string `json:"parcel"`
}

func (Shipped) EventType() string      { return "order.shipped" }
func (s Shipped) EventSubject() string { return s.Order }
func (Shipped) EventSource() string    { return "/warehouse" }

func main() {
	dir, err := os.MkdirTemp("", "catalog-*")
	if err != nil {
		log.Fatal(err)
	}
	err = run(context.Background(), os.Stdout, filepath.Join(dir, "events.db"))
	os.RemoveAll(dir)
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, path string) error {
	var schemas schema.Registry
	bus, err := eventbridge.Open(path, eventbridge.WithSchemas(&schemas), eventbridge.WithRules(rules()...))
	if err != nil {
		return err
	}
	defer bus.Close()
	if err := declare(&schemas); err != nil {
		return err
	}
	err = eventbridge.Emit(ctx, bus,
		Placed{Order: "1", Total: 20, Items: []string{"tea"}},
		Placed{Order: "2", Total: 2000, Items: []string{"samovar", "tea"}, Gift: true},
		Shipped{"1", "JD014600006281230704"})
	if err != nil {
		return err
	}

	fmt.Fprintln(out, "An event that does not fit its schema is refused:")
	wrong, err := eventbridge.NewEvent("order.placed", "3", map[string]any{"order": 3, "total": 5})
	if err != nil {
		return err
	}
	var unfit *schema.ValidationError
	if err := bus.Publish(ctx, wrong); !errors.As(err, &unfit) {
		return fmt.Errorf("it was not refused: %v", err)
	}
	for _, v := range unfit.Violations {
		fmt.Fprintln(out, "  ", v)
	}

	fmt.Fprintln(out, "\nA version that would break who reads the events is refused:")
	next, err := schema.For[PlacedNext]()
	if err != nil {
		return err
	}
	var breaks *schema.IncompatibleError
	if _, err := schemas.Add("order.placed", next); !errors.As(err, &breaks) {
		return fmt.Errorf("it was not refused: %v", err)
	}
	for _, b := range breaks.Breaks {
		fmt.Fprintln(out, "  ", b)
	}

	if err := bus.WaitIdle(ctx); err != nil {
		return err
	}
	catalog, err := bus.Catalog(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nThe event center:\n\n%s", catalog.Markdown())
	return err
}

// declare tells the event center what the shop publishes.
func declare(schemas *schema.Registry) error {
	placed, err := schema.For[Placed]()
	if err != nil {
		return err
	}
	return errors.Join(
		schemas.DeclareSource(schema.SourceDecl{Source: "/shop", Owner: "team shop", Description: "the web shop"}),
		schemas.DeclareType(schema.TypeDecl{Type: "order.placed", Owner: "team shop", Description: "A customer has ordered and paid.",
			Schema: placed, Example: []byte(`{"order": "7", "total": 12.5, "items": ["tea"]}`)}),
	)
}

func rules() []eventbridge.Rule {
	ignore := eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { return nil })
	return []eventbridge.Rule{
		{Name: "warehouse", Filter: filter.Type("order.placed"), Target: ignore},
		{Name: "big-orders", Filter: filter.Must(filter.Pattern(`{"type": ["order.placed"], "data": {"total": [{"numeric": [">=", 1000]}]}}`)), Target: ignore},
		{Name: "audit", Target: ignore},
	}
}
