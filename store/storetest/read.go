package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// backwards returns entries in the other order.
func backwards(entries []store.Entry) []store.Entry {
	other := slices.Clone(entries)
	slices.Reverse(other)
	return other
}

// fill commits n events, in batches of differing size, a second apart.
func (l *log) fill(n int) {
	l.t.Helper()
	for i, size := 0, 1; i < n; size = size%7 + 1 {
		var appends []*store.Append
		for ; i < n && len(appends) < size; i++ {
			appends = append(appends, put(event("/s", fmt.Sprint("fill ", len(l.want), " ", i), fmt.Sprint("subject ", i%3), fmt.Sprint("text ", i))))
		}
		l.commit(appends...)
		l.now = l.now.Add(time.Second)
	}
}

var reads = []promise{
	{"a range names its entries, from the oldest or the newest", func(t *testing.T, l *log) {
		l.fill(50)
		for _, r := range []struct{ from, to, first, end int }{{0, 0, 1, 51}, {1, 0, 1, 51}, {7, 0, 7, 51}, {7, 8, 7, 8}, {7, 7, 7, 7}, {0, 9, 1, 9}, {50, 0, 50, 51}, {51, 0, 51, 51}, {90, 0, 51, 51}, {20, 90, 20, 51}, {9, 3, 3, 3}} {
			want := l.want[r.first-1 : r.end-1]
			same(t, l.read(store.Range{From: store.Position(r.from), To: store.Position(r.to)}), want)
			got, err := l.s.Read(nil, store.Range{From: store.Position(r.from), To: store.Position(r.to), Newest: true})
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, backwards(want))
		}
	}},
	{"an empty log has nothing to read", func(t *testing.T, l *log) {
		l.open()
		for _, newest := range []bool{false, true} {
			if got, err := l.s.Read(nil, store.Range{Newest: newest}); err != nil || len(got) != 0 {
				t.Fatalf("Read = %v, %v", got, err)
			}
		}
		if at, err := l.s.Seek(start); err != nil || at != 1 {
			t.Fatalf("Seek = %d, %v", at, err)
		}
	}},
	{"Limit is the most entries a call returns", func(t *testing.T, l *log) {
		l.fill(30)
		got, err := l.s.Read(nil, store.Range{From: 4, Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, l.want[3:12])
		got, err = l.s.Read(nil, store.Range{To: 20, Newest: true, Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, backwards(l.want[10:19]))
	}},
	{"Bytes ends a call after the entry that passes it", func(t *testing.T, l *log) {
		l.fill(30)
		for _, newest := range []bool{false, true} {
			order := l.want
			if newest {
				order = backwards(l.want)
			}
			got, err := l.s.Read(nil, store.Range{Bytes: 100, Newest: newest})
			if err != nil {
				t.Fatal(err)
			}
			n, size := 0, 0
			for ; size <= 100; n++ {
				size += len(order[n].Data)
			}
			same(t, got, order[:n])
		}
		if got, err := l.s.Read(nil, store.Range{Bytes: 1}); err != nil || len(got) != 1 {
			t.Fatalf("%d entries, %v; want one", len(got), err)
		}
	}},
	{"without Bytes a call ends at about a mebibyte", func(t *testing.T, l *log) {
		l.open()
		for i := range 30 {
			l.commit(put(event("/s", fmt.Sprint(i), "x", string(make([]byte, 100_000)))))
		}
		if got, err := l.s.Read(nil, store.Range{}); err != nil || len(got) != 11 {
			t.Fatalf("%d entries, %v; want 11", len(got), err)
		}
	}},
	{"Read and Stream append to what is there", func(t *testing.T, l *log) {
		l.fill(3)
		got, err := l.s.Read(make([]store.Entry, 2, 9), store.Range{})
		if err != nil || len(got) != 5 || got[0].Position != 0 || got[2].Position != 1 {
			t.Fatalf("Read = %v, %v", got, err)
		}
		at, err := l.s.Stream([]store.Position{77}, "/s", "subject 1", store.Range{})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "stream", at, []store.Position{77, 2})
	}},
	{"what Read returns belongs to the caller", func(t *testing.T, l *log) {
		l.fill(20)
		first := l.read(store.Range{})
		for i := range first {
			keep := first[i].Data
			_ = append(keep, "beyond"...)
			for j := range keep {
				keep[j] ^= 0xff
			}
		}
		l.whole()
		second := l.read(store.Range{})
		before := make([][]byte, len(second))
		for i := range second {
			before[i] = bytes.Clone(second[i].Data)
		}
		l.fill(20)
		for i := range second {
			if !bytes.Equal(second[i].Data, before[i]) {
				t.Fatal("data changed after it was handed out")
			}
		}
	}},
	{"Stream finds every event of a stream, in the range's order", func(t *testing.T, l *log) {
		l.fill(40)
		var want []store.Position
		for p := store.Position(2); p <= 40; p += 3 {
			want = append(want, p)
		}
		equal(t, "stream", l.stream("/s", "subject 1", store.Range{}), want)
		equal(t, "within", l.stream("/s", "subject 1", store.Range{From: 5, To: 11}), []store.Position{5, 8})
		equal(t, "two", l.stream("/s", "subject 1", store.Range{From: 6, Limit: 2}), []store.Position{8, 11})
		equal(t, "newest", l.stream("/s", "subject 1", store.Range{To: 11, Newest: true, Limit: 2}), []store.Position{8, 5})
		slices.Reverse(want)
		equal(t, "backwards", l.stream("/s", "subject 1", store.Range{Newest: true}), want)
		equal(t, "another's", l.stream("/other", "subject 1", store.Range{}), nil)
	}},
	{"Seek finds the first event received at a time or later", func(t *testing.T, l *log) {
		l.fill(60)
		for _, e := range l.want {
			for _, d := range []time.Duration{-time.Nanosecond, 0, time.Nanosecond} {
				at := e.Received.Add(d)
				want := store.Position(len(l.want) + 1)
				if i := slices.IndexFunc(l.want, func(w store.Entry) bool { return !w.Received.Before(at) }); i >= 0 {
					want = l.want[i].Position
				}
				if got, err := l.s.Seek(at); err != nil || got != want {
					t.Fatalf("Seek(%v) = %d, %v; want %d", at, got, err, want)
				}
			}
		}
		for at, want := range map[time.Time]store.Position{{}: 1, start.AddDate(500, 0, 0): 61} {
			if got, err := l.s.Seek(at); err != nil || got != want {
				t.Fatalf("Seek(%v) = %d, %v; want %d", at, got, err, want)
			}
		}
	}},
	{"readers see all of a batch or nothing of it, at any time", func(t *testing.T, l *log) {
		l.open()
		var stop atomic.Bool
		var readers sync.WaitGroup
		faults := make(chan string, 4)
		for range 4 {
			readers.Go(func() {
				for !stop.Load() {
					if fault := tornBatch(l.s); fault != "" {
						faults <- fault
						return
					}
				}
			})
		}
		for i := range 150 {
			l.commitBatch(&store.Batch{Now: l.now, Dedup: window,
				Appends: []*store.Append{put(events(fmt.Sprint(i, "a"), 3)...), put(events(fmt.Sprint(i, "b"), 3)...)},
				Pairs:   []store.Pair{{Key: []byte("a"), Value: fmt.Append(nil, i)}, {Key: []byte("b"), Value: fmt.Append(nil, i)}}})
		}
		stop.Store(true)
		readers.Wait()
		select {
		case fault := <-faults:
			t.Fatal(fault)
		default:
		}
	}},
}

// tornBatch says how a store whose batches are six events and two equal pairs shows a
// part of one.
func tornBatch(s store.Store) string {
	head := s.State().Head
	all, err := s.Read(nil, store.Range{Newest: true, Limit: 20})
	if err != nil {
		return err.Error()
	}
	if head%6 != 0 || len(all) > 0 && (all[0].Position%6 != 0 || all[0].Position < head) {
		return fmt.Sprintf("head %d, then the newest event is %d", head, all[0].Position)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Position != all[0].Position-store.Position(i) {
			return fmt.Sprintf("position %d stands behind %d", all[i].Position, all[i-1].Position)
		}
	}
	at, err := s.Stream(nil, "/s", "subject 0", store.Range{})
	if err != nil || len(at)%2 != 0 || len(at) < int(head)/3 {
		return fmt.Sprintf("the stream holds %d events at head %d: %v", len(at), head, err)
	}
	pairs, err := s.Scan(nil, nil, nil, 0)
	if err != nil || len(pairs) != 0 && (len(pairs) != 2 || !bytes.Equal(pairs[0].Value, pairs[1].Value)) {
		return fmt.Sprintf("pairs %q, %v", pairs, err)
	}
	if _, err := s.Seek(start); err != nil {
		return err.Error()
	}
	return ""
}
