package boltstore

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/eventbridge-go/eventbridge/store"
)

// Sizes say when the index seals and merges. Tests have smaller ones.
type sizes struct {
	sealEvents  int // a run covers so many events
	sealBytes   int // or so much of the log, whichever comes first
	mergeEvents int // a run made of others has at most so many
	runStep     int // bytes of a run that a Commit writes beside its batch
}

var defaultSizes = sizes{sealEvents: 256 << 10, sealBytes: 16 << 20, mergeEvents: 1 << 20, runStep: 1 << 20}

// An index finds events by identity and by stream. It goes by 64-bit hashes; who looks
// up an identity compares it with the event that is found.
//
// The newest events are in memory, in tail. When it is full it becomes sealing, a
// goroutine sorts it into a run, and a Commit writes that beside its events. Opening
// makes the tail anew from the log behind the last run.
type index struct {
	mu      sync.RWMutex // readers against the goroutine that commits
	tail    *recent
	sealing *recent // nil: none
	runs    []*run  // by position; replaced whole

	since int64 // the transaction that changed runs last

	sizes
	work // of the goroutine that commits
}

// A recent is the index of events in memory.
type recent struct {
	first    store.Position
	bytes    int
	from, to int64 // times of its events
	idents   lookup
	streams  lookup
}

// A lookup finds the events with a hash, newest first. Events are numbered from 0.
type lookup struct {
	hashes   []uint64 // of each event; 0: none
	previous []uint32 // number + 1 of the event before it with the same hash
	newest   map[uint64]uint32
}

func (x *index) full() bool {
	return x.tail.len() >= x.sealEvents || x.tail.bytes >= x.sealBytes
}

func newRecent(first store.Position) *recent {
	return &recent{first: first, idents: lookup{newest: map[uint64]uint32{}}, streams: lookup{newest: map[uint64]uint32{}}}
}

func (r *recent) len() int            { return len(r.idents.hashes) }
func (r *recent) end() store.Position { return r.first + store.Position(r.len()) }

func (r *recent) add(ident, stream uint64, size int, time int64) {
	if r.len() == 0 {
		r.from = time
	}
	r.to = time
	r.bytes += size
	r.idents.add(ident)
	r.streams.add(stream)
}

// cut takes the events from end on away again.
func (r *recent) cut(end store.Position, bytes int) {
	for r.end() > end {
		r.idents.pop()
		r.streams.pop()
	}
	r.bytes = bytes
}

func (l *lookup) add(hash uint64) {
	previous := uint32(0)
	if hash != 0 {
		previous = l.newest[hash]
		l.newest[hash] = uint32(len(l.hashes)) + 1
	}
	l.hashes = append(l.hashes, hash)
	l.previous = append(l.previous, previous)
}

func (l *lookup) pop() {
	last := len(l.hashes) - 1
	if hash := l.hashes[last]; l.previous[last] != 0 {
		l.newest[hash] = l.previous[last]
	} else {
		delete(l.newest, hash)
	}
	l.hashes, l.previous = l.hashes[:last], l.previous[:last]
}

// each calls f with the number of each event that has the hash, newest first, until
// it returns false.
func (l *lookup) each(hash uint64, f func(int) bool) {
	for n := l.newest[hash]; n != 0 && f(int(n-1)); n = l.previous[n-1] {
	}
}

// A hasher makes the index's hashes. They are the first 64 bits of a SHA-256, since
// they are in the file and ids come from strangers.
type hasher struct{ buf []byte }

func (h *hasher) ident(source, id string) uint64 { return h.sum('i', source, id) }

// stream is 0 for an event in no stream.
func (h *hasher) stream(source, subject string) uint64 {
	if subject == "" {
		return 0
	}
	return h.sum('s', source, subject)
}

func (h *hasher) sum(kind byte, a, b string) uint64 {
	h.buf = append(h.buf[:0], kind)
	h.buf = binary.AppendUvarint(h.buf, uint64(len(a)))
	h.buf = append(append(h.buf, a...), b...)
	sum := sha256.Sum256(h.buf)
	return max(1, binary.LittleEndian.Uint64(sum[:]))
}
