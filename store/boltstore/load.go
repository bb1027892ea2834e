package boltstore

import (
	"errors"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

func unix(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }

// load reads what a Store keeps in memory: the head, the runs' heads, and the index of
// the events behind the last run.
func (s *Store) load() error {
	tx, err := s.db.Begin(false)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stats := s.db.Stats()
	s.used = tx.Size() - int64(stats.FreePageN)*filePage
	s.acked.Store(int64(tx.ID()))
	head, err := readHead(tx)
	if err != nil {
		return err
	}
	s.setState(head)
	if err := s.loadRuns(tx); err != nil {
		return err
	}
	s.loadTail(tx, head)
	s.part = s.index.tail.first
	if key, _ := tx.Bucket(logBucket).Cursor().Last(); key != nil {
		if end := keyPosition(key); end > s.part {
			s.part = end
		}
	}
	return nil
}

func readHead(tx *bolt.Tx) (store.Position, error) {
	value := tx.Bucket(infoBucket).Get(headKey)
	if len(value) != 12 || !summed(value) {
		return 0, damage(0, 0, "the newest position", errors.New("its checksum is wrong"))
	}
	return store.Position(uint64le(value)), nil
}

// loadTail indexes the events behind the last run. Damaged ones stay out of it; who
// reads them is told.
func (s *Store) loadTail(tx *bolt.Tx, head store.Position) {
	tail := s.index.tail
	c := newCursor(tx)
	var h hasher
	for at := tail.first; at <= head; {
		k, err := c.block(s, at)
		if err != nil {
			var bad *store.CorruptError
			errors.As(err, &bad)
			for ; at < bad.To; at++ {
				tail.add(0, 0, 0, tail.to)
			}
			continue
		}
		s.last = k.time
		for ; at <= k.last(); at++ {
			var ident, stream uint64
			e, err := k.entry(int(at - k.first))
			if err == nil {
				source, id, subject, err := store.Identity(e.Data)
				if err == nil {
					ident, stream = h.ident(source, id), h.stream(source, subject)
				}
			}
			tail.add(ident, stream, len(e.Data)+rowLen+9, k.time)
		}
	}
}
