package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/eventbridge-go/eventbridge/store"
)

// batchOf is a batch of one event, whose id and subject are the number, and of one pair
// that has it as its value.
func batchOf(n int) *store.Batch {
	text := fmt.Sprint(n)
	return &store.Batch{Now: time.Unix(1_700_000_000+int64(n), 0), Dedup: 24 * time.Hour,
		Appends: []*store.Append{{Events: []store.NewEvent{newEvent("/s", text, "subject", text)}}},
		Pairs:   []store.Pair{{Key: []byte("newest"), Value: []byte(text)}}}
}

// requireShows checks that every way of reading ends at event n.
func requireShows(t *testing.T, s *Store, n int) {
	t.Helper()
	require.NoError(t, shows(s, n))
}

func shows(s *Store, n int) error {
	events, err := s.Read(nil, store.Range{})
	stream, err2 := s.Stream(nil, "/s", "subject", store.Range{})
	at, err3 := s.Seek(time.Unix(1_800_000_000, 0))
	pairs, err4 := s.Scan(nil, nil, nil, 0)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return err
	}
	newest := fmt.Sprint(n)
	if head := s.State().Head; int(head) != n || len(events) != n || len(stream) != n || int(at) != n+1 || string(pairs[0].Value) != newest {
		return fmt.Errorf("head %d, %d events, %d in the stream, Seek %d, pairs %q; want %d", head, len(events), len(stream), at, pairs, n)
	}
	return nil
}

// TestFailedCommitIsStoredNotStoredOrUnknown has bbolt's commit fail in each way there
// is, before or after it took place.
func TestFailedCommitIsStoredNotStoredOrUnknown(t *testing.T) {
	written := func(err error) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return errors.Join(tx.Commit(), err) }
	}
	lost := func(err error) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { tx.Rollback(); return err }
	}
	noSpace := &os.PathError{Op: "write", Path: "log", Err: syscall.ENOSPC}
	quota := &os.PathError{Op: "write", Path: "log", Err: syscall.EDQUOT}
	broken := &os.PathError{Op: "write", Path: "log", Err: syscall.EIO}
	for _, row := range []struct {
		name   string
		commit func(*bolt.Tx) error
		want   error
		goesOn bool
	}{
		{"a full disk", lost(noSpace), store.ErrFull, true},
		{"a quota", lost(quota), store.ErrFull, true},
		{"a write error", lost(broken), store.ErrStopped, false},
		{"a sync error", lost(syscall.EIO), store.ErrStopped, false},
		{"a sync that finds the disk full", lost(syscall.ENOSPC), store.ErrStopped, false},
		{"a sync error after the meta page", written(syscall.EIO), store.ErrOutcomeUnknown, false},
		{"a full disk after the meta page", written(noSpace), store.ErrOutcomeUnknown, false},
		{"a panic", func(*bolt.Tx) error { panic("assertion failed") }, store.ErrStopped, false},
		{"a panic after the meta page", func(tx *bolt.Tx) error { tx.Commit(); panic("assertion failed") }, store.ErrOutcomeUnknown, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			s := openTest(t, path, Options{})
			for n := 1; n <= 3; n++ {
				require.NoError(t, s.Commit(batchOf(n)))
			}
			s.commit = row.commit
			require.ErrorIs(t, s.Commit(batchOf(4)), row.want)
			if !s.pinned && row.want == store.ErrOutcomeUnknown {
				// What was there before is not kept open where address space is short.
				require.ErrorIs(t, shows(s, 3), store.ErrStopped)
				return
			}
			requireShows(t, s, 3)
			s.commit = (*bolt.Tx).Commit
			if row.goesOn {
				again := batchOf(4)
				require.NoError(t, s.Commit(again))
				require.NoError(t, again.Appends[0].Err)
				require.False(t, again.Appends[0].Results[0].Duplicate)
				requireShows(t, s, 4)
			} else {
				require.ErrorIs(t, s.Commit(batchOf(5)), store.ErrStopped)
				requireShows(t, s, 3)
			}
			require.NoError(t, s.Close())
			s = openTest(t, path, Options{})
			if errors.Is(row.want, store.ErrStopped) {
				requireShows(t, s, 3)
			} else {
				requireShows(t, s, 4)
			}
			again := batchOf(4) // publishing again after any error stores once
			require.NoError(t, s.Commit(again))
			requireShows(t, s, 4)
		})
	}
}

// TestFullFileTakesPairsAndRecoversNothing fills a file to bbolt's own limit by way of
// an estimate that is wrong.
func TestFileAtItsLimitStillTakesPairs(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "log"), Options{MaxBytes: 2 << 20})
	s.limit = 1 << 40 // believe anything
	n, full := 0, error(nil)
	for full == nil && n < 1000 {
		n++
		b := batchOf(n)
		b.Appends[0].Events[0] = newEvent("/s", fmt.Sprint(n), "subject", string(make([]byte, 50_000)))
		require.NoError(t, s.Commit(b))
		full = b.Appends[0].Err
	}
	require.ErrorIs(t, full, store.ErrFull)
	pairs, err := s.Scan(nil, nil, nil, 0)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(n), string(pairs[0].Value), "the pair of the batch whose event did not fit")
	require.Equal(t, store.Position(n-1), s.State().Head)
	info, err := os.Stat(s.path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(2<<20))
}
