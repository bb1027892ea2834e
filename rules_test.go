package eventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

func TestRuleStartsWhereItIsTold(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		for i := range 10 {
			emit(t, b, placed{"a", i})
			time.Sleep(time.Minute)
		}
		at := time.Now().Add(-5 * time.Minute)
		for name, c := range map[string]struct {
			start eventbridge.Start
			want  int
		}{
			"now": {eventbridge.FromNow(), 0}, "beginning": {eventbridge.FromBeginning(), 10},
			"time": {eventbridge.FromTime(at), 5}, "position": {eventbridge.FromPosition(8), 3},
			"beyond": {eventbridge.FromPosition(800), 0},
		} {
			h := &heard{}
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: name, Target: h, Start: c.start}))
			require.NoError(t, b.WaitIdle(t.Context()))
			require.Equal(t, c.want, h.total(), name)
		}
	})
}

func TestEditAppliesFromWhatTheRuleHasNotReached(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		release := make(chan struct{})
		old := &heard{fail: func(placed, int) error { <-release; return errors.New("moved") }}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: old, Filter: filter.Type("order.*")}))
		flood(t, b, 3000, func(i int) []eventbridge.Typed { return []eventbridge.Typed{placed{fmt.Sprint(i % 7), i}} })
		time.Sleep(time.Millisecond)
		next := &heard{}
		require.NoError(t, b.PutRule(eventbridge.Rule{Name: "r", Target: next, Filter: filter.Type("none")}))
		close(release)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.NotZero(t, next.total(), "what was begun or classified goes to the new target")
		require.Less(t, next.total(), 3000, "the rest is for the new filter, which wants nothing")
		require.Zero(t, old.total())
		require.Contains(t, next.of("0"), 0)
	})
}

func TestNewOrderKeepsWhatIsOwed(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		var down atomic.Bool
		down.Store(true)
		h := &heard{fail: func(p placed, _ int) error {
			if down.Load() {
				time.Sleep(time.Second)
				return errors.New("down")
			}
			return nil
		}}
		rule := eventbridge.Rule{Name: "r", Target: h, Concurrency: 3}
		require.NoError(t, b.AddRule(rule))
		flood(t, b, 2500, func(i int) []eventbridge.Typed { return []eventbridge.Typed{placed{fmt.Sprint(i % 7), i}} })
		time.Sleep(10 * time.Second)
		rule.Order = eventbridge.OrderBy("data.Order")
		require.NoError(t, b.PutRule(rule))
		rule.Order = eventbridge.OrderBy("type")
		require.NoError(t, b.PutRule(rule))
		down.Store(false)
		if m.durable {
			require.NoError(t, b.Shutdown(t.Context()))
			rule.Order = eventbridge.Order{}
			b = m.open(t, eventbridge.WithRules(rule))
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 2500, h.total())
		for k := range 7 {
			require.True(t, slices.IsSorted(h.of(fmt.Sprint(k))))
		}
	})
}

func TestPauseLosesNothingAndSurvivesRestart(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		h := &heard{}
		rule := eventbridge.Rule{Name: "r", Target: h}
		require.NoError(t, b.AddRule(rule))
		require.NoError(t, b.Pause("r"))
		for i := range 20 {
			emit(t, b, placed{"a", i})
		}
		require.ErrorContains(t, b.WaitIdle(t.Context()), `rule "r" is paused`)
		require.Equal(t, eventbridge.StatePaused, b.Status().Rules[0].State)
		if m.durable {
			require.NoError(t, b.Close())
			b = m.open(t, eventbridge.WithRules(rule))
			time.Sleep(time.Minute)
		}
		require.Zero(t, h.total())
		require.NoError(t, b.Resume("r"))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 20, h.total())
		require.ErrorIs(t, b.Pause("unknown"), eventbridge.ErrNotFound)
	})
}

func TestDeletedRuleLeavesNothingBehind(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		rule := eventbridge.Rule{Name: "r", Target: &heard{fail: func(p placed, _ int) error {
			if p.N%2 == 0 {
				return eventbridge.Permanent(errors.New("no"))
			}
			return errors.New("down")
		}}}
		require.NoError(t, b.AddRule(rule))
		for i := range 50 {
			emit(t, b, placed{fmt.Sprint(i), i})
		}
		time.Sleep(time.Second)
		require.NotEmpty(t, letters(t, b, eventbridge.DeadLetterQuery{Rule: "r"}))
		require.NoError(t, b.DeleteRule(t.Context(), "r"))
		require.Empty(t, letters(t, b, eventbridge.DeadLetterQuery{}))
		require.Empty(t, b.Status().Rules)
		require.ErrorIs(t, b.DeleteRule(t.Context(), "r"), eventbridge.ErrNotFound)

		h := &heard{}
		rule.Target = h
		require.NoError(t, b.AddRule(rule))
		emit(t, b, placed{"new", 1})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 1, h.total(), "a rule added under the name is a new one")
	})
}

func TestAbsentRuleKeepsItsPlace(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		if !m.durable {
			t.Skip("the store forgets, and says so")
		}
		h := &heard{}
		rule := eventbridge.Rule{Name: "r", Target: h}
		b := m.open(t, eventbridge.WithRules(rule))
		emit(t, b, placed{"a", 0})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.NoError(t, b.Close())
		for life := range 3 { // lives without the rule
			b = m.open(t)
			emit(t, b, placed{"a", life + 1})
			s := b.Status().Rules[0]
			require.Equal(t, eventbridge.StateAbsent, s.State)
			require.EqualValues(t, life+1, s.Behind)
			require.NoError(t, b.Close())
		}
		b = m.open(t, eventbridge.WithRules(rule))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []int{0, 1, 2, 3}, h.of("a"))
	})
}

func TestRedriveGoesBeforeWhatWaits(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		var broken atomic.Bool
		broken.Store(true)
		h := &heard{fail: func(p placed, _ int) error {
			if !broken.Load() {
				return nil
			}
			if p.N < 3 {
				return eventbridge.Permanent(errors.New("no"))
			}
			return errors.New("down")
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h}))
		for i := range 6 {
			emit(t, b, placed{"a", i})
		}
		time.Sleep(time.Second)
		dead := letters(t, b, eventbridge.DeadLetterQuery{Rule: "r", Reason: eventbridge.ReasonPermanent})
		require.Len(t, dead, 3)
		broken.Store(false)
		n, err := b.Discard(t.Context(), eventbridge.DeadLetterQuery{IDs: []string{dead[1].ID}})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.NoError(t, b.Pause("r"))
		n, err = b.Redrive(t.Context(), eventbridge.DeadLetterQuery{Rule: "r"})
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.NoError(t, b.Resume("r"))
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, []int{0, 2, 3, 4, 5}, h.of("a"))
		_, err = b.Redrive(t.Context(), eventbridge.DeadLetterQuery{})
		require.ErrorContains(t, err, "an empty query would mean all")
	})
}

func TestQueriesSelect(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, eventbridge.WithSource("/shop"))
		began := time.Now()
		for i := range 100 {
			e, err := eventbridge.NewEvent(fmt.Sprintf("order.%d", i%4), fmt.Sprint(i%5), placed{"x", i})
			require.NoError(t, err)
			require.NoError(t, b.Publish(t.Context(), e))
			time.Sleep(time.Second)
		}
		positions := func(q eventbridge.Query) (ps []eventbridge.Position) {
			for _, r := range logged(t, b, q) {
				ps = append(ps, r.Position)
			}
			return ps
		}
		P := func(ps ...eventbridge.Position) []eventbridge.Position { return ps }
		require.Len(t, positions(eventbridge.Query{}), 100)
		require.Equal(t, P(3, 4, 5), positions(eventbridge.Query{From: 3, To: 6}))
		require.Equal(t, P(5, 4, 3), positions(eventbridge.Query{From: 3, To: 6, Newest: true}))
		require.Equal(t, P(100, 99), positions(eventbridge.Query{Newest: true, Limit: 2}))
		require.Equal(t, P(11, 12), positions(eventbridge.Query{Since: began.Add(10 * time.Second), Until: began.Add(12 * time.Second)}))
		require.Equal(t, P(2, 6, 10), positions(eventbridge.Query{Types: []string{"order.1"}, Limit: 3}))
		require.Len(t, positions(eventbridge.Query{Types: []string{"order.*"}}), 100)
		require.Equal(t, P(3, 8, 13), positions(eventbridge.Query{Source: "/shop", Subject: "2", Limit: 3}))
		require.Equal(t, P(98, 93), positions(eventbridge.Query{Source: "/shop", Subject: "2", Limit: 2, Newest: true}))
		require.Equal(t, P(3, 8), positions(eventbridge.Query{Subject: "2", To: 10}))
		require.Empty(t, positions(eventbridge.Query{Source: "/other"}))
		require.Equal(t, P(43), positions(eventbridge.Query{Filter: filter.Must(filter.Pattern(`{"data":{"N":[42]}}`))}))
	})
}

func TestFollowWaitsForMore(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		emit(t, b, placed{"a", 0})
		go func() {
			for i := 1; i < 5; i++ {
				time.Sleep(time.Minute)
				if err := eventbridge.Emit(context.Background(), b, placed{"a", i}); err != nil {
					t.Error(err)
				}
			}
		}()
		var got []eventbridge.Position
		for r, err := range b.Events(t.Context(), eventbridge.Query{Follow: true}) {
			require.NoError(t, err)
			if got = append(got, r.Position); len(got) == 5 {
				break
			}
		}
		require.Equal(t, []eventbridge.Position{1, 2, 3, 4, 5}, got)
	})
}

func TestMemoryForgetsWhatEveryRuleHasPassed(t *testing.T) {
	b := ended(t)(eventbridge.New())
	h := &heard{}
	require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h}))
	text := strings.Repeat("x", 1<<19)
	for i := range 400 { // 200 MiB
		e, err := eventbridge.NewEvent("order.placed", "a", map[string]any{"N": i, "text": text})
		require.NoError(t, err)
		require.NoError(t, b.Publish(t.Context(), e))
		if i%20 == 0 {
			require.NoError(t, b.WaitIdle(t.Context()))
		}
	}
	require.NoError(t, b.WaitIdle(t.Context()))
	s := b.Status()
	require.Equal(t, 400, h.total())
	require.Less(t, s.Bytes, int64(100<<20))
	require.Greater(t, s.Tail, eventbridge.Position(1))
}

func TestMemoryKeepsWhatIsOwed(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		if m.durable {
			t.Skip("it keeps everything")
		}
		b := m.open(t)
		h := &heard{fail: func(p placed, a int) error {
			if p.N == 3 && a < 4 {
				return errors.New("down")
			}
			return nil
		}}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h, Retry: eventbridge.Retry{Min: time.Hour}}))
		text := strings.Repeat("x", 1<<19)
		for i := range 300 {
			e, err := eventbridge.NewEvent("order.placed", fmt.Sprint(i%20), map[string]any{"N": i, "Order": fmt.Sprint(i % 20), "text": text})
			require.NoError(t, err)
			require.NoError(t, b.Publish(t.Context(), e))
		}
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 300, h.total())
		require.Empty(t, letters(t, b, eventbridge.DeadLetterQuery{}))
		require.True(t, slices.IsSorted(h.of("3")))
	})
}
