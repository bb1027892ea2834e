// Package boltstore keeps the log and the ledger in one bbolt file.
//
// A Commit is one bbolt transaction: written and synced before it returns. The file
// may grow to Options.MaxBytes and is opened by one process at a time. It checks what
// it reads: events, and pairs of the ledger, carry checksums, and damage is named with
// its place instead of being handed out. Verify looks for all of it, Salvage gets the
// events out of a file whose tree is gone.
//
// What is in the file:
//
//	info    format → version and the log's id; head → the newest position
//	log     segment / first position → block; a large block has a bucket of its own
//	run     sealed parts of the index: first position, part, number → sorted hashes
//	ledger  key → CRC-32C, value
//
// A segment is what one run covers, so that both can go together.
package boltstore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

// Options say how a file is opened.
type Options struct {
	MaxBytes int64 // most bytes of the file; 64 GiB. Windows rounds it down to what it can map
	ReadOnly bool  // do not create, do not write; several may read one file

	sizes *sizes // of tests
}

const (
	lockWait   = 800 * time.Millisecond
	pageBytes  = 1 << 20 // what Read returns when the caller does not say
	minBytes   = 1 << 20 // the least MaxBytes
	filePage   = 4096
	maxAlloc   = 16 << 20 // how much the file grows at once
	maxReserve = 64 << 20 // for the ledger when events get ErrFull
)

// inlineLen is up to which size a block is a plain value among others. Measured by
// BenchmarkCommit: with 1024 the file of single events of 1 KiB is twice as large, with
// 4096 a fifth more is written for eight events of 256 bytes.
const inlineLen = 2048

var (
	infoBucket   = []byte("info")
	logBucket    = []byte("log")
	runBucket    = []byte("run")
	ledgerBucket = []byte("ledger")
	formatKey    = []byte("format")
	headKey      = []byte("head")
	blockKey     = []byte("b")
)

// A Store is a store.Store in a file.
type Store struct {
	path     string
	readOnly bool
	id       [16]byte
	limit    int64 // no Append may take the file's used bytes past it
	db       *bolt.DB
	file     *os.File
	pinned   bool                 // the mapping never moves, so a reader may stay through a commit
	commit   func(*bolt.Tx) error // (*bolt.Tx).Commit, but for tests

	life   sync.RWMutex // held for reading by every call, for writing by Close
	closed bool

	state   atomic.Pointer[store.State]
	acked   atomic.Int64 // the bbolt transaction of the last batch acknowledged
	stopped atomic.Pointer[stop]
	writing sync.Mutex // held while bbolt commits

	// Of the goroutine that commits.
	used  int64 // bytes of pages in use
	last  int64 // time of the newest block
	part  store.Position
	block []byte

	index   index
	jobs    sync.WaitGroup // making runs
	checked sync.Map       // first positions of segments whose tree was looked at
}

// A stop is why a store stopped, and what it still shows.
type stop struct {
	err error

	mu     sync.Mutex
	before *bolt.Tx // the state before the batch that failed; nil: the file shows it
}

var _ store.Store = (*Store)(nil)

// Open opens the log at path, and makes one when nothing is there.
//
// Beside the errors of the system, which name the path, it returns store.ErrLocked
// within a second, store.ErrForeign, store.ErrNewerFormat with the file untouched, and
// a *store.CorruptError for a file that can't be relied on: a meta page that is
// damaged, an end that is missing.
func Open(path string, o Options) (*Store, error) {
	for range 3 {
		s, err := open(path, o)
		if !errors.Is(err, os.ErrNotExist) || o.ReadOnly {
			return s, err
		}
		if err := create(path); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s: it vanishes as soon as it is made", path)
}

func open(path string, o Options) (*Store, error) {
	s := &Store{path: path, readOnly: o.ReadOnly, commit: (*bolt.Tx).Commit}
	s.index.sizes = defaultSizes
	if o.sizes != nil {
		s.index.sizes = *o.sizes
	}
	limits := s.limits(o.MaxBytes)
	flight := &preflight{path: path, readOnly: o.ReadOnly}
	err := guard(func() (err error) {
		s.db, err = s.openBolt(flight, limits.max)
		return err
	})
	if err != nil {
		flight.close()
		return nil, named(path, err)
	}
	s.db.AllocSize = limits.alloc
	s.id, s.file = flight.info.id, flight.file
	if err := guard(s.load); err != nil {
		guard(s.db.Close)
		return nil, named(path, err)
	}
	if !o.ReadOnly {
		removeLeftovers(path)
	}
	return s, nil
}

// openBolt opens the database. Where the address space does not suffice for all the
// file may become, it maps what there is, and bbolt maps more later.
func (s *Store) openBolt(flight *preflight, max int) (*bolt.DB, error) {
	bo := bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, PageSize: filePage,
		ReadOnly: s.readOnly, OpenFile: flight.open, MaxSize: max, InitialMmapSize: initialMap(max)}
	db, err := bolt.Open(s.path, 0o600, &bo)
	s.pinned = bo.InitialMmapSize > 0
	if isNoMemory(err) && s.pinned {
		flight.close()
		s.pinned, bo.InitialMmapSize = false, 0
		db, err = bolt.Open(s.path, 0o600, &bo)
	}
	return db, err
}

type limits struct{ max, alloc int }

// limits derives from the file's greatest size how it grows and where events stop.
// What is left of it then is for the ledger.
func (s *Store) limits(most int64) limits {
	if most <= 0 {
		most = 64 << 30
	}
	if strconv.IntSize == 32 {
		most = min(most, 1<<30)
	}
	most = largestMap(max(most, minBytes))
	alloc := min(maxAlloc, most/16)
	s.limit = most - alloc - min(maxReserve, most/16)
	return limits{max: int(most), alloc: int(alloc)}
}

// named adds the path to an error that does not have it.
func named(path string, err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Capabilities implements store.Store.
func (s *Store) Capabilities() store.Capabilities {
	return store.Capabilities{Durable: true, Locking: true}
}

// State implements store.Store.
func (s *Store) State() store.State { return *s.state.Load() }

func (s *Store) head() store.Position { return s.state.Load().Head }

// setState notes what the file holds now.
func (s *Store) setState(head store.Position) {
	s.state.Store(&store.State{Log: hex.EncodeToString(s.id[:]), Tail: 1, Head: head, Bytes: s.used})
}

// Close implements store.Store. After an error it also lets the system forget what it
// has cached of the file, so that opening it again checks what is on the disk.
func (s *Store) Close() error {
	s.life.Lock()
	first := !s.closed
	s.closed = true
	s.life.Unlock()
	if !first {
		return nil
	}
	s.jobs.Wait()
	if s.stopped.Load() != nil {
		return s.closeStopped()
	}
	return guard(s.db.Close)
}

// closeStopped closes the file after an error. A database that panicked in the middle
// of a commit holds a lock of its own and never closes: then the file alone is closed,
// which frees its lock, and the mapping is left.
func (s *Store) closeStopped() error {
	why := s.stopped.Load()
	why.mu.Lock()
	defer why.mu.Unlock()
	if why.before != nil {
		guard(why.before.Rollback)
	}
	dropCache(s.file)
	done := make(chan error, 1)
	go func() { done <- guard(s.db.Close) }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Second):
		return s.file.Close()
	}
}
