package boltstore

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/store"
)

// smallSizes seal and merge all the time.
func smallSizes() *sizes {
	return &sizes{sealEvents: 12, sealBytes: 1 << 20, mergeEvents: 2000, runStep: 1}
}

func newEvent(source, id, subject, text string) store.NewEvent {
	e := cloudevent.Event{Source: source, ID: id, Subject: subject, Type: "t", Kind: cloudevent.Text, Data: []byte(text)}
	return store.NewEvent{Source: source, ID: id, Subject: subject, Content: uint64(len(text)), Data: cloudevent.AppendRecord(nil, &e)}
}

func openTest(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// A history is what a log ought to know: where each identity and stream is.
type history struct {
	idents  map[string]store.Position
	streams map[string][]store.Position
	head    store.Position
}

// TestIndexKnowsEveryEventThroughRunsAndMerges compares dedup, counts and streams with
// maps, while runs of a dozen events are sealed and merged at every step and the file is
// opened again now and then.
func TestIndexKnowsEveryEventThroughRunsAndMerges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openTest(t, path, Options{sizes: smallSizes()})
	random := rand.New(rand.NewPCG(1, 2))
	h := history{idents: map[string]store.Position{}, streams: map[string][]store.Position{}}
	now := time.Unix(1_700_000_000, 0)
	for round := range 150 {
		var appends []*store.Append
		for range random.IntN(12) + 1 {
			subject := fmt.Sprint("subject ", random.IntN(40))
			a := &store.Append{Events: []store.NewEvent{newEvent("/s", fmt.Sprint(random.IntN(3000)), subject, "x")}}
			if random.IntN(4) == 0 {
				a.Expect = &store.Expectation{Source: "/s", Subject: subject, Count: len(h.streams[subject])}
			}
			appends = append(appends, a)
			checkAppend(t, s, &h, appends[len(appends)-1:], now)
		}
		now = now.Add(time.Second)
		if round%40 == 39 {
			require.NoError(t, s.Close())
			s = openTest(t, path, Options{sizes: smallSizes()})
		}
		if round%20 == 0 {
			checkStreams(t, s, &h, random)
		}
	}
	require.Greater(t, len(s.index.runs), 1)
	tiers := 0
	for _, r := range s.index.runs {
		tiers = max(tiers, int(r.tier))
	}
	require.GreaterOrEqual(t, tiers, 2, "nothing was merged twice")
	t.Logf("%d events, %d runs, highest tier %d", h.head, len(s.index.runs), tiers)
}

func checkAppend(t *testing.T, s *Store, h *history, appends []*store.Append, now time.Time) {
	t.Helper()
	require.NoError(t, s.Commit(&store.Batch{Now: now, Dedup: time.Hour * 24, Appends: appends}))
	for _, a := range appends {
		require.NoError(t, a.Err)
		e, r := a.Events[0], a.Results[0]
		if at, known := h.idents[e.ID]; known {
			require.Equal(t, store.Result{Position: at, Duplicate: true}, r)
			continue
		}
		h.head++
		require.Equal(t, store.Result{Position: h.head}, r)
		h.idents[e.ID] = h.head
		h.streams[e.Subject] = append(h.streams[e.Subject], h.head)
	}
}

func checkStreams(t *testing.T, s *Store, h *history, random *rand.Rand) {
	t.Helper()
	for subject, want := range h.streams {
		got, err := s.Stream(nil, "/s", subject, store.Range{})
		require.NoError(t, err)
		require.Equal(t, want, got)
		limit := random.IntN(len(want)) + 1
		got, err = s.Stream(nil, "/s", subject, store.Range{Newest: true, Limit: limit})
		require.NoError(t, err)
		for i, p := range got {
			require.Equal(t, want[len(want)-1-i], p)
		}
		require.Len(t, got, limit)
		from := want[random.IntN(len(want))]
		got, err = s.Stream(nil, "/s", subject, store.Range{From: from, Limit: 2})
		require.NoError(t, err)
		require.Equal(t, from, got[0])
	}
}

func TestFilterForgetsNothingAndLetsFewStrangersPass(t *testing.T) {
	var h hasher
	pairs := make([]pair, 50_000)
	for i := range pairs {
		pairs[i] = pair{h.ident("/s", fmt.Sprint(i)), uint32(i)}
	}
	f := makeFilter(pairs)
	passed := 0
	for i := range pairs {
		require.True(t, f.has(pairs[i].hash))
		if f.has(h.ident("/other", fmt.Sprint(i))) {
			passed++
		}
	}
	require.Less(t, passed, len(pairs)*2/100)
	t.Logf("%.2f%% of strangers pass, %.2f bytes an event", 100*float64(passed)/float64(len(pairs)), float64(len(f))/float64(len(pairs)))
	require.False(t, filter(nil).has(7))
}
