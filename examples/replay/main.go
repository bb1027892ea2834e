// Replay takes a past day's events of a log into a test target. No live target is
// touched: no customer gets a second mail.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

type placed struct {
	Order string
	Total int
}

func (placed) EventType() string      { return "order.placed" }
func (p placed) EventSubject() string { return p.Order }

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	bus, err := eventbridge.New()
	if err != nil {
		return err
	}
	defer bus.Close()
	var mails atomic.Int32
	err = eventbridge.On(bus, "mail", func(context.Context, placed) error {
		mails.Add(1)
		return nil
	})
	if err != nil {
		return err
	}
	began := time.Now()
	if err := eventbridge.Emit(ctx, bus, placed{"A", 10}, placed{"B", 20}, placed{"A", 30}); err != nil {
		return err
	}
	if err := bus.WaitIdle(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "live: %d mails\n", mails.Load())

	total := 0
	res, err := bus.Replay(ctx, eventbridge.Replay{
		Name:  "new-statistics",
		Query: eventbridge.Query{Since: began.Add(-24 * time.Hour), Types: []string{"order.placed"}},
		Target: eventbridge.Handle(func(_ context.Context, p placed) error {
			total += p.Total
			fmt.Fprintf(out, "  replayed order %s: %d\n", p.Order, p.Total)
			return nil
		}),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "replay: %d events, total %d; still %d mails\n", res.Delivered, total, mails.Load())
	return nil
}
