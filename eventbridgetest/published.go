package eventbridgetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/eventbridge-go/eventbridge"
)

// Published returns the events of type T in the log of b, oldest first.
func Published[T eventbridge.Typed](tb testing.TB, b *eventbridge.Bus) []T {
	tb.Helper()
	var all []T
	q := eventbridge.Query{Types: []string{typeOf[T]()}}
	for rec, err := range b.Events(context.Background(), q) {
		if err != nil {
			tb.Fatalf("the log can't be read: %v", err)
		}
		v, err := eventbridge.Decode[T](rec.Event)
		if err != nil {
			tb.Fatalf("event %d can't be decoded: %v", rec.Position, err)
		}
		all = append(all, v)
	}
	return all
}

// RequirePublished fails the test unless exactly the wanted events of type T are in the
// log of b, in that order. They are compared as they travel: as their JSON says.
func RequirePublished[T eventbridge.Typed](tb testing.TB, b *eventbridge.Bus, want ...T) {
	tb.Helper()
	got := Published[T](tb, b)
	travelled := make([]T, len(want))
	for i, w := range want {
		travelled[i] = travel(tb, w)
	}
	if len(got) == 0 && len(want) == 0 || reflect.DeepEqual(got, travelled) {
		return
	}
	show := func(v T) string { return fmt.Sprintf("%+v", reflect.Indirect(reflect.ValueOf(v))) }
	tb.Fatalf("the log has %s of type %s, want %d\ngot%s\nwant%s", count(len(got), "event"), typeOf[T](), len(want),
		listed(got, show), listed(travelled, show))
}

// travel makes of v what its receiver gets.
func travel[T eventbridge.Typed](tb testing.TB, v T) T {
	tb.Helper()
	e, err := eventbridge.EventOf(v)
	if err != nil {
		tb.Fatalf("%+v does not make an event: %v", v, err)
	}
	got, err := eventbridge.Decode[T](e)
	if err != nil {
		tb.Fatalf("%+v does not come back from its event: %v", v, err)
	}
	return got
}

// typeOf asks T's zero value for its event type; of a pointer type, a pointer to the
// zero value.
func typeOf[T eventbridge.Typed]() string {
	var v T
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Pointer {
		v = reflect.New(t.Elem()).Interface().(T)
	}
	return v.EventType()
}
