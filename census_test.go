package eventbridge_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/eventbridgetest"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
	"github.com/eventbridge-go/eventbridge/store/memstore"
)

func catalog(t *testing.T, b *eventbridge.Bus) eventbridge.Catalog {
	t.Helper()
	require.NoError(t, b.WaitIdle(t.Context()))
	c, err := b.Catalog(t.Context())
	require.NoError(t, err)
	return c
}

// counts is how many events of each type and source a catalog has.
func counts(c eventbridge.Catalog) map[string]uint64 {
	n := map[string]uint64{}
	for _, typ := range c.Types {
		for _, s := range typ.Sources {
			n[typ.Type+" "+s.Source] = s.Events
		}
	}
	return n
}

func from(t *testing.T, source, typ string, n int) eventbridge.Event {
	t.Helper()
	e, err := eventbridge.NewEvent(typ, "s", map[string]int{"n": n})
	require.NoError(t, err)
	e.SetSource(source)
	return e
}

func TestCatalogKnowsTypesSourcesAndWhoSelectsThem(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, eventbridge.WithUpcast("order.placed.v1", "order.placed", func(e eventbridge.Event) (eventbridge.Event, error) { return e, nil }))
		ignore := &eventbridgetest.Recorder{}
		for name, pattern := range map[string]string{
			"orders": `{"type": ["order.placed"]}`,
			"big":    `{"type": ["order.placed"], "data": {"n": [{"numeric": [">", 5]}]}}`,
			"shop":   `{"source": ["/shop"]}`,
			"none":   `{"type": ["other"]}`,
		} {
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: name, Filter: filter.Must(filter.Pattern(pattern)), Target: ignore}))
		}
		began := time.Now()
		require.NoError(t, b.Publish(t.Context(), from(t, "/shop", "order.placed", 1), from(t, "/shop", "order.placed.v1", 2)))
		time.Sleep(time.Hour)
		last := from(t, "/kiosk", "order.placed", 3)
		require.NoError(t, b.Publish(t.Context(), last, last))
		c := catalog(t, b)
		require.Equal(t, map[string]uint64{"order.placed /shop": 1, "order.placed /kiosk": 1, "order.placed.v1 /shop": 1}, counts(c))
		require.EqualValues(t, 3, c.Counted)

		placed, old := c.Types[0], c.Types[1]
		require.Equal(t, "order.placed", placed.Type)
		require.EqualValues(t, 2, placed.Events)
		require.True(t, placed.First.Equal(began) && placed.Last.Equal(began.Add(time.Hour)), "%v %v", placed.First, placed.Last)
		require.Equal(t, []eventbridge.Selection{{"big", false}, {"orders", true}, {"shop", false}}, placed.Rules)
		var newest struct{ ID string }
		require.NoError(t, json.Unmarshal(placed.Newest, &newest))
		require.Equal(t, last.ID(), newest.ID)
		require.Equal(t, "order.placed", old.ReadAs)
		require.Equal(t, []eventbridge.Selection{{"big", false}, {"orders", true}, {"shop", true}}, old.Rules, "rules see what it is read as")
		require.Equal(t, "/kiosk", c.Sources[0].Source)
		require.Equal(t, []string{"order.placed", "order.placed.v1"}, c.Sources[1].Types)
	})
}

func TestCountsSurviveARestartAndACrash(t *testing.T) {
	d := eventbridgetest.Open(t)
	want := map[string]uint64{}
	for round := range 6 {
		for i := range 50 {
			typ := fmt.Sprintf("t%d", (round+i)%3)
			require.NoError(t, d.Publish(t.Context(), from(t, "/s", typ, i)))
			want[typ+" /s"]++
		}
		if round%2 == 0 {
			d.Crash()
		}
		d.Reopen()
		c, err := d.Catalog(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, counts(c), "round %d", round)
	}
}

func TestCountsAreMadeOfALogThatHasNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	b := ended(t)(eventbridge.Open(path))
	for i := range 500 {
		require.NoError(t, b.Publish(t.Context(), from(t, "/s", "t", i)))
	}
	require.NoError(t, b.Close())
	forgetCounts(t, path)
	b = ended(t)(eventbridge.Open(path))
	require.NoError(t, b.Publish(t.Context(), from(t, "/s", "t", 500)))
	require.Equal(t, map[string]uint64{"t /s": 501}, counts(catalog(t, b)))
}

// forgetCounts makes of a log one of before there were counts.
func forgetCounts(t *testing.T, path string) {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	from, to := ledger.Tallies()
	pairs, err := s.Scan(nil, from, to, 0)
	require.NoError(t, err)
	require.NotEmpty(t, pairs)
	gone := []store.Pair{{Key: ledger.CountKey}}
	for _, p := range pairs {
		gone = append(gone, store.Pair{Key: p.Key})
	}
	require.NoError(t, s.Commit(&store.Batch{Now: time.Now(), Pairs: gone}))
	require.NoError(t, s.Close())
}

// countingStore counts what is written.
type countingStore struct {
	store.Store
	commits, pairs atomic.Int64
}

func (s *countingStore) Commit(b *store.Batch) error {
	s.commits.Add(1)
	s.pairs.Add(int64(len(b.Pairs)))
	return s.Store.Commit(b)
}

func TestCountingCostsNoWritePerEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &countingStore{Store: memstore.New(memstore.Options{})}
		b := ended(t)(eventbridge.New(eventbridge.WithStore(s)))
		for i := range 1000 {
			require.NoError(t, b.Publish(t.Context(), from(t, "/s", "t", i)))
			time.Sleep(time.Millisecond)
		}
		require.EqualValues(t, 1000, s.commits.Load(), "no commit of its own")
		require.LessOrEqual(t, s.pairs.Load(), int64(2*3), "a count and its position, once a second")
	})
}

func TestCatalogTellsTenThousandOriginsApart(t *testing.T) {
	b := ended(t)(eventbridge.New())
	var events []eventbridge.Event
	for i := range 10_100 {
		events = append(events, from(t, fmt.Sprintf("/user/%d", i), "clicked", i))
	}
	events = append(events, from(t, "/"+strings.Repeat("long", 1000), "clicked", 0))
	for ; len(events) > 0; events = events[min(100, len(events)):] {
		require.NoError(t, b.Publish(t.Context(), events[:min(100, len(events))]...))
	}
	c := catalog(t, b)
	require.Len(t, c.Sources, 10_001)
	require.Equal(t, "*", c.Sources[0].Source)
	require.EqualValues(t, 101, c.Sources[0].Events)
	require.EqualValues(t, 10_101, c.Types[0].Events)
}

func TestCatalogShowsNoLargeEvent(t *testing.T) {
	b := ended(t)(eventbridge.New())
	e, err := eventbridge.NewEvent("t", "s", strings.Repeat("x", 100<<10))
	require.NoError(t, err)
	require.NoError(t, b.Publish(t.Context(), from(t, "/s", "u", 1), e))
	c := catalog(t, b)
	require.Empty(t, c.Types[0].Newest)
	require.NotEmpty(t, c.Types[1].Newest)
}

func TestCatalogPageCannotBeBrokenByNames(t *testing.T) {
	b := ended(t)(eventbridge.New())
	hostile := "a|b`c``<script>alert(1)</script>"
	require.NoError(t, b.Publish(t.Context(), from(t, "/s", hostile, 1)))
	page := catalog(t, b).Markdown()
	require.Contains(t, page, "``` a\\|b`c``<script>alert(1)</script> ```", "it is in a code span")
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "| ``` ") {
			require.Equal(t, 7, strings.Count(line, "|")-strings.Count(line, `\|`), line)
		}
	}
}
