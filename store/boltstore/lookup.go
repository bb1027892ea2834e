package boltstore

import (
	"encoding/binary"
	"slices"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

func uint32le(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func uint64le(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// runBytes is what an event takes in a run, rounded up.
const runBytes = 32

// Find implements store.Index for the transaction under way.
func (c *commit) Find(source, id string) (known store.Known, ok bool, err error) {
	hash := c.hasher.ident(source, id)
	for _, part := range []*recent{c.index.tail, c.index.sealing} {
		if part == nil {
			continue
		}
		part.idents.each(hash, func(n int) bool {
			known, ok, err = c.compare(part.first+store.Position(n), source, id)
			return !ok && err == nil
		})
		if ok || err != nil {
			return known, ok, err
		}
	}
	return c.findSealed(hash, source, id)
}

// findSealed looks into the runs that have an event within the dedup window.
func (c *commit) findSealed(hash uint64, source, id string) (store.Known, bool, error) {
	for i := len(c.index.runs) - 1; i >= 0; i-- {
		r := c.index.runs[i]
		if c.now-r.to >= int64(c.batch.Dedup) {
			break
		}
		if r.filter == nil && r.idents > 0 {
			if err := newRunReader(c.view).loadFilter(r); err != nil {
				return store.Known{}, false, err
			}
		}
		if !r.filter.has(hash) {
			continue
		}
		found, err := newRunReader(c.view).events(nil, r, partIdents, r.idents, hash)
		if err != nil {
			return store.Known{}, false, err
		}
		for _, at := range slices.Backward(found) {
			if known, ok, err := c.compare(at, source, id); ok || err != nil {
				return known, ok, err
			}
		}
	}
	return store.Known{}, false, nil
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

// Count implements store.Index for the transaction under way. It goes by the hash
// alone: two streams would share a count if the first 64 bits of their SHA-256 were the
// same.
func (c *commit) Count(source, subject string) (int, error) {
	hash, n := c.hasher.stream(source, subject), 0
	if hash == 0 {
		return 0, nil
	}
	for _, part := range []*recent{c.index.tail, c.index.sealing} {
		if part != nil {
			part.streams.each(hash, func(int) bool { n++; return true })
		}
	}
	t := newRunReader(c.view)
	for _, r := range c.index.runs {
		in, err := t.number(r, partStreams, r.streams, hash)
		if err != nil {
			return 0, err
		}
		n += in
	}
	return n, nil
}

// Stream implements store.Store.
func (s *Store) Stream(dst []store.Position, source, subject string, r store.Range) ([]store.Position, error) {
	start := len(dst)
	var h hasher
	hash := h.stream(source, subject)
	moved, err := true, error(nil)
	for moved && err == nil {
		err = s.view(true, func(tx *bolt.Tx) (err error) {
			dst, moved, err = s.stream(dst[:start], tx, hash, r)
			return err
		})
	}
	if err != nil {
		return dst[:start], err
	}
	if r.Limit > 0 && len(dst) > start+r.Limit {
		dst = dst[:start+r.Limit]
	}
	return dst, nil
}

// stream goes through the parts of the index in the order of the range, until it has
// enough. It says moved when the runs are newer than the transaction.
func (s *Store) stream(dst []store.Position, tx *bolt.Tx, hash uint64, r store.Range) (_ []store.Position, moved bool, _ error) {
	start := len(dst)
	from, to := s.clip(r)
	if hash == 0 {
		return dst, false, nil
	}
	runs, recent, since := s.index.snapshot(hash)
	if since > int64(tx.ID()) {
		return dst, true, nil
	}
	t := newRunReader(tx)
	var found []store.Position
	for i := range len(runs) + 1 {
		n := i
		if r.Newest {
			n = len(runs) - i
		}
		found = found[:0]
		if n == len(runs) {
			found = recent
		} else if runs[n].first < to && runs[n].end() > from {
			var err error
			if found, err = t.events(found, runs[n], partStreams, runs[n].streams, hash); err != nil {
				return dst, false, err
			}
		}
		if r.Newest {
			slices.Reverse(found)
		}
		for _, p := range found {
			if p >= from && p < to {
				dst = append(dst, p)
			}
		}
		if r.Limit > 0 && len(dst)-start >= r.Limit {
			break
		}
	}
	return dst, false, nil
}

// snapshot returns the runs, and from memory the events of a stream, oldest first.
func (x *index) snapshot(hash uint64) (runs []*run, newest []store.Position, since int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, part := range []*recent{x.tail, x.sealing} {
		if part != nil {
			part.streams.each(hash, func(n int) bool {
				newest = append(newest, part.first+store.Position(n))
				return true
			})
		}
	}
	slices.Reverse(newest)
	return x.runs, newest, x.since
}
