// Package memstore is a store in memory, for buses that need not survive the
// process and for tests.
//
// It never leaks. What it holds is bounded by
//
//   - Options.MaxBytes for events: past it an Append gets store.ErrFull. Events
//     below a Batch's Floor are forgotten, oldest first, as soon as they are more
//     than Options.Keep together;
//   - 65536 identities beyond those of the events it still has. An identity is
//     remembered for the dedup window as long as its event is kept or fewer than
//     65536 events were forgotten after it; then a repeat of it is a new event;
//   - the streams that have an event left. A stream whose last event was forgotten
//     counts from 0 again, which is what one who reads it sees;
//   - the ledger, which is as large as its user makes it.
package memstore

import (
	"crypto/rand"
	"encoding/hex"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// Options bound a Store.
type Options struct {
	MaxBytes int64 // of the events kept; 1 GiB
	Keep     int64 // of events that nobody needs but a query; 64 MiB, at most half of MaxBytes
}

const (
	overhead   = 256     // what an event takes beside its data, rounded up
	remembered = 1 << 16 // identities kept beyond those of the events
	pageBytes  = 1 << 20 // what Read returns when the caller does not say
)

// A Store is a store.Store in memory.
type Store struct {
	log      string
	maxBytes int64
	keep     int64
	seeds    [6]maphash.Seed

	mu      sync.RWMutex // guards what follows
	closed  bool
	bytes   int64
	last    time.Time // the Now of the last batch
	entries deque[entry]
	below   int64          // bytes of the entries below belowTo
	belowTo store.Position // no position under it is needed any more
	idents  deque[ident]
	known   map[key]store.Position // identity → its newest event
	streams map[key]stream
	ledger  ledger
}

// A key is a 128-bit hash under secret seeds, which no two different texts share in
// practice.
type key [2]uint64

type entry struct {
	store.Entry
	stream   key            // zero: none
	previous store.Position // in its stream; may be forgotten
}

type ident struct {
	key
	received time.Time
	content  uint64
}

type stream struct {
	newest store.Position
	count  int
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New(o Options) *Store {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	if o.Keep <= 0 {
		o.Keep = 64 << 20
	}
	id := make([]byte, 16)
	rand.Read(id)
	s := &Store{log: hex.EncodeToString(id), maxBytes: o.MaxBytes, keep: min(o.Keep, o.MaxBytes/2),
		known: map[key]store.Position{}, streams: map[key]stream{}}
	for i := range s.seeds {
		s.seeds[i] = maphash.MakeSeed()
	}
	s.entries.start(1)
	s.belowTo = 1
	s.idents.start(1)
	return s
}

// Capabilities implements store.Store.
func (s *Store) Capabilities() store.Capabilities { return store.Capabilities{Forgets: true} }

// State implements store.Store.
func (s *Store) State() store.State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return store.State{Log: s.log, Tail: s.entries.first, Head: s.entries.end - 1, Bytes: s.bytes + s.ledger.bytes}
}

// Close implements store.Store. It lets go of everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.entries.start(s.entries.end)
	s.idents.start(s.idents.end)
	s.known, s.streams, s.ledger = nil, nil, ledger{}
	return nil
}

// Read implements store.Store.
func (s *Store) Read(dst []store.Entry, r store.Range) ([]store.Entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return dst, store.ErrClosed
	}
	from, to := s.clip(r)
	most, limit := r.Limit, r.Bytes
	if most <= 0 {
		most = math.MaxInt
	}
	if limit <= 0 {
		limit = pageBytes
	}
	n, size := 0, 0
	for n < most && from+store.Position(n) < to && size <= limit {
		size += len(s.nth(from, to, n, r.Newest).Data)
		n++
	}
	data := make([]byte, 0, size)
	for i := range n {
		e := s.nth(from, to, i, r.Newest).Entry
		at := len(data)
		data = append(data, e.Data...)
		e.Data = data[at:len(data):len(data)]
		dst = append(dst, e)
	}
	return dst, nil
}

// nth returns the i-th entry of a range in its order.
func (s *Store) nth(from, to store.Position, i int, newest bool) *entry {
	if newest {
		return s.entries.at(to - 1 - store.Position(i))
	}
	return s.entries.at(from + store.Position(i))
}

// clip limits a range to what there is.
func (s *Store) clip(r store.Range) (from, to store.Position) {
	from, to = max(r.From, s.entries.first), r.To
	if to == 0 || to > s.entries.end {
		to = s.entries.end
	}
	return min(from, to), to
}

// Stream implements store.Store.
func (s *Store) Stream(dst []store.Position, source, subject string, r store.Range) ([]store.Position, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return dst, store.ErrClosed
	}
	from, to := s.clip(r)
	start := len(dst)
	for p := s.streams[s.streamKey(source, subject)].newest; p >= s.entries.first && p >= from && p != 0; p = s.entries.at(p).previous {
		if p >= to {
			continue
		}
		dst = append(dst, p)
		if r.Newest && r.Limit > 0 && len(dst)-start == r.Limit {
			return dst, nil
		}
	}
	if r.Newest {
		return dst, nil
	}
	found := dst[start:]
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	if r.Limit > 0 && len(found) > r.Limit {
		dst = dst[:start+r.Limit]
	}
	return dst, nil
}

// Seek implements store.Store.
func (s *Store) Seek(t time.Time) (store.Position, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	low, high := s.entries.first, s.entries.end
	for low < high {
		if mid := low + (high-low)/2; s.entries.at(mid).Received.Before(t) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, nil
}

// Scan implements store.Store.
func (s *Store) Scan(dst []store.Pair, from, to []byte, limit int) ([]store.Pair, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return dst, store.ErrClosed
	}
	return s.ledger.scan(dst, from, to, limit), nil
}

func (s *Store) identKey(source, id string) key {
	return key{maphash.String(s.seeds[0], source) ^ maphash.String(s.seeds[1], id),
		maphash.String(s.seeds[2], source) ^ maphash.String(s.seeds[3], id)}
}

// streamKey is zero for an event without a subject, which is in no stream.
func (s *Store) streamKey(source, subject string) key {
	if subject == "" {
		return key{}
	}
	return key{maphash.String(s.seeds[0], source) ^ maphash.String(s.seeds[4], subject),
		maphash.String(s.seeds[2], source) ^ maphash.String(s.seeds[5], subject)}
}
