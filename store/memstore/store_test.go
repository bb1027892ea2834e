package memstore_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/memstore"
	"github.com/eventbridge-go/eventbridge/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Harness{Open: func(t *testing.T, o storetest.Options) store.Store {
		return memstore.New(memstore.Options{MaxBytes: o.MaxBytes, Keep: o.Keep})
	}})
}

// TestMemoryIsBoundedHoweverManyEventsPass sends four hundred thousand events of as many streams
// through a store whose users have passed each, within the dedup window.
func TestMemoryIsBoundedHoweverManyEventsPass(t *testing.T) {
	s := memstore.New(memstore.Options{Keep: 1 << 20})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	now, n, early := time.Now(), 0, uint64(0)
	for round := range 400 {
		b := &store.Batch{Now: now, Dedup: 24 * time.Hour, Floor: store.Position(n + 1)}
		for range 1000 {
			n++
			b.Appends = append(b.Appends, &store.Append{Events: []store.NewEvent{{Source: "/s", ID: strconv.Itoa(n), Subject: strconv.Itoa(n), Data: make([]byte, 100)}}})
		}
		require.NoError(t, s.Commit(b))
		if round == 200 {
			early = heap()
		}
	}
	late := heap()
	t.Logf("heap after %d events: %d KB, after %d: %d KB", n/2, early>>10, n, late>>10)
	require.Less(t, late, early+early/4)
	require.Less(t, late, uint64(80<<20))
	require.Greater(t, s.State().Tail, store.Position(n-10_000))
	runtime.KeepAlive(s)
}
