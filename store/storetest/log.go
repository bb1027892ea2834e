package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/store"
)

const window = 24 * time.Hour

var start = time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC)

// A log is a store under test and what ought to be in it.
type log struct {
	t    *testing.T
	h    Harness
	s    store.Store
	opts Options
	now  time.Time
	want []store.Entry // everything stored, in order
}

// open opens the store unless it is open.
func (l *log) open() store.Store {
	if l.s == nil {
		l.s = l.h.Open(l.t, l.opts)
	}
	return l.s
}

func (l *log) reopen() {
	l.t.Helper()
	if err := l.s.Close(); err != nil {
		l.t.Fatalf("Close: %v", err)
	}
	l.s = l.h.Reopen(l.t, l.s)
}

// event makes a NewEvent with a real record in it. Its content is a hash of the text.
func event(source, id, subject, text string) store.NewEvent {
	e := cloudevent.Event{Source: source, ID: id, Subject: subject, Type: "t", Kind: cloudevent.Text, Data: []byte(text)}
	h := fnv.New64a()
	h.Write([]byte(text))
	return store.NewEvent{Source: source, ID: id, Subject: subject, Content: h.Sum64(), Data: cloudevent.AppendRecord(nil, &e)}
}

// events makes n events of one source whose ids start with a prefix.
func events(prefix string, n int) []store.NewEvent {
	all := make([]store.NewEvent, n)
	for i := range all {
		all[i] = event("/s", fmt.Sprintf("%s%d", prefix, i), fmt.Sprintf("subject %d", i%3), fmt.Sprintf("text %d", i))
	}
	return all
}

func put(events ...store.NewEvent) *store.Append { return &store.Append{Events: events} }

// expecting adds an Expectation on a stream of source /s.
func expecting(subject string, count int, events ...store.NewEvent) *store.Append {
	return &store.Append{Events: events, Expect: &store.Expectation{Source: "/s", Subject: subject, Count: count}}
}

// commit commits Appends and notes what ought to be in the log for it.
func (l *log) commit(appends ...*store.Append) {
	l.t.Helper()
	l.commitBatch(&store.Batch{Now: l.now, Dedup: window, Appends: appends})
}

func (l *log) commitBatch(b *store.Batch) {
	l.t.Helper()
	data := map[*byte][]byte{} // a store owns Data from Commit on
	for _, a := range b.Appends {
		for _, e := range a.Events {
			data[&e.Data[0]] = bytes.Clone(e.Data)
		}
	}
	if err := l.open().Commit(b); err != nil {
		l.t.Fatalf("Commit: %v", err)
	}
	for _, a := range b.Appends {
		if a.Err != nil {
			if len(a.Results) != 0 {
				l.t.Fatalf("a refused Append has results: %v", a.Results)
			}
			continue
		}
		if len(a.Results) != len(a.Events) {
			l.t.Fatalf("%d results for %d events", len(a.Results), len(a.Events))
		}
		for i, e := range a.Events {
			if a.Results[i].Duplicate {
				continue
			}
			root := e.Root
			if root == 0 {
				root = a.Results[i].Position
			}
			l.want = append(l.want, store.Entry{Position: store.Position(len(l.want) + 1), Received: b.Now, Root: root, Content: e.Content, Data: data[&e.Data[0]]})
			if got, want := a.Results[i].Position, store.Position(len(l.want)); got != want {
				l.t.Fatalf("event %q is at %d, want %d", e.ID, got, want)
			}
		}
	}
}

func (l *log) stored(a *store.Append) {
	l.t.Helper()
	if a.Err != nil {
		l.t.Fatalf("refused: %v", a.Err)
	}
	for i, r := range a.Results {
		if r.Duplicate {
			l.t.Fatalf("event %d counts as a duplicate", i)
		}
	}
}

func (l *log) refused(a *store.Append, want error, index int) {
	l.t.Helper()
	if !errors.Is(a.Err, want) {
		l.t.Fatalf("error = %v, want one that wraps %q", a.Err, want)
	}
	var at *store.EventError
	if named := errors.As(a.Err, &at); index >= 0 && (!named || at.Index != index) {
		l.t.Fatalf("error = %v, want one about event %d", a.Err, index)
	}
}

func (l *log) duplicate(a *store.Append, index int, of store.Position) {
	l.t.Helper()
	if a.Err != nil || len(a.Results) <= index || a.Results[index] != (store.Result{Position: of, Duplicate: true}) {
		l.t.Fatalf("results = %v, error = %v; want event %d to be a duplicate of %d", a.Results, a.Err, index, of)
	}
}

// read reads a range to its end, asking again until nothing comes.
func (l *log) read(r store.Range) []store.Entry {
	l.t.Helper()
	var all []store.Entry
	for {
		page, err := l.s.Read(nil, r)
		if err != nil {
			l.t.Fatalf("Read(%+v): %v", r, err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		if last := page[len(page)-1].Position; r.Newest {
			if r.To = last; last == 1 {
				return all
			}
		} else {
			r.From = last + 1
		}
	}
}

func (l *log) stream(source, subject string, r store.Range) []store.Position {
	l.t.Helper()
	at, err := l.s.Stream(nil, source, subject, r)
	if err != nil {
		l.t.Fatalf("Stream: %v", err)
	}
	return at
}

func (l *log) scan(from, to string, limit int) []store.Pair {
	l.t.Helper()
	end := []byte(to)
	if to == "" {
		end = nil
	}
	pairs, err := l.s.Scan(nil, []byte(from), end, limit)
	if err != nil {
		l.t.Fatalf("Scan: %v", err)
	}
	return pairs
}

// whole compares the log with what ought to be in it.
func (l *log) whole() {
	l.t.Helper()
	st := l.s.State()
	if st.Head != store.Position(len(l.want)) {
		l.t.Fatalf("head = %d, want %d", st.Head, len(l.want))
	}
	if st.Log == "" || st.Tail < 1 || st.Tail > st.Head+1 {
		l.t.Fatalf("state = %+v", st)
	}
	same(l.t, l.read(store.Range{}), l.want[st.Tail-1:])
}

func (l *log) finish() {
	if l.s == nil {
		return
	}
	if _, err := l.s.Read(nil, store.Range{}); !errors.Is(err, store.ErrClosed) {
		l.whole()
	}
	if err := l.s.Close(); err != nil {
		l.t.Errorf("Close: %v", err)
	}
}

func same(t *testing.T, got, want []store.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Position != w.Position || !g.Received.Equal(w.Received) || g.Root != w.Root || g.Content != w.Content || !bytes.Equal(g.Data, w.Data) {
			t.Fatalf("entry %d = %+v, want %+v", i, g, w)
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
}
