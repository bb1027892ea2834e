package cloudevent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecordKeepsTheEvent(t *testing.T) {
	small := Event{ID: "1", Source: "/s", Type: "t"}
	empty := small
	empty.Kind, empty.DataContentType = Text, "text/plain"
	old := small
	old.Time = time.Date(1600, 1, 1, 0, 0, 0, 999999999, time.FixedZone("", -17762))
	for _, e := range []Event{{}, small, empty, old, order()} {
		record := AppendRecord([]byte("before"), &e)[len("before"):]
		require.Len(t, record, RecordLen(&e))
		got, err := ParseRecord(record)
		require.NoError(t, err)
		requireSame(t, e, got)
		_, want := e.Time.Zone()
		_, offset := got.Time.Zone()
		require.Equal(t, want, offset)
		source, id, subject, err := Identity(record)
		require.NoError(t, err)
		require.Equal(t, []string{e.Source, e.ID, e.Subject}, []string{source, id, subject})
	}
}

// Whatever is cut off or changed in a record, reading it is an error or an event,
// never a panic.
func TestRecordIsReadWithoutPanic(t *testing.T) {
	e := order()
	record := AppendRecord(nil, &e)
	head := len(record) - len(e.Data)
	for n := range head {
		_, err := ParseRecord(record[:n])
		require.ErrorIs(t, err, ErrRecord)
	}
	for i := range head {
		for bit := range 8 {
			flipped := append([]byte(nil), record...)
			flipped[i] ^= 1 << bit
			ParseRecord(flipped)
			Identity(flipped)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	e := order()
	f.Add(AppendRecord(nil, &e))
	f.Add(AppendRecord(nil, &Event{ID: "1", Source: "/s", Type: "t"}))
	f.Add([]byte{1, 5, 0, 0, 0})
	f.Fuzz(func(t *testing.T, record []byte) {
		Identity(record)
		e, err := ParseRecord(record)
		if err != nil {
			require.ErrorIs(t, err, ErrRecord)
			return
		}
		e.Validate()
		written := AppendRecord(nil, &e)
		require.Len(t, written, RecordLen(&e))
		again, err := ParseRecord(written)
		require.NoError(t, err)
		requireSame(t, e, again)
	})
}
