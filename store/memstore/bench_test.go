package memstore_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/memstore"
)

// BenchmarkCommit commits one event of 256 bytes at a time, all of them below the
// floor, so that as many are forgotten as come.
func BenchmarkCommit(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprint("batch", batch), func(b *testing.B) {
			s := memstore.New(memstore.Options{})
			data := make([]byte, 256)
			now := time.Now()
			b.ReportAllocs()
			for n := 0; b.Loop(); n += batch {
				appends := make([]*store.Append, batch)
				for i := range appends {
					appends[i] = &store.Append{Events: []store.NewEvent{{Source: "/s", ID: strconv.Itoa(n + i), Subject: strconv.Itoa((n + i) % 1000), Data: data}}}
				}
				if err := s.Commit(&store.Batch{Now: now, Dedup: 24 * time.Hour, Appends: appends, Floor: store.Position(n)}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(s.State().Head), "ns/event")
		})
	}
}

// BenchmarkLedger puts and deletes random pairs of a ledger of a million.
func BenchmarkLedger(b *testing.B) {
	s := memstore.New(memstore.Options{})
	key := func(n uint64) []byte { return fmt.Appendf(nil, "row %08d", n) }
	for n := range uint64(1_000_000) {
		require.NoError(b, s.Commit(&store.Batch{Pairs: []store.Pair{{Key: key(n * 7919 % 1_000_000), Value: []byte("value")}}}))
	}
	b.ResetTimer()
	for b.Loop() {
		k := key(rand.Uint64N(1_000_000))
		s.Commit(&store.Batch{Pairs: []store.Pair{{Key: k}}})
		s.Commit(&store.Batch{Pairs: []store.Pair{{Key: k, Value: []byte("value")}}})
	}
}
