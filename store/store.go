// Package store is the contract between the bus and the place it keeps things:
// a log of events, and beside it a ledger of small keys, written together in one
// transaction.
//
// The contract is small on purpose. The bus groups publishers, matches, retries and
// decides; a store makes one batch at a time durable and reads it back. What an
// implementation must do stands at the methods below, and package storetest checks
// it: every sentence there is a test. Two implementations ship with the module:
// boltstore (one file, durable) and memstore (memory).
package store

import (
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// A Position is an event's place in the log: 1, 2, 3 …, without gaps, never reused.
// 0 is no position.
type Position uint64

// A Record is an event of the log as a host sees it.
type Record struct {
	Position Position
	Received time.Time // when the bus accepted it
	Event    event.Event
}

// An Entry is an event of the log as a store keeps it.
type Entry struct {
	Position Position
	Received time.Time // to the nanosecond, never before that of the entry below
	Root     Position  // the oldest event that led to this one; its own position when none did
	Content  uint64    // a hash of the event as its publisher gave it
	Data     []byte    // the event, encoded by the bus
}

// A NewEvent is an event on its way into the log.
type NewEvent struct {
	Source, ID string // its identity: the log holds it once within the dedup window
	Subject    string // with Source, the stream it belongs to; empty: none
	Content    uint64
	Root       Position // 0: its own
	Data       []byte   // owned by the store from Commit on, and never written to
}

// An Append is one publisher's events: all are stored, next to each other and in
// order, or none.
type Append struct {
	Events []NewEvent
	Expect *Expectation // nil: whatever the stream holds

	// Commit fills these in. Err is nil when every event is in the log now, at the
	// position in Results; otherwise nothing of the Append was stored.
	Results []Result
	Err     error
}

// A Result says where an event is.
type Result struct {
	Position  Position
	Duplicate bool // it was there before
}

// An Expectation is a condition on a stream, the events of one source and subject:
// that so many have been stored in it so far.
type Expectation struct {
	Source, Subject string
	Count           int
}

// MaxKey is the greatest length of a ledger key.
const MaxKey = 1024

// A Pair is an entry of the ledger. A key has 1 to MaxKey bytes; keys order as bytes
// do. In a Batch a nil Value deletes; an empty one does not.
type Pair struct {
	Key, Value []byte
}

// A Batch is what one Commit makes durable, all in one transaction.
type Batch struct {
	Now     time.Time     // the Received of its events; never before that of an earlier batch
	Dedup   time.Duration // how long an identity is remembered; 0: not at all
	Appends []*Append
	Pairs   []Pair   // no key twice
	Floor   Position // nobody will ask for an event below it again, but a query; see Capabilities.Forgets
}

// State is what a store knows of itself.
type State struct {
	Log   string   // the log's own id, made once; a copy of the log has the same
	Tail  Position // the oldest event kept: Head+1 when there is none
	Head  Position // the newest event; 0: the log is empty
	Bytes int64    // space taken
}

// Capabilities is what a store promises beyond the contract's core. Package
// storetest chooses its tests by it.
type Capabilities struct {
	Durable bool // what Commit returned nil for survives the process and the machine
	Locking bool // a second opener gets ErrLocked
	Forgets bool // events below a Batch's Floor may be dropped, oldest first
}

// A Range names a stretch of the log: From ≤ position < To. A zero To means up to
// the head.
type Range struct {
	From, To Position
	Newest   bool // from the newest backwards
	Limit    int  // most entries; 0: no limit
	Bytes    int  // stop after the entry whose Data passes this many bytes together; 0: 1 MiB
}

// A Store keeps a log and a ledger.
//
// One goroutine calls Commit, one call at a time; every other method may be called
// from any goroutine at any time, also during a Commit, and sees either all of a
// batch or nothing of it. What a method returns belongs to the caller and stays as
// it is. No method calls back, and none keeps a transaction or a lock when it
// returns.
type Store interface {
	// Capabilities says what the store promises. It never changes.
	Capabilities() Capabilities

	// State describes the log as of the last successful Commit.
	State() State

	// Commit makes a batch durable. It decides each Append in turn, by Decide,
	// against everything committed and everything this batch has stored so far, and
	// sets its Results or Err; one refused does not hurt its neighbours. An Append
	// that would pass the store's limit gets ErrFull; Pairs are written even then,
	// from a reserve. A duplicate of an event in the same batch is answered as one,
	// since all of the batch becomes durable together. An Append that can't be decided
	// because what the log knows of it is damaged gets that *CorruptError.
	//
	// It returns nil when the batch is durable: written and synced. Any error is
	// about the whole batch, and no Append of it may be acknowledged; beside ErrClosed
	// and what is wrong with the batch itself (a Pair's key), which store nothing:
	//
	//	ErrFull            nothing was stored; the disk is full, and a later Commit may do
	//	ErrOutcomeUnknown  the batch may or may not be there; the store has stopped
	//	ErrStopped         nothing was stored, now or from now on; the error wraps why
	//
	// A stopped store still reads, up to the last batch it returned nil for, and must
	// be closed and opened again, which checks it, to go on. Commit reads nothing that
	// a failed batch left behind.
	Commit(b *Batch) error

	// Read appends the entries of a range to dst. When the range has more, the caller
	// asks again from where it ended. Positions below the tail are passed over. An
	// entry that fails its checksum ends the call with a *CorruptError that names the
	// damaged stretch; what was read before it is returned as well, and reading can
	// go on behind the stretch.
	Read(dst []Entry, r Range) ([]Entry, error)

	// Stream appends the positions of a stream's events within a range, in the range's
	// order; of the range, From, To, Newest and Limit count. It may report an event of
	// another stream now and then (hashes collide), never leaves one out. Events without
	// a subject are in no stream.
	Stream(dst []Position, source, subject string, r Range) ([]Position, error)

	// Seek returns the position of the first event received at t or later: Head+1
	// when there is none.
	Seek(t time.Time) (Position, error)

	// Scan appends the ledger's pairs with from ≤ key < to, in order, at most limit of
	// them (0: all). A nil to means no end.
	Scan(dst []Pair, from, to []byte, limit int) ([]Pair, error)

	// Close ends the store; it waits for calls under way and a second call does
	// nothing. Later calls return ErrClosed.
	Close() error
}
