package eventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

type SignedUp struct{ Email string }

func (SignedUp) EventType() string      { return "user.signed_up" }
func (u SignedUp) EventSubject() string { return u.Email }

type OrderPlaced struct {
	Order string
	Total int
}

func (OrderPlaced) EventType() string      { return "order.placed" }
func (o OrderPlaced) EventSubject() string { return o.Order }

type OrderShipped struct{ Order string }

func (OrderShipped) EventType() string      { return "order.shipped" }
func (o OrderShipped) EventSubject() string { return o.Order }

type Deposited struct {
	Account string
	Amount  int
}

func (Deposited) EventType() string      { return "account.deposited" }
func (d Deposited) EventSubject() string { return d.Account }

// Publish and subscribe, on a file.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	bus, err := eventbridge.Open(filepath.Join(folder, "events.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer bus.Close()
	err = eventbridge.On(bus, "welcome-mail", func(ctx context.Context, u SignedUp) error {
		fmt.Println("welcome,", u.Email) // return an error and it is tried again, across restarts
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := eventbridge.Emit(ctx, bus, SignedUp{"ada@example.com"}); err != nil {
		log.Fatal(err)
	}
	if err := bus.WaitIdle(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: welcome, ada@example.com
}

// A rule picks big orders by a pattern, and its target gets what the template makes.
func ExampleBus_AddRule() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	err := bus.AddRule(eventbridge.Rule{
		Name:   "tell-sales-about-big-orders",
		Filter: filter.Must(filter.Pattern(`{"type": ["order.placed"], "data": {"Total": [{"numeric": [">=", 1000]}]}}`)),
		Transform: transform.Must(transform.Template(`{"text": "order <id>: <total>"}`,
			transform.Vars{"id": "$.subject", "total": "$.data.Total"})),
		Target: eventbridge.TargetFunc(func(_ context.Context, e eventbridge.Event) error {
			fmt.Printf("%s\n", e.Data())
			return nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	eventbridge.Emit(ctx, bus, OrderPlaced{"A", 1000}, OrderPlaced{"B", 999})
	bus.WaitIdle(ctx)
	// Output: {"text": "order A: 1000"}
}

// Events of several types go to one target, in one order.
func ExampleMux() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	err := bus.AddRule(eventbridge.Rule{Name: "order-mail", Target: eventbridge.Mux(
		eventbridge.Handle(func(_ context.Context, o OrderPlaced) error {
			fmt.Println("thank you for", o.Order)
			return nil
		}),
		eventbridge.Handle(func(_ context.Context, o OrderShipped) error {
			fmt.Println(o.Order, "is on its way")
			return nil
		}),
	)})
	if err != nil {
		log.Fatal(err)
	}
	eventbridge.Emit(ctx, bus, OrderPlaced{"A", 10}, OrderShipped{"A"})
	bus.WaitIdle(ctx)
	// Output:
	// thank you for A
	// A is on its way
}

// A replay reaches its target and nobody else: the rule's count stays.
func ExampleBus_Replay() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	mails := 0
	eventbridge.On(bus, "mail", func(context.Context, OrderPlaced) error { mails++; return nil })
	eventbridge.Emit(ctx, bus, OrderPlaced{"A", 10}, SignedUp{"ada@example.com"}, OrderPlaced{"B", 20})
	bus.WaitIdle(ctx)

	total := 0
	res, err := bus.Replay(ctx, eventbridge.Replay{
		Query: eventbridge.Query{Types: []string{"order.placed"}},
		Target: eventbridge.Handle(func(_ context.Context, o OrderPlaced) error {
			total += o.Total
			return nil
		}),
	})
	fmt.Println(res.Delivered, "events, total", total, err)
	bus.WaitIdle(ctx)
	fmt.Println(mails, "mails")
	// Output:
	// 2 events, total 30 <nil>
	// 2 mails
}

// What a rule has given up on is kept, and goes again when the cause is gone.
func ExampleBus_Redrive() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	known := false
	eventbridge.On(bus, "crm", func(_ context.Context, u SignedUp) error {
		if !known {
			return eventbridge.Permanent(errors.New("no such customer"))
		}
		fmt.Println("done:", u.Email)
		return nil
	})
	eventbridge.Emit(ctx, bus, SignedUp{"ada@example.com"})
	bus.WaitIdle(ctx)
	for dead, err := range bus.DeadLetters(ctx, eventbridge.DeadLetterQuery{Rule: "crm"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(dead.Event.Subject(), dead.Reason, dead.Error)
	}
	known = true
	n, err := bus.Redrive(ctx, eventbridge.DeadLetterQuery{Rule: "crm"})
	fmt.Println(n, err)
	bus.WaitIdle(ctx)
	// Unordered output:
	// ada@example.com permanent no such customer
	// 1 <nil>
	// done: ada@example.com
}

// Every attempt of a delivery has the same key: what takes it can recognise a repeat.
func ExampleInfo_Key() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	first := ""
	eventbridge.On(bus, "pay", func(ctx context.Context, _ OrderPlaced) error {
		info, _ := eventbridge.InfoFrom(ctx)
		if info.Attempt == 1 {
			first = info.Key()
			return errors.New("the connection broke; was it paid?")
		}
		fmt.Println("attempt", info.Attempt, "same key:", info.Key() == first)
		return nil
	})
	eventbridge.Emit(ctx, bus, OrderPlaced{"A", 10})
	bus.WaitIdle(ctx)
	// Output: attempt 2 same key: true
}

// WaitIdle also waits for what deliveries publish.
func ExampleBus_WaitIdle() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	eventbridge.On(bus, "ship", func(ctx context.Context, o OrderPlaced) error {
		return eventbridge.Emit(ctx, bus, OrderShipped{o.Order})
	})
	shipped := 0
	eventbridge.On(bus, "count", func(context.Context, OrderShipped) error { shipped++; return nil })
	eventbridge.Emit(ctx, bus, OrderPlaced{"A", 10}, OrderPlaced{"B", 20})
	fmt.Println(bus.WaitIdle(ctx), shipped)
	// Output: <nil> 2
}

// State is its events: a fold over the log gives the balance.
func ExampleBus_Events() {
	ctx := context.Background()
	bus, _ := eventbridge.New()
	defer bus.Close()
	eventbridge.Emit(ctx, bus, Deposited{"acc-1", 100}, Deposited{"acc-2", 7}, Deposited{"acc-1", -30})
	balance := 0
	for rec, err := range bus.Events(ctx, eventbridge.Query{Subject: "acc-1"}) {
		if err != nil {
			panic(err)
		}
		d, _ := eventbridge.Decode[Deposited](rec.Event)
		balance += d.Amount
	}
	fmt.Println(balance)
	// Output: 70
}
