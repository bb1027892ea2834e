package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/lane"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	now := time.Unix(1_700_000_000, 123).UTC()
	rule := Rule{ID: 7, Queue: 9, Order: "source,subject", Paused: true}
	gotRule, err := ParseRule(rule.Append(nil))
	require.NoError(t, err)
	require.Equal(t, rule, gotRule)

	place := Place{Record: lane.Record{N: 900, P: []Position{3, 800, 899}, Rows: 5, Dead: 2}}
	gotPlace, err := ParseLane(place.Append(nil))
	require.NoError(t, err)
	require.Equal(t, place, gotPlace)

	row := lane.Row{Key: 3, State: lane.Retrying, Attempts: 4, First: now, Next: now.Add(time.Hour), Error: "no", Kept: true}
	gotRow, err := ParseRow(3, AppendRow(nil, row))
	require.NoError(t, err)
	require.Equal(t, row, gotRow)

	letter := Letter{Key: lane.Alone | 5, Parked: true, Reason: "age", Error: "x", Attempts: 9, First: now, Last: now, Received: now, Root: 4, Data: []byte("event")}
	gotLetter, err := ParseLetter(letter.Append(nil))
	require.NoError(t, err)
	require.Equal(t, letter, gotLetter)

	tally := Tally{Type: "order.placed", Source: "/shop", Events: 7, First: now, Last: now.Add(time.Hour), At: 900}
	gotTally, err := ParseTally(tally.Append(nil))
	require.NoError(t, err)
	require.Equal(t, tally, gotTally)

	entry := Entry{Key: "a long key", Value: []byte("value")}
	gotEntry, err := ParseEntry(entry.Append(nil))
	require.NoError(t, err)
	require.Equal(t, entry, gotEntry)

	due := lane.Due{At: now, Key: 77}
	gotDue, err := ParseDue(DueKey(1, due))
	require.NoError(t, err)
	require.Equal(t, due, gotDue)
}

func TestDueEntriesOrderByTime(t *testing.T) {
	zero, early, late := DueKey(1, lane.Due{Key: 9}), DueKey(1, lane.Due{At: time.Unix(5, 0), Key: 8}), DueKey(1, lane.Due{At: time.Unix(6, 0)})
	require.Less(t, string(zero), string(early))
	require.Less(t, string(early), string(late))
	from, to := Dues(1, lane.Due{At: time.Unix(5, 0), Key: 8})
	require.Greater(t, string(from), string(early))
	require.Less(t, string(from), string(late))
	require.Greater(t, string(to), string(late))
}

func FuzzValuesNeverPanic(f *testing.F) {
	f.Add(Letter{Reason: "age"}.Append(nil))
	f.Add(Place{Record: lane.Record{P: []Position{1, 2}}}.Append(nil))
	f.Fuzz(func(t *testing.T, v []byte) {
		if p, err := ParseLane(v); err == nil {
			again, err := ParseLane(p.Append(nil))
			require.NoError(t, err)
			require.Equal(t, p, again)
		}
		ParseLetter(v)
		ParseTally(v)
		ParseEntry(v)
		ParseRow(1, v)
		ParseRule(v)
		ParseEvent(v)
		ParseClock(v)
		ParseDue(v)
		ParsePlace(v)
		ParseQueue(v)
	})
}
