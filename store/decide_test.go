package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
)

var now = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	ago := func(d time.Duration) store.Known { return store.Known{Position: 7, Received: now.Add(-d), Content: 1} }
	for _, row := range []struct {
		name    string
		known   store.Known
		found   bool
		content uint64
		window  time.Duration
		want    store.Verdict
	}{
		{"unknown", store.Known{}, false, 1, time.Hour, store.Fresh},
		{"the same again", ago(time.Minute), true, 1, time.Hour, store.Duplicate},
		{"other content", ago(time.Minute), true, 2, time.Hour, store.Conflict},
		{"the last instant of the window", ago(time.Hour - 1), true, 1, time.Hour, store.Duplicate},
		{"the end of the window", ago(time.Hour), true, 1, time.Hour, store.Fresh},
		{"other content at the end of the window", ago(time.Hour), true, 2, time.Hour, store.Fresh},
		{"no window", ago(0), true, 1, 0, store.Fresh},
		{"received later than now", ago(-time.Minute), true, 1, time.Hour, store.Duplicate},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, store.Judge(store.NewEvent{Content: row.content}, row.known, row.found, now, row.window))
		})
	}
}

// A fake is an Index: what is known by id, and how many events every stream has.
type fake struct {
	known map[string]store.Known
	count int
	err   error
}

func (f fake) Find(_, id string) (store.Known, bool, error) {
	k, ok := f.known[id]
	return k, ok, f.err
}
func (f fake) Count(string, string) (int, error) { return f.count, f.err }

func TestDecideAndPlace(t *testing.T) {
	e := func(id string, content uint64) store.NewEvent { return store.NewEvent{ID: id, Content: content} }
	at := func(p store.Position) store.Result { return store.Result{Position: p} }
	dup := func(p store.Position) store.Result { return store.Result{Position: p, Duplicate: true} }
	known := fake{count: 2, known: map[string]store.Known{"old": {Position: 3, Received: now, Content: 1}}}
	for _, row := range []struct {
		name   string
		events []store.NewEvent
		expect int // -1: nothing
		want   []store.Result
		err    error
		index  int
	}{
		{"new ones", []store.NewEvent{e("a", 1), e("b", 1)}, -1, []store.Result{at(10), at(11)}, nil, 0},
		{"a known one between", []store.NewEvent{e("a", 1), e("old", 1), e("b", 1)}, -1, []store.Result{at(10), dup(3), at(11)}, nil, 0},
		{"one twice", []store.NewEvent{e("a", 1), e("b", 1), e("b", 1), e("c", 1)}, -1, []store.Result{at(10), at(11), dup(11), at(12)}, nil, 0},
		{"a conflict", []store.NewEvent{e("a", 1), e("old", 2)}, -1, nil, store.ErrConflict, 1},
		{"a conflict within", []store.NewEvent{e("a", 1), e("b", 1), e("a", 2)}, -1, nil, store.ErrConflict, 2},
		{"the right version", []store.NewEvent{e("a", 1)}, 2, []store.Result{at(10)}, nil, 0},
		{"a wrong version", []store.NewEvent{e("a", 1)}, 1, nil, store.ErrVersion, -1},
		{"a wrong version, all known", []store.NewEvent{e("old", 1)}, 0, []store.Result{dup(3)}, nil, 0},
		{"a conflict and a wrong version", []store.NewEvent{e("old", 2)}, 0, nil, store.ErrConflict, 0},
		{"nothing", nil, 1, nil, nil, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := &store.Append{Events: row.events}
			if row.expect >= 0 {
				a.Expect = &store.Expectation{Count: row.expect}
			}
			require.NoError(t, store.Decide(a, known, now, time.Hour))
			require.ErrorIs(t, a.Err, row.err)
			if row.err != nil {
				require.Nil(t, a.Results)
				var at *store.EventError
				if errors.As(a.Err, &at) {
					require.Equal(t, row.index, at.Index)
				} else {
					require.Equal(t, -1, row.index)
				}
				return
			}
			next := store.Position(10)
			end := a.Place(10, func(p store.Position, _ store.NewEvent) { require.Equal(t, next, p); next++ })
			require.Equal(t, next, end)
			if len(row.want) > 0 {
				require.Equal(t, row.want, a.Results)
			}
		})
	}
}

func TestDecideHandsOnTheErrorOfItsIndex(t *testing.T) {
	broken := errors.New("broken")
	a := &store.Append{Events: []store.NewEvent{{ID: "a"}}}
	require.ErrorIs(t, store.Decide(a, fake{err: broken}, now, time.Hour), broken)
}

func TestErrorsNameTheirPlace(t *testing.T) {
	err := error(&store.CorruptError{From: 3, To: 6, Place: "page 9", Err: errors.New("bad sum")})
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.EqualError(t, err, "the log is damaged: events 3 to 5, page 9: bad sum")
	require.EqualError(t, &store.CorruptError{Place: "page 9", Err: errors.New("bad sum")}, "the log is damaged: page 9: bad sum")
	require.EqualError(t, &store.EventError{Index: 2, Err: store.ErrConflict}, "event 2: another event has this source and id")
}
