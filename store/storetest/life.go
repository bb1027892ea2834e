package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

var lives = []promise{
	{"a closed store says so, and closing twice is fine", func(t *testing.T, l *log) {
		l.fill(3)
		for range 2 {
			if err := l.s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
		}
		_, read := l.s.Read(nil, store.Range{})
		_, stream := l.s.Stream(nil, "/s", "x", store.Range{})
		_, seek := l.s.Seek(start)
		_, scan := l.s.Scan(nil, nil, nil, 0)
		commit := l.s.Commit(&store.Batch{Now: l.now, Appends: []*store.Append{put(events("a", 1)...)}})
		for what, err := range map[string]error{"Read": read, "Stream": stream, "Seek": seek, "Scan": scan, "Commit": commit} {
			if !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s after Close: %v, want ErrClosed", what, err)
			}
		}
		if got := l.s.State().Head; got != 3 {
			t.Errorf("State after Close: head %d, want 3", got)
		}
	}},
	{"Close waits for the calls under way", func(t *testing.T, l *log) {
		l.fill(40)
		var calls sync.WaitGroup
		faults := make(chan error, 8)
		for range 4 {
			calls.Go(func() {
				for {
					if _, err := l.s.Read(nil, store.Range{}); err != nil {
						faults <- err
						return
					}
					if _, err := l.s.Scan(nil, nil, nil, 0); err != nil {
						faults <- err
						return
					}
				}
			})
		}
		calls.Go(func() {
			for i := 0; ; i++ {
				if err := l.s.Commit(&store.Batch{Now: l.now, Dedup: window, Appends: []*store.Append{put(event("/s", fmt.Sprint(i), "", ""))}}); err != nil {
					faults <- err
					return
				}
			}
		})
		time.Sleep(20 * time.Millisecond)
		if err := l.s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		calls.Wait()
		close(faults)
		for err := range faults {
			if !errors.Is(err, store.ErrClosed) {
				t.Errorf("%v, want ErrClosed", err)
			}
		}
	}},
	{"no goroutine is left behind", func(t *testing.T, l *log) {
		before := runtime.NumGoroutine()
		l.fill(30)
		if err := l.s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
	}},
}

var durables = []promise{
	{"opening again finds everything", func(t *testing.T, l *log) {
		l.fill(100)
		l.ledger(pair("a", "1"), pair("b", ""))
		before := l.s.State()
		l.reopen()
		after := l.s.State()
		if before.Log != after.Log || before.Head != after.Head || before.Tail != after.Tail {
			t.Fatalf("state = %+v, was %+v", after, before)
		}
		l.whole()
		l.holds(l.scan("", "", 0), pair("a", "1"), pair("b", ""))
		if got := len(l.stream("/s", "subject 1", store.Range{})); got != 33 {
			t.Fatalf("the stream has %d events, want 33", got)
		}
	}},
	{"opening again goes on where the log ended", func(t *testing.T, l *log) {
		for range 4 {
			l.fill(10)
			l.reopen()
		}
	}},
	{"identities, conflicts and versions outlive opening again", func(t *testing.T, l *log) {
		l.commit(put(event("/s", "1", "x", "one"), event("/s", "2", "x", "two")))
		l.reopen()
		l.now = l.now.Add(window - 1)
		dup, conflict, late, right := put(event("/s", "1", "x", "one")), put(event("/s", "2", "x", "other")), expecting("x", 1, event("/s", "3", "x", "")), expecting("x", 2, event("/s", "4", "x", ""))
		l.commit(dup, conflict, late, right)
		l.duplicate(dup, 0, 1)
		l.refused(conflict, store.ErrConflict, 0)
		l.refused(late, store.ErrVersion, -1)
		l.stored(right)
		l.reopen()
		l.now = l.now.Add(1)
		again := put(event("/s", "1", "x", "one"))
		l.commit(again)
		l.stored(again)
	}},
	{"two logs have two names", func(t *testing.T, l *log) {
		l.open()
		other := l.h.Open(t, Options{})
		if other.State().Log == l.s.State().Log {
			t.Fatalf("both are called %q", other.State().Log)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}},
}

var lockings = []promise{
	{"a second opener gets ErrLocked within a second or so", func(t *testing.T, l *log) {
		l.fill(3)
		began := time.Now()
		err := l.h.Second(t, l.s)
		if !errors.Is(err, store.ErrLocked) {
			t.Fatalf("error = %v, want ErrLocked", err)
		}
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Fatalf("it took %v", took)
		}
		l.fill(3)
	}},
}

var forgettings = []promise{
	{"events below the floor go, oldest first, when they are more than Keep", func(t *testing.T, l *log) {
		l.opts.Keep = 100_000
		for i := range 100 {
			l.commit(put(event("/s", fmt.Sprint(i), fmt.Sprint(i%2), string(make([]byte, 10_000)))))
		}
		if tail := l.s.State().Tail; tail != 1 {
			t.Fatalf("tail = %d without a floor", tail)
		}
		l.commitBatch(&store.Batch{Now: l.now, Floor: 81})
		tail := l.s.State().Tail
		if tail < 70 || tail > 81 {
			t.Fatalf("tail = %d, want about 71", tail)
		}
		if got := l.read(store.Range{From: 3}); len(got) == 0 || got[0].Position != tail {
			t.Fatal("reading from below the tail does not begin at the tail")
		}
		if got := l.stream("/s", "1", store.Range{}); len(got) == 0 || got[0] < tail || got[0] > tail+1 {
			t.Fatalf("stream begins at %v", got)
		}
		if at, err := l.s.Seek(time.Time{}); err != nil || at != tail {
			t.Fatalf("Seek = %d, %v; want the tail, %d", at, err, tail)
		}
	}},
	{"nothing at or above the floor goes, and the limit still counts it", func(t *testing.T, l *log) {
		l.opts.MaxBytes, l.opts.Keep = 1<<20, 1
		for i := range 90 {
			l.commitBatch(&store.Batch{Now: l.now, Floor: 1, Appends: []*store.Append{put(event("/s", fmt.Sprint(i), "x", string(make([]byte, 10_000))))}})
		}
		full := put(event("/s", "more", "x", string(make([]byte, 200_000))))
		l.commit(full)
		l.refused(full, store.ErrFull, -1)
		if tail := l.s.State().Tail; tail != 1 {
			t.Fatalf("tail = %d", tail)
		}
		l.commitBatch(&store.Batch{Now: l.now, Floor: l.s.State().Head + 1, Appends: []*store.Append{put(event("/s", "more", "x", string(make([]byte, 200_000))))}})
		if st := l.s.State(); st.Tail != 91 || st.Head != 91 {
			t.Fatalf("state = %+v", st)
		}
	}},
	{"an identity outlives its event within the window", func(t *testing.T, l *log) {
		l.opts.Keep = 1
		l.commit(put(event("/s", "1", "x", "one")))
		l.commit(put(event("/s", "2", "x", "two")))
		l.commitBatch(&store.Batch{Now: l.now, Dedup: window, Floor: 3})
		if tail := l.s.State().Tail; tail != 3 {
			t.Fatalf("tail = %d, want 3", tail)
		}
		again, other := put(event("/s", "1", "x", "one")), put(event("/s", "2", "x", "other"))
		l.commit(again, other)
		l.duplicate(again, 0, 1)
		l.refused(other, store.ErrConflict, 0)
	}},
}
