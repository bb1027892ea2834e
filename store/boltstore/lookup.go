package boltstore

import (
	"encoding/binary"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

func native32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// runBytes is what an event takes in a run, rounded up.
const runBytes = 32

// Find implements store.Index for the transaction under way.
func (c *commit) Find(source, id string) (known store.Known, ok bool, err error) {
	c.index.tail.idents.each(c.hasher.ident(source, id), func(n int) bool {
		known, ok, err = c.compare(c.index.tail.first+store.Position(n), source, id)
		return !ok && err == nil
	})
	return known, ok, err
}

// compare says whether the event at a position has an identity.
func (c *commit) compare(at store.Position, source, id string) (store.Known, bool, error) {
	if at > c.head() {
		e := c.events[at-c.head()-1]
		return store.Known{Position: at, Received: unix(c.now), Content: e.Content}, e.Source == source && e.ID == id, nil
	}
	k, err := newCursor(c.view).block(c.Store, at)
	if err != nil {
		return store.Known{}, false, err
	}
	e, err := k.entry(int(at - k.first))
	if err != nil {
		return store.Known{}, false, damage(at, at+1, blockPlace(k.first), err)
	}
	s, i, _, err := store.Identity(e.Data)
	if err != nil {
		return store.Known{}, false, damage(at, at+1, blockPlace(k.first), err)
	}
	return store.Known{Position: at, Received: e.Received, Content: e.Content}, s == source && i == id, nil
}

// Count implements store.Index for the transaction under way.
func (c *commit) Count(source, subject string) (n int, err error) {
	hash := c.hasher.stream(source, subject)
	if hash == 0 {
		return 0, nil
	}
	c.index.tail.streams.each(hash, func(int) bool { n++; return true })
	return n, nil
}

// Stream implements store.Store.
func (s *Store) Stream(dst []store.Position, source, subject string, r store.Range) ([]store.Position, error) {
	start := len(dst)
	err := s.view(false, func(tx *bolt.Tx) error {
		from, to := s.clip(r)
		var h hasher
		hash := h.stream(source, subject)
		if hash == 0 {
			return nil
		}
		s.index.mu.RLock()
		defer s.index.mu.RUnlock()
		t := s.index.tail
		t.streams.each(hash, func(n int) bool {
			if p := t.first + store.Position(n); p >= from && p < to {
				dst = append(dst, p)
			}
			return true
		})
		return nil
	})
	found := dst[start:]
	if !r.Newest {
		for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
			found[i], found[j] = found[j], found[i]
		}
	}
	if r.Limit > 0 && len(found) > r.Limit {
		dst = dst[:start+r.Limit]
	}
	return dst, err
}

func native64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
