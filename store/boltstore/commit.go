package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Commit implements store.Store.
func (s *Store) Commit(b *store.Batch) error {
	if err := store.CheckPairs(b.Pairs); err != nil {
		return err
	}
	s.life.RLock()
	defer s.life.RUnlock()
	switch why := s.stopped.Load(); {
	case s.closed:
		return store.ErrClosed
	case why != nil:
		return fmt.Errorf("%w: %w", store.ErrStopped, why.err)
	case s.readOnly:
		return fmt.Errorf("%s: it was opened for reading only", s.path)
	}
	err := s.transact(b, true)
	if errors.Is(err, berrors.ErrMaxSizeReached) && len(b.Appends) > 0 {
		// The estimate was too low. The pairs shall go in nevertheless.
		err = s.transact(b, false)
	}
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// A commit is one transaction.
type commit struct {
	*Store
	batch  *store.Batch
	now    int64
	tx     *bolt.Tx // the writing one
	view   *bolt.Tx // what was there before
	events []staged
	size   int64 // what they may take in the file
	bytes  int   // of the tail before
	seal   seal
	hasher hasher
}

// transact decides and writes a batch. When it fails before bbolt's commit, or bbolt
// says so, nothing is stored and nothing is left in memory.
func (s *Store) transact(b *store.Batch, appends bool) error {
	c := &commit{Store: s, batch: b, now: max(b.Now.UnixNano(), s.last), bytes: s.index.tail.bytes}
	err := guard(c.begin)
	if err == nil {
		err = guard(func() error { return c.fill(appends) })
	}
	if err != nil || c.nothing() {
		c.abandon()
		if err != nil && !errors.Is(err, berrors.ErrMaxSizeReached) {
			return c.stop(store.ErrStopped, err)
		}
		return err
	}
	if !s.pinned {
		c.endView()
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	id := int64(c.tx.ID())
	if err := guard(func() error { return s.commit(c.tx) }); err != nil {
		return c.failed(id, err)
	}
	c.done(id)
	return nil
}

func (c *commit) begin() (err error) {
	if c.tx, err = c.db.Begin(true); err != nil {
		return err
	}
	stats := c.db.Stats()
	c.used = c.tx.Size() - int64(stats.FreePageN+stats.PendingPageN)*filePage
	c.view, err = c.db.Begin(false)
	return err
}

// fill decides about the appends and puts everything into the transaction.
func (c *commit) fill(appends bool) error {
	now := time.Unix(0, c.now).UTC()
	for _, a := range c.batch.Appends {
		if !appends {
			a.Err, a.Results = store.ErrFull, nil
			continue
		}
		if err := store.Decide(a, c, now, c.batch.Dedup); err != nil {
			a.Err, a.Results = err, nil
			continue
		}
		if a.Err == nil {
			c.place(a)
		}
	}
	if len(c.events) > 0 {
		if err := c.putBlocks(); err != nil {
			return err
		}
	}
	if c.nothing() {
		return nil
	}
	if err := c.putPairs(); err != nil {
		return err
	}
	return c.putRuns()
}

func (c *commit) nothing() bool { return len(c.events) == 0 && len(c.batch.Pairs) == 0 }

// place stages the new events of an Append, if there is room.
func (c *commit) place(a *store.Append) {
	size := int64(0)
	for i := range a.Events {
		if !a.Results[i].Duplicate {
			size += int64(frameLen(&a.Events[i])) + runBytes
		}
	}
	if size > 0 && c.used+c.size+size > c.limit-filePage*8 {
		a.Err, a.Results = store.ErrFull, nil
		return
	}
	c.size += size
	c.index.mu.Lock()
	defer c.index.mu.Unlock()
	a.Place(c.head()+1+store.Position(len(c.events)), func(p store.Position, e store.NewEvent) {
		c.events = append(c.events, staged{NewEvent: e, position: p})
		c.index.tail.add(c.hasher.ident(e.Source, e.ID), c.hasher.stream(e.Source, e.Subject), frameLen(&e), c.now)
	})
}

// putBlocks writes the staged events as blocks, and the new head.
func (c *commit) putBlocks() error {
	segment, err := c.segment()
	if err != nil {
		return err
	}
	c.block = c.block[:0]
	for rest := c.events; len(rest) > 0; {
		n, size := 0, 0
		for n < len(rest) && size <= blockLen {
			size += frameLen(&rest[n].NewEvent)
			n++
		}
		at := len(c.block)
		c.block = appendBlock(c.block, c.logID(), c.now, rest[:n])
		if err := putBlock(segment, rest[0].position, c.block[at:len(c.block):len(c.block)]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	head := c.events[len(c.events)-1].position
	return c.tx.Bucket(infoBucket).Put(headKey, headValue(head))
}

// segment returns the bucket of the newest segment, whose first event is the tail's.
func (c *commit) segment() (*bolt.Bucket, error) {
	log := c.tx.Bucket(logBucket)
	log.FillPercent = 1
	b, err := log.CreateBucketIfNotExists(positionKey(c.part))
	if err != nil {
		return nil, err
	}
	b.FillPercent = 1
	return b, nil
}

// putBlock stores a block: a small one as a value among others, which bbolt rewrites
// when it adds a neighbour; a larger one in pages of its own, written once.
func putBlock(segment *bolt.Bucket, first store.Position, block []byte) error {
	key := positionKey(first)
	if len(block) <= inlineLen {
		return segment.Put(key, block)
	}
	own, err := segment.CreateBucket(key)
	if err != nil {
		return err
	}
	return own.Put(blockKey, block)
}

// putPairs writes the ledger's changes, in the order of their keys.
func (c *commit) putPairs() error {
	if len(c.batch.Pairs) == 0 {
		return nil
	}
	pairs := slices.SortedFunc(slices.Values(c.batch.Pairs), func(a, b store.Pair) int { return bytes.Compare(a.Key, b.Key) })
	ledger := c.tx.Bucket(ledgerBucket)
	for _, p := range pairs {
		var err error
		if p.Value == nil {
			err = ledger.Delete(p.Key)
		} else {
			err = ledger.Put(p.Key, ledgerValue(p))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ledgerValue puts the checksum of a pair before its value.
func ledgerValue(p store.Pair) []byte {
	b := make([]byte, 4, 4+len(p.Value))
	binary.LittleEndian.PutUint32(b, pairSum(p.Key, p.Value))
	return append(b, p.Value...)
}

func pairSum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// done makes a durable batch visible.
func (c *commit) done(id int64) {
	c.endView()
	head := c.head()
	if n := len(c.events); n > 0 {
		head, c.last = c.events[n-1].position, c.now
	}
	c.used += c.size
	c.setState(head)
	c.sealNext(id)
	c.acked.Store(id)
}

// abandon ends a transaction of which nothing was written.
func (c *commit) abandon() {
	if c.tx != nil {
		guard(c.tx.Rollback)
	}
	c.endView()
	c.forget()
}

// forget takes the staged events out of the index.
func (c *commit) forget() {
	c.index.mu.Lock()
	defer c.index.mu.Unlock()
	c.index.tail.cut(c.head()+1, c.bytes)
}

func (c *commit) endView() {
	if c.view != nil {
		guard(c.view.Rollback)
		c.view = nil
	}
}

func (s *Store) logID() uint64 { return binary.LittleEndian.Uint64(s.id[:]) }

func positionKey(p store.Position) []byte { return binary.BigEndian.AppendUint64(nil, uint64(p)) }

func keyPosition(key []byte) store.Position {
	if len(key) != 8 {
		return 0
	}
	return store.Position(binary.BigEndian.Uint64(key))
}
