package boltstore

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

// view runs f in a short transaction that shows everything acknowledged. With exact it
// shows nothing else; without, f must not look beyond the head.
func (s *Store) view(exact bool, f func(*bolt.Tx) error) error {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	for {
		if why := s.stopped.Load(); why != nil && why.before != nil {
			why.mu.Lock()
			defer why.mu.Unlock()
			return guard(func() error { return f(why.before) })
		}
		again := false
		err := guard(func() error {
			tx, err := s.db.Begin(false)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if exact && int64(tx.ID()) > s.acked.Load() {
				again = true
				return nil
			}
			return f(tx)
		})
		if !again {
			return err
		}
		if why := s.stopped.Load(); why != nil && why.before == nil {
			return fmt.Errorf("%w: %w", store.ErrStopped, why.err)
		}
		s.awaitCommit()
	}
}

// awaitCommit waits for a commit that is syncing what it wrote.
func (s *Store) awaitCommit() {
	s.writing.Lock()
	defer s.writing.Unlock()
}

// Read implements store.Store.
func (s *Store) Read(dst []store.Entry, r store.Range) ([]store.Entry, error) {
	start := len(dst)
	from, to := s.clip(r)
	var damaged error
	err := s.view(false, func(tx *bolt.Tx) error {
		page := pager{store: s, cursor: newCursor(tx), entries: dst, limit: r.Limit, bytes: r.Bytes}
		if r.Newest {
			damaged = page.backward(from, to)
		} else {
			damaged = page.forward(from, to)
		}
		dst = page.own(start)
		return nil
	})
	if err != nil {
		return dst[:start], err
	}
	return dst, damaged
}

// clip limits a range to what there is.
func (s *Store) clip(r store.Range) (from, to store.Position) {
	st := s.State()
	from, to = max(r.From, st.Tail), r.To
	if to == 0 || to > st.Head+1 {
		to = st.Head + 1
	}
	return min(from, to), to
}

// A pager collects entries until a limit.
type pager struct {
	store   *Store
	cursor  *cursor
	entries []store.Entry
	limit   int
	bytes   int
	n, size int
}

func (p *pager) enough() bool {
	most := p.bytes
	if most <= 0 {
		most = pageBytes
	}
	return p.size > most || p.limit > 0 && p.n >= p.limit
}

// take takes event i of a block in.
func (p *pager) take(k *block, i int) error {
	e, err := k.entry(i)
	if err != nil {
		at := k.first + store.Position(i)
		return damage(at, at+1, blockPlace(k.first), err)
	}
	p.entries = append(p.entries, e)
	p.n++
	p.size += len(e.Data)
	return nil
}

func (p *pager) forward(from, to store.Position) error {
	for at := from; at < to && !p.enough(); {
		k, err := p.cursor.block(p.store, at)
		if err != nil {
			return err
		}
		for ; at < to && at <= k.last() && !p.enough(); at++ {
			if err := p.take(&k, int(at-k.first)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *pager) backward(from, to store.Position) error {
	for at := to; at > from && !p.enough(); {
		k, err := p.cursor.block(p.store, at-1)
		if err != nil {
			return err
		}
		for ; at > from && at > k.first && !p.enough(); at-- {
			if err := p.take(&k, int(at-1-k.first)); err != nil {
				return err
			}
		}
	}
	return nil
}

// own copies the data of the entries out of the mapping, into one piece of memory.
func (p *pager) own(start int) []store.Entry {
	data := make([]byte, 0, p.size)
	for i := start; i < len(p.entries); i++ {
		at := len(data)
		data = append(data, p.entries[i].Data...)
		p.entries[i].Data = data[at:len(data):len(data)]
	}
	return p.entries
}

// A cursor finds blocks. One that is asked for neighbours does not search again.
type cursor struct {
	log      *bolt.Bucket
	segments *bolt.Cursor
	segment  *bolt.Bucket
	from, to store.Position // of the segment, by the keys
	blocks   *bolt.Cursor
	high     uint64 // pages in the file
}

func newCursor(tx *bolt.Tx) *cursor {
	log := tx.Bucket(logBucket)
	return &cursor{log: log, segments: log.Cursor(), high: uint64(tx.Size() / filePage)}
}

// block returns the block that holds a position up to the head.
func (c *cursor) block(s *Store, at store.Position) (block, error) {
	key, value, err := c.find(s, at)
	if err != nil {
		return block{}, damage(at, at+1, fmt.Sprintf("the segment of event %d", at), err)
	}
	k, err := parseBlock(value)
	switch {
	case err != nil:
	case k.first != keyPosition(key) || k.log != s.logID():
		err = errors.New("another block is in its place")
	case at > k.last():
		return k, damage(k.last()+1, c.following(s, at), "the tree of the log", errors.New("they are missing"))
	default:
		return k, nil
	}
	first := min(keyPosition(key), at)
	return k, damage(max(first, 1), c.following(s, at), blockPlace(first), err)
}

// find returns the value of the last key up to a position.
func (c *cursor) find(s *Store, at store.Position) (key, value []byte, err error) {
	want := positionKey(at)
	if c.segment == nil || at < c.from || at >= c.to {
		if err := c.enter(s, want); err != nil {
			return nil, nil, err
		}
		key, value = seekBack(c.blocks, want)
	} else if key, value = c.blocks.Next(); keyPosition(key) != at {
		key, value = seekBack(c.blocks, want)
	}
	if key == nil {
		return nil, nil, errors.New("it has no block that early")
	}
	if value == nil {
		own := c.segment.Bucket(key)
		if own == nil {
			return nil, nil, errNoBlock
		}
		value = own.Get(blockKey)
	}
	return key, value, nil
}

// enter opens the segment of a position.
func (c *cursor) enter(s *Store, want []byte) error {
	key, _ := seekBack(c.segments, want)
	if key == nil {
		return errors.New("the log has no segment that early")
	}
	c.from, c.to = keyPosition(key), math.MaxUint64
	c.segment = c.log.Bucket(key)
	if next, _ := c.segments.Next(); next != nil {
		c.to = keyPosition(next)
	}
	if c.segment == nil {
		return errors.New("it is no bucket")
	}
	if err := s.checkSegment(c.from, c.segment, c.high); err != nil {
		c.segment = nil
		return err
	}
	c.blocks = c.segment.Cursor()
	return nil
}

// seekBack moves a cursor to the last key up to want.
func seekBack(c *bolt.Cursor, want []byte) (key, value []byte) {
	key, value = c.Seek(want)
	if key == nil {
		return c.Last()
	}
	if string(key) != string(want) {
		return c.Prev()
	}
	return key, value
}

// following returns the first position behind damage at a position.
func (c *cursor) following(s *Store, at store.Position) store.Position {
	end := s.head() + 1
	if c.blocks != nil {
		if key, _ := c.blocks.Seek(positionKey(at + 1)); key != nil {
			return max(at+1, min(end, keyPosition(key)))
		}
	}
	return max(at+1, min(end, c.to))
}

// checkSegment looks once at the branch pages of a segment's tree before bbolt does.
func (s *Store) checkSegment(first store.Position, b *bolt.Bucket, high uint64) error {
	root := uint64(b.RootPage())
	if _, ok := s.checked.Load(first); ok || root == 0 {
		return nil
	}
	raw := &rawFile{r: s.file, boltMeta: boltMeta{pageSize: filePage, high: high}}
	if err := raw.branches(root); err != nil {
		return err
	}
	s.checked.Store(first, true)
	return nil
}

// Seek implements store.Store.
func (s *Store) Seek(t time.Time) (store.Position, error) {
	st := s.State()
	low, high := st.Tail, st.Head+1
	err := s.view(false, func(tx *bolt.Tx) error {
		c := newCursor(tx)
		for low < high {
			mid := low + (high-low)/2
			k, err := c.block(s, mid)
			var bad *store.CorruptError
			switch {
			case errors.As(err, &bad) && bad.From <= low && bad.To >= high:
				return err
			case errors.As(err, &bad): // nobody knows its time: look beside it
				if bad.To < high {
					mid = bad.To
				} else {
					mid = bad.From - 1
				}
				if k, err = c.block(s, mid); err != nil {
					return err
				}
			}
			if time.Unix(0, k.time).Before(t) {
				low = max(low, k.last()+1)
			} else {
				high = min(high, k.first)
			}
		}
		return nil
	})
	return min(low, st.Head+1), err
}

// Scan implements store.Store.
func (s *Store) Scan(dst []store.Pair, from, to []byte, limit int) ([]store.Pair, error) {
	start := len(dst)
	err := s.view(true, func(tx *bolt.Tx) error {
		dst = dst[:start]
		c := tx.Bucket(ledgerBucket).Cursor()
		for key, value := c.Seek(from); key != nil; key, value = c.Next() {
			if to != nil && string(key) >= string(to) || limit > 0 && len(dst)-start == limit {
				return nil
			}
			p, err := parsePair(key, value)
			if err != nil {
				return err
			}
			dst = append(dst, p)
		}
		return nil
	})
	return dst, err
}

// parsePair checks a pair and copies it.
func parsePair(key, value []byte) (store.Pair, error) {
	if len(value) < 4 || pairSum(key, value[4:]) != uint32le(value) {
		return store.Pair{}, damage(0, 0, fmt.Sprintf("the ledger's key %q", key), errors.New("its checksum is wrong"))
	}
	k := len(key)
	both := make([]byte, 0, k+len(value)-4)
	both = append(append(both, key...), value[4:]...)
	return store.Pair{Key: both[:k:k], Value: both[k:len(both):len(both)]}, nil
}
