package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

var commits = []promise{
	{"positions are 1, 2, 3 … in the order of the batch", func(t *testing.T, l *log) {
		l.commit(put(events("a", 3)...), put(events("b", 1)...))
		l.commit(put(events("c", 2)...))
	}},
	{"a batch of nothing is nothing", func(t *testing.T, l *log) {
		l.commit()
		if got := l.s.State(); got.Head != 0 || got.Tail != 1 {
			t.Fatalf("state = %+v", got)
		}
	}},
	{"an event without a root is its own, and one with a root keeps it", func(t *testing.T, l *log) {
		l.commit(put(events("a", 2)...))
		caused := events("b", 2)
		caused[1].Root = 1
		l.commit(put(caused...))
	}},
	{"an identity within the window is stored once", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		l.now = l.now.Add(window - 1)
		again := put(event("/s", "1", "x", "one"))
		l.commit(again)
		l.duplicate(again, 0, 1)
	}},
	{"an identity is forgotten exactly at the end of the window", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		l.now = l.now.Add(window)
		again, other := put(event("/s", "1", "x", "one")), put(event("/s", "2", "x", "two"))
		l.commit(again, other)
		l.stored(again)
	}},
	{"after the window the newest event of an identity counts", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		l.now = l.now.Add(window)
		l.commit(put(event("/s", "1", "x", "another")))
		l.now = l.now.Add(1)
		old, same := put(event("/s", "1", "x", "one")), put(event("/s", "1", "x", "another"))
		l.commit(old, same)
		l.refused(old, store.ErrConflict, 0)
		l.duplicate(same, 0, 2)
	}},
	{"without a window nothing is a duplicate", func(t *testing.T, l *log) {
		e := event("/s", "1", "x", "one")
		l.commitBatch(&store.Batch{Now: l.now, Appends: []*store.Append{put(e)}})
		l.commitBatch(&store.Batch{Now: l.now, Appends: []*store.Append{put(event("/s", "1", "x", "one"))}})
	}},
	{"an identity is source and id together", func(t *testing.T, l *log) {
		all := []*store.Append{put(event("/s", "1", "x", "")), put(event("/s1", "", "x", "")), put(event("/", "s1", "x", "")), put(event("", "/s1", "x", ""))}
		l.commit(all...)
		for _, a := range all {
			l.stored(a)
		}
	}},
	{"other content under a known identity is a conflict, and names the event", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		a := put(event("/s", "0", "x", "zero"), event("/s", "1", "x", "other"))
		l.commit(a)
		l.refused(a, store.ErrConflict, 1)
	}},
	{"a duplicate within the batch is answered as one", func(t *testing.T, l *log) {
		first, second, third := put(event("/s", "1", "x", "one")), put(event("/s", "1", "x", "one")), put(event("/s", "1", "x", "other"))
		l.commit(first, second, third)
		l.stored(first)
		l.duplicate(second, 0, 1)
		l.refused(third, store.ErrConflict, 0)
	}},
	{"a duplicate within one append is stored once", func(t *testing.T, l *log) {
		a := put(event("/s", "0", "x", "zero"), event("/s", "1", "x", "one"), event("/s", "1", "x", "one"), event("/s", "2", "x", "two"))
		l.commit(a)
		l.duplicate(a, 2, 2)
		b := put(event("/s", "5", "x", "five"), event("/s", "5", "x", "six"))
		l.commit(b)
		l.refused(b, store.ErrConflict, 1)
	}},
	{"an append is stored whole or not at all", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		bad := put(event("/s", "2", "x", "two"), event("/s", "1", "x", "other"), event("/s", "3", "x", "three"))
		l.commit(put(event("/s", "8", "x", "")), bad, put(event("/s", "9", "x", "")))
		l.refused(bad, store.ErrConflict, 1)
		again := put(event("/s", "2", "x", "two"))
		l.commit(again)
		l.stored(again)
	}},
	{"a refused append leaves no trace in what follows in its batch", func(t *testing.T, l *log) {
		bad := expecting("x", 7, event("/s", "1", "x", "one"))
		good := expecting("x", 0, event("/s", "1", "x", "one"))
		l.commit(bad, good)
		l.refused(bad, store.ErrVersion, -1)
		l.stored(good)
	}},
	{"a stream's count is what Expect compares", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", ""), event("/s", "2", "y", ""), event("/s", "3", "x", ""), event("/t", "4", "x", "")))
		low, right, high := expecting("x", 1, event("/s", "5", "x", "")), expecting("x", 2, event("/s", "6", "x", "")), expecting("x", 4, event("/s", "7", "x", ""))
		l.commit(low, right, high)
		l.refused(low, store.ErrVersion, -1)
		l.stored(right)
		l.refused(high, store.ErrVersion, -1)
		empty := expecting("z", 0, event("/s", "8", "z", ""))
		l.commit(empty)
		l.stored(empty)
	}},
	{"Expect counts the events of earlier appends of the batch", func(t *testing.T, l *log) {
		first, second := expecting("x", 0, event("/s", "1", "x", ""), event("/s", "2", "x", "")), expecting("x", 2, event("/s", "3", "x", ""))
		l.commit(first, second)
		l.stored(first)
		l.stored(second)
	}},
	{"repeating one's own append succeeds, whatever it expects", func(t *testing.T, l *log) {
		two := []store.NewEvent{event("/s", "1", "x", "one"), event("/s", "2", "x", "two")}
		l.commit(expecting("x", 0, two...))
		again := expecting("x", 0, event("/s", "1", "x", "one"), event("/s", "2", "x", "two"))
		l.commit(again)
		l.duplicate(again, 0, 1)
		l.duplicate(again, 1, 2)
	}},
	{"a conflict comes before the version", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one")))
		a := expecting("x", 0, event("/s", "1", "x", "other"))
		l.commit(a)
		l.refused(a, store.ErrConflict, 0)
	}},
	{"an event without a subject is in no stream", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "", ""), event("/s", "2", "", "")))
		a := expecting("", 0, event("/s", "3", "", ""))
		l.commit(a)
		l.stored(a)
		equal(t, "stream", l.stream("/s", "", store.Range{}), nil)
	}},
	{"time that stands still or has nanoseconds is kept exactly", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "")))
		l.commit(put(event("/s", "2", "x", "")))
		l.now = l.now.Add(1)
		l.commit(put(event("/s", "3", "x", "")))
		l.now = l.now.In(time.FixedZone("", 3600)).Add(time.Second)
		l.commit(put(event("/s", "4", "x", "")))
	}},
	{"a large batch with events of every size keeps each", func(t *testing.T, l *log) {
		for round := range 3 {
			var all []*store.Append
			for i := range 200 {
				size := []int{0, 1, 100, 1500, 5000, 70_000}[(i+round)%6]
				all = append(all, put(event("/s", fmt.Sprint(round, "-", i), "x", string(make([]byte, size)))))
			}
			l.commit(all...)
			l.commit(put(event("/s", fmt.Sprint(round), "x", "small")))
		}
	}},
	{"an event of several megabytes is kept", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "before")), put(event("/s", "2", "x", string(make([]byte, 5<<20)))), put(event("/s", "3", "x", "after")))
	}},
	{"past the limit an append gets ErrFull, and its neighbours that fit do not", func(t *testing.T, l *log) {
		l.opts.MaxBytes = 8 << 20
		l.commit(put(event("/s", "1", "x", "one")))
		large, small := put(event("/s", "2", "x", string(make([]byte, 9<<20)))), put(event("/s", "3", "x", "three"))
		l.commit(large, small)
		l.refused(large, store.ErrFull, -1)
		l.stored(small)
	}},
	{"a full log answers duplicates, refuses events and writes pairs", func(t *testing.T, l *log) {
		l.opts.MaxBytes = 8 << 20
		full := false
		for i := 0; i < 200 && !full; i++ {
			a := put(event("/s", fmt.Sprint(i), "x", string(make([]byte, 100_000))))
			l.commit(a)
			if full = a.Err != nil; full {
				l.refused(a, store.ErrFull, -1)
			}
		}
		if !full {
			t.Fatal("20 MB went into a log of 8 MiB")
		}
		if got := l.s.State().Bytes; got > 8<<20 {
			t.Fatalf("it takes %d bytes", got)
		}
		again := put(event("/s", "0", "x", string(make([]byte, 100_000))))
		l.commit(again)
		l.duplicate(again, 0, 1)
		for i := range 200 {
			l.commitBatch(&store.Batch{Now: l.now, Pairs: []store.Pair{{Key: []byte("k"), Value: fmt.Append(nil, i)}}})
		}
		if got := l.scan("", "", 0); len(got) != 1 || string(got[0].Value) != "199" {
			t.Fatalf("pairs = %q", got)
		}
	}},
}
