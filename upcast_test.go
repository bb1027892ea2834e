package eventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

// Three generations of one fact: a name; first and last name; and a count of letters.
type namedV1 struct{ Name string }
type namedV2 struct{ First, Last string }
type namedV3 struct {
	First, Last string
	Letters     int
}

func (namedV1) EventType() string    { return "person.named.v1" }
func (namedV2) EventType() string    { return "person.named.v2" }
func (namedV3) EventType() string    { return "person.named.v3" }
func (namedV1) EventSubject() string { return "p" }
func (namedV3) EventSubject() string { return "p" }

func secondGeneration(v namedV1) (namedV2, error) {
	first, last, ok := strings.Cut(v.Name, " ")
	if !ok {
		return namedV2{}, fmt.Errorf("no last name in %q", v.Name)
	}
	return namedV2{first, last}, nil
}

func thirdGeneration(v namedV2) (namedV3, error) {
	return namedV3{v.First, v.Last, len(v.First + v.Last)}, nil
}

func generations() []eventbridge.Option {
	return []eventbridge.Option{eventbridge.Upcast(thirdGeneration), eventbridge.Upcast(secondGeneration)}
}

func TestOldEventsAreReadAsTheirNewestType(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, generations()...)
		var handled []namedV3
		require.NoError(t, eventbridge.On(b, "r", func(_ context.Context, v namedV3) error {
			handled = append(handled, v)
			return nil
		}))
		emit(t, b, namedV1{"Ada Lovelace"}, namedV2{"Alan", "Turing"}, namedV3{"Grace", "Hopper", 11}, placed{"1", 1})
		require.NoError(t, b.WaitIdle(t.Context()))
		want := []namedV3{{"Ada", "Lovelace", 11}, {"Alan", "Turing", 10}, {"Grace", "Hopper", 11}}
		require.Equal(t, want, handled)

		var read []namedV3
		for _, r := range logged(t, b, eventbridge.Query{Types: []string{"person.named.v3"}}) {
			v, err := eventbridge.Decode[namedV3](r.Event)
			require.NoError(t, err)
			read = append(read, v)
		}
		require.Equal(t, want, read, "a query for the newest type includes its ancestors")
		require.Empty(t, logged(t, b, eventbridge.Query{Types: []string{"person.named.v1"}}))
		big := filter.Must(filter.Pattern(`{"data": {"Letters": [{"numeric": [">", 10]}]}}`))
		require.Len(t, logged(t, b, eventbridge.Query{Filter: big}), 2, "filters see the newest data")

		var replayed []string
		_, err := b.Replay(t.Context(), eventbridge.Replay{Target: eventbridge.TargetFunc(func(_ context.Context, e eventbridge.Event) error {
			replayed = append(replayed, e.Type())
			return nil
		})})
		require.NoError(t, err)
		require.Equal(t, []string{"person.named.v3", "person.named.v3", "person.named.v3", "order.placed"}, replayed)
	})
}

func TestTheLogIsNeverRewritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	b := ended(t)(eventbridge.Open(path, generations()...))
	emit(t, b, namedV1{"Ada Lovelace"})
	require.Equal(t, "person.named.v3", logged(t, b, eventbridge.Query{})[0].Event.Type())
	require.NoError(t, b.Close())
	b = ended(t)(eventbridge.Open(path))
	stored := logged(t, b, eventbridge.Query{})[0].Event
	require.Equal(t, "person.named.v1", stored.Type())
	require.JSONEq(t, `{"Name": "Ada Lovelace"}`, string(stored.Data()))
}

func TestAFailedUpcastIsADeadLetterAndCanBeRedriven(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		if !m.durable {
			t.Skip("the repair is a new version of the program")
		}
		b := m.open(t, generations()...)
		var handled, other []string
		rules := []eventbridge.Rule{
			eventbridge.RuleFor("r", func(_ context.Context, v namedV3) error {
				handled = append(handled, v.Last)
				return nil
			}),
			{Name: "picky", Filter: filter.Must(filter.Pattern(`{"type": ["person.named.v3"], "data": {"Last": ["Plato"]}}`)),
				Target: eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { return nil })},
			{Name: "orders", Filter: filter.Type("order.*"), Target: eventbridge.TargetFunc(func(_ context.Context, e eventbridge.Event) error {
				other = append(other, e.Type())
				return nil
			})},
		}
		for _, r := range rules {
			require.NoError(t, b.AddRule(r))
		}
		emit(t, b, namedV1{"Plato"}, namedV1{"Ada Lovelace"}, placed{"1", 1})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []string{"Lovelace"}, handled, "it holds up no other")
		require.Equal(t, []string{"order.placed"}, other)
		dead := letters(t, b, eventbridge.DeadLetterQuery{})
		require.Len(t, dead, 2, "of each rule that might have selected it, and no other")
		for i, rule := range []string{"picky", "r"} {
			require.Equal(t, rule, dead[i].Rule)
			require.Equal(t, eventbridge.ReasonUpcast, dead[i].Reason)
			require.Equal(t, `upcast from "person.named.v1" to "person.named.v2": no last name in "Plato"`, dead[i].Error)
			require.Equal(t, "person.named.v1", dead[i].Event.Type())
		}
		var failed error
		for _, err := range b.Events(t.Context(), eventbridge.Query{}) {
			failed = errors.Join(failed, err)
		}
		require.EqualError(t, failed, `query: event 1: `+dead[0].Error)

		require.NoError(t, b.Close())
		b = m.open(t, eventbridge.Upcast(thirdGeneration), eventbridge.Upcast(func(v namedV1) (namedV2, error) {
			return namedV2{Last: v.Name}, nil
		}))
		require.NoError(t, b.AddRule(rules[0]))
		n, err := b.Redrive(t.Context(), eventbridge.DeadLetterQuery{Rule: "r"})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []string{"Lovelace", "Plato"}, handled)
	})
}

func TestARuleThatIsBehindGetsItsUpcastsToo(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, generations()...)
		emit(t, b, namedV1{"Plato"}, namedV1{"Ada Lovelace"})
		var handled []string
		r := eventbridge.RuleFor("r", func(_ context.Context, v namedV3) error {
			handled = append(handled, v.Last)
			return nil
		})
		r.Start = eventbridge.FromBeginning()
		require.NoError(t, b.AddRule(r))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []string{"Lovelace"}, handled)
		require.Len(t, letters(t, b, eventbridge.DeadLetterQuery{Reason: eventbridge.ReasonUpcast}), 1)
	})
}

func TestUpcastsThatMakeNoSenseMakeOpenFail(t *testing.T) {
	same := func(e eventbridge.Event) (eventbridge.Event, error) { return e, nil }
	up := func(from, to string) eventbridge.Option { return eventbridge.WithUpcast(from, to, same) }
	for name, c := range map[string]struct {
		opts []eventbridge.Option
		want string
	}{
		"itself":      {[]eventbridge.Option{up("a", "a")}, `upcasts lead in a circle: a → a`},
		"circle":      {[]eventbridge.Option{up("a", "b"), up("b", "c"), up("c", "b")}, `upcasts lead in a circle: `},
		"two":         {[]eventbridge.Option{up("a", "b"), up("a", "c")}, `upcast from "a": there are two, to "b" and to "c"`},
		"no type":     {[]eventbridge.Option{up("", "b")}, `upcast from "" to "b": it needs two types and a function`},
		"no function": {[]eventbridge.Option{eventbridge.WithUpcast("a", "b", nil)}, `it needs two types and a function`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := eventbridge.New(c.opts...)
			require.ErrorContains(t, err, c.want)
			_, err = eventbridge.Open(filepath.Join(t.TempDir(), "events.db"), c.opts...)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAnUpcastKeepsWhatAnEventIsFoundBy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(e *eventbridge.Event)
		want   string
	}{
		"id":      {func(e *eventbridge.Event) { e.SetID("other") }, `id: it may not change`},
		"source":  {func(e *eventbridge.Event) { e.SetSource("/other") }, `source: it may not change`},
		"subject": {func(e *eventbridge.Event) { e.SetSubject("other") }, `subject: it may not change`},
		"panics":  {func(*eventbridge.Event) { panic("oh") }, `the function panicked: oh`},
		"nothing": {func(e *eventbridge.Event) { *e = eventbridge.Event{} }, `upcast from "order.placed" to "new"`},
	} {
		t.Run(name, func(t *testing.T) {
			b := ended(t)(eventbridge.New(eventbridge.WithUpcast("order.placed", "new", func(e eventbridge.Event) (eventbridge.Event, error) {
				c.change(&e)
				return e, nil
			})))
			emit(t, b, placed{"1", 1})
			for _, err := range b.Events(t.Context(), eventbridge.Query{}) {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
}

func TestAnUpcastDropsTheOldDataschema(t *testing.T) {
	for _, own := range []string{"", "http://example.com/new"} {
		b := ended(t)(eventbridge.New(eventbridge.WithUpcast("order.placed", "new", func(e eventbridge.Event) (eventbridge.Event, error) {
			if own != "" {
				e.SetDataSchema(own)
			}
			return e, nil
		})))
		e, err := eventbridge.EventOf(placed{"1", 1})
		require.NoError(t, err)
		e.SetDataSchema("http://example.com/old")
		require.NoError(t, b.Publish(t.Context(), e))
		require.Equal(t, own, logged(t, b, eventbridge.Query{})[0].Event.DataSchema())
	}
}
