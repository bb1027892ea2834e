package eventbridge_test

import (
	"context"
	"fmt"

	"github.com/eventbridge-go/eventbridge"
)

type Deposited struct {
	Account string
	Amount  int
}

func (Deposited) EventType() string      { return "account.deposited" }
func (d Deposited) EventSubject() string { return d.Account }

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
