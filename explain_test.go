package eventbridge_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

func bigOrders(name string) eventbridge.Rule {
	return eventbridge.Rule{
		Name:   name,
		Filter: filter.Must(filter.Pattern(`{"type": ["order.placed"], "data": {"N": [{"numeric": [">=", 1000]}]}}`)),
		Transform: transform.Must(transform.Template(`{"text": "<order> is <n>, says <rule>"}`,
			transform.Vars{"order": "$.subject", "n": "$.data.N"})),
		Target: &heard{},
	}
}

func TestExplainSaysWhatEveryRuleWouldDo(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, eventbridge.WithSource("/shop"))
		never := &heard{}
		for _, r := range []eventbridge.Rule{
			bigOrders("big"),
			{Name: "all", Target: never},
			{Name: "handler", Target: eventbridge.Mux()},
			{Name: "filter-fails", Target: never, Filter: filter.Func(func(event.Event) (bool, error) { return false, errors.New("no idea") })},
			{Name: "filter-panics", Target: never, Filter: filter.Func(func(event.Event) (bool, error) { panic("on purpose") })},
			{Name: "transform-fails", Target: never, Transform: transform.Must(transform.Expr(`data.N + data.Order`))},
			{Name: "transform-panics", Target: never, Transform: transform.Func(func(event.Event) (event.Event, error) { panic("on purpose") })},
		} {
			require.NoError(t, b.AddRule(r), r.Name)
		}
		require.NoError(t, b.Pause("all"))
		explained := func(p placed) map[string]eventbridge.Explanation {
			e, err := eventbridge.EventOf(p)
			require.NoError(t, err)
			all := b.Explain(e)
			by := map[string]eventbridge.Explanation{}
			var names []string
			for _, x := range all {
				by[x.Rule] = x
				names = append(names, x.Rule)
			}
			require.Equal(t, []string{"all", "big", "filter-fails", "filter-panics", "handler", "transform-fails", "transform-panics"}, names)
			return by
		}
		small := explained(placed{"a", 7})
		require.Equal(t, "big: not matched: data.N: want numeric >= 1000, got 7", small["big"].String())
		require.Equal(t, filter.Reason{Path: "data.N", Want: "numeric >= 1000", Got: "7"}, small["big"].Reason)
		require.False(t, small["handler"].Matched)
		require.Equal(t, "filter-fails: filter: no idea", small["filter-fails"].String())
		require.ErrorContains(t, small["filter-panics"].Err, "on purpose")
		require.True(t, small["transform-fails"].Matched)
		require.ErrorContains(t, small["transform-fails"].Err, "transform: ")
		require.ErrorContains(t, small["transform-panics"].Err, "the transform panicked: on purpose")

		big := explained(placed{"a", 1000})
		require.Equal(t, "big: matched", big["big"].String())
		require.JSONEq(t, `{"text": "a is 1000, says big"}`, string(big["big"].Sent.Data()))
		require.True(t, big["all"].Matched, "a paused rule is one, too")
		require.JSONEq(t, `{"Order": "a", "N": 1000}`, string(big["all"].Sent.Data()))
		require.Equal(t, "order.placed", big["all"].Sent.Type())

		require.Empty(t, logged(t, b, eventbridge.Query{}), "nothing is stored")
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Zero(t, never.total(), "nothing is delivered")
	})
}

func TestExplainSeesAHandMadeEventAsPublishWould(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, eventbridge.WithSource("/shop"), eventbridge.WithMaxEventSize(10_000))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &heard{},
			Filter: filter.Must(filter.Pattern(`{"source": ["/shop"], "id": [{"exists": true}], "time": [{"exists": true}]}`))}))
		e := event.New()
		e.SetType("t")
		x := b.Explain(e)
		require.Len(t, x, 1)
		require.True(t, x[0].Matched, "%v", x[0])
		require.Equal(t, "/shop", x[0].Sent.Source())
		require.Empty(t, e.Source(), "the caller's event stays as it is")
		require.Empty(t, e.ID())

		var refused eventbridge.Event
		for want, spoil := range map[error]func(*eventbridge.Event){
			eventbridge.ErrInvalidEvent: func(e *eventbridge.Event) { e.SetType("") },
			eventbridge.ErrTooLarge:     func(e *eventbridge.Event) { e.SetSubject(strings.Repeat("x", 20_000)) },
			eventbridge.ErrLoop:         func(e *eventbridge.Event) { e.SetExtension("hops", 32) },
		} {
			refused = e.Clone()
			spoil(&refused)
			x = b.Explain(refused)
			require.Len(t, x, 1)
			require.ErrorIs(t, x[0].Err, want)
			require.False(t, x[0].Matched)
			require.ErrorIs(t, b.Publish(t.Context(), refused), want, "as Publish has it")
		}
	})
}

func TestExplainSaysWhatThenHappens(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		got := &heard{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: got,
			Filter: filter.Must(filter.Pattern(`{"data": {"N": [{"numeric": [">", 2]}, {"exists": false}], "Order": [{"anything-but": "b"}]}}`))}))
		var want []int
		for i := range 20 {
			p := placed{string(rune('a' + i%3)), i % 5}
			e, err := eventbridge.EventOf(p)
			require.NoError(t, err)
			x := b.Explain(e)[0]
			require.NoError(t, x.Err)
			require.Equal(t, x.Matched, x.Reason == filter.Reason{}, "%v", x)
			if x.Matched {
				want = append(want, p.N)
			}
			require.NoError(t, b.Publish(t.Context(), e))
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, len(want), got.total())
		require.NotZero(t, got.total())
	})
}

// Rules come and go, events are published, and everybody asks.
func TestExplainIsSafeForConcurrentUse(t *testing.T) {
	for name, open := range map[string]func() (*eventbridge.Bus, error){
		"memory": func() (*eventbridge.Bus, error) { return eventbridge.New() },
		"file":   func() (*eventbridge.Bus, error) { return eventbridge.Open(filepath.Join(t.TempDir(), "events.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := ended(t)(open())
			require.NoError(t, b.AddRule(bigOrders("big")))
			e, err := eventbridge.EventOf(placed{"a", 2000})
			require.NoError(t, err)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 50 {
						x := b.Explain(e)
						if len(x) == 0 || x[0].Rule != "big" || !x[0].Matched {
							t.Errorf("%v", x)
						}
						x[0].Sent.SetSubject("mine") // a copy for each call
					}
				})
			}
			for i := range 20 {
				require.NoError(t, b.PutRule(bigOrders("big")))
				require.NoError(t, b.AddRule(bigOrders(fmt.Sprint("more-", i))))
				emit(t, b, placed{"b", 3000})
				require.NoError(t, b.DeleteRule(t.Context(), fmt.Sprint("more-", i)))
			}
			wg.Wait()
			require.Equal(t, "a", e.Subject())
		})
	}
}

func TestExplainReadsOldEventsAsTheirNewestType(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, generations()...)
		got := &heard{}
		for name, pattern := range map[string]string{
			"new":   `{"type": ["person.named.v3"], "data": {"Letters": [11]}}`,
			"old":   `{"type": ["person.named.v1"]}`,
			"other": `{"type": ["order.placed"]}`,
		} {
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: name, Target: got, Filter: filter.Must(filter.Pattern(pattern))}))
		}
		explained := func(name string) []eventbridge.Explanation {
			e, err := eventbridge.EventOf(namedV1{name})
			require.NoError(t, err)
			all := b.Explain(e)
			require.Len(t, all, 3)
			return all
		}
		ada := explained("Ada Lovelace")
		require.True(t, ada[0].Matched, "%v", ada[0])
		require.Equal(t, "person.named.v3", ada[0].Sent.Type())
		require.JSONEq(t, `{"First": "Ada", "Last": "Lovelace", "Letters": 11}`, string(ada[0].Sent.Data()))
		require.Equal(t, `old: not matched: type: want "person.named.v1", got "person.named.v3"`, ada[1].String())

		plato := explained("Plato")
		require.EqualError(t, plato[0].Err, `upcast from "person.named.v1" to "person.named.v2": no last name in "Plato"`)
		require.False(t, plato[0].Matched)
		require.NoError(t, plato[1].Err, "whatever it is read as, it is of another type")
		require.Equal(t, `old: not matched: type: want "person.named.v1", got "person.named.v3"`, plato[1].String())
		require.Equal(t, `other: not matched: type: want "order.placed", got "person.named.v3"`, plato[2].String())

		emit(t, b, namedV1{"Plato"}) // and so it is
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Zero(t, got.total())
		require.Equal(t, 1, b.Status().Dead)
	})
}
