package torture_test

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/internal/fence"
	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
	"github.com/eventbridge-go/eventbridge/store/memstore"
)

// epoch is when the events of these tests happened.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A disk is a log that outlives the buses on it. Between two of its commits a bus can
// be ended as the end of its process would.
type disk struct {
	open func() store.Store // the log, as the last bus on it left it

	mu   sync.Mutex
	life *life
	ends func(*store.Batch) (stored bool, err error) // how a commit ends; nil: as it does
}

// faults has commits end otherwise than they would.
func (d *disk) faults(ends func(*store.Batch) (stored bool, err error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ends = ends
}

// onEveryDisk runs a test for a log in memory and for one in a file.
func onEveryDisk(t *testing.T, test func(t *testing.T, d *disk)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, memoryDisk()) })
	t.Run("file", func(t *testing.T) { test(t, fileDisk(t)) })
}

func memoryDisk() *disk {
	s := memstore.New(memstore.Options{})
	return &disk{open: func() store.Store { return lasting{s} }}
}

// lasting is a log in memory that a Close does not end, and that forgets nothing.
type lasting struct{ store.Store }

func (lasting) Close() error                     { return nil }
func (lasting) Capabilities() store.Capabilities { return store.Capabilities{Durable: true} }

func fileDisk(t *testing.T) *disk {
	path := filepath.Join(t.TempDir(), "events.db")
	return &disk{open: func() store.Store {
		s, err := boltstore.Open(path, boltstore.Options{MaxBytes: 8 << 30})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}}
}

// bus starts the next life of the log.
func (d *disk) bus(t *testing.T, opts ...eventbridge.Option) *eventbridge.Bus {
	t.Helper()
	l := &life{Store: d.open(), disk: d}
	d.mu.Lock()
	d.life = l
	d.mu.Unlock()
	b, err := eventbridge.New(append(opts, eventbridge.WithStore(l), eventbridge.WithLogger(quiet))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// crash ends the bus now. Nothing it does later is written, and none of its targets'
// answers count.
func (d *disk) crash() {
	d.mu.Lock()
	l := d.life
	d.mu.Unlock()
	l.end()
	l.crash()
}

// A life is the log as one bus has it.
type life struct {
	store.Store
	disk  *disk
	crash func()

	shown atomic.Pointer[store.State] // since a fault stopped it; nil: it runs

	mu    sync.RWMutex // held for reading by commits
	ended bool
}

var _ fence.Store = (*life)(nil)

func (l *life) OnCrash(crash func()) { l.crash = crash }

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

func (l *life) Commit(b *store.Batch) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.ended || l.shown.Load() != nil {
		return store.ErrStopped
	}
	l.disk.mu.Lock()
	ends := l.disk.ends
	l.disk.mu.Unlock()
	if ends == nil {
		return l.Store.Commit(b)
	}
	stored, fault := ends(b)
	if fault != nil && !errors.Is(fault, store.ErrFull) {
		before := l.Store.State()
		l.shown.Store(&before)
	}
	if stored {
		if err := l.Store.Commit(b); err != nil {
			return err
		}
	}
	return fault
}

// State is what was acknowledged.
func (l *life) State() store.State {
	if before := l.shown.Load(); before != nil {
		return *before
	}
	return l.Store.State()
}
