package eventbridge

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/store"
)

// The writer is the one goroutine that commits. It gathers what publishers and rules
// have to write while the last commit is under way, so that many share one sync; what
// lanes have to write rides along, every flushEvery at most, and makes a commit of its
// own only when nobody publishes.
type writer struct {
	b    *Bus
	poke chan struct{} // capacity 1: there is something to do
	done chan struct{} // closed when the writer has ended

	mu      sync.Mutex
	queue   []*request
	bytes   int
	space   chan struct{} // closed when the queue was taken
	ending  bool          // commit what there is and end
	stopped error         // after an I/O error: nothing is accepted any more

	dirty     []*runner // lanes with something to write
	lastFlush time.Time
	lastFloor time.Time // when it was last looked at what may be forgotten
	timer     bool      // a poke is on its way for the dirty lanes
	full      bool      // the last commit found the disk full
	tight     bool      // the last events were refused for want of room

	last int // publishers in the last batch
}

const (
	flushEvery   = 10 * time.Millisecond
	fullRetry    = time.Second
	batchEvents  = 8192
	batchBytes   = 8 << 20
	lingerYields = 100 // how often the writer lets others run while it waits for a batch to fill
	lingerQuiet  = 20  // after so many looks at which nobody came, it waits no longer
)

// A request is a publisher's events, or pairs of the ledger.
type request struct {
	append *store.Append
	docs   []*document.Document // of its events, where they were decoded already
	pairs  []store.Pair
	flush  bool // with what the lanes have to write
	size   int
	taken  bool
	err    error
	done   chan struct{} // capacity 1
}

// doc is the document of one of its events, if there is one.
func (r *request) doc(i int) *document.Document {
	if r.docs == nil {
		return nil
	}
	return r.docs[i]
}

func newWriter(b *Bus) *writer {
	return &writer{b: b, poke: make(chan struct{}, 1), done: make(chan struct{}), space: make(chan struct{})}
}

// commit hands a request to the writer and waits for its end. ctx counts until the
// writer takes the request.
func (w *writer) commit(ctx context.Context, r *request) error {
	if err := w.enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	if w.withdraw(r) {
		return ctx.Err()
	}
	<-r.done
	return r.err
}

func (w *writer) enqueue(ctx context.Context, r *request) error {
	r.done = make(chan struct{}, 1)
	for {
		w.mu.Lock()
		if err := w.refuses(); err != nil {
			w.mu.Unlock()
			return err
		}
		if len(w.queue) == 0 || len(w.queue) < batchEvents && w.bytes+r.size <= batchBytes {
			first := len(w.queue) == 0
			w.queue, w.bytes = append(w.queue, r), w.bytes+r.size
			w.mu.Unlock()
			if first {
				w.wake()
			}
			return nil
		}
		space := w.space
		w.mu.Unlock()
		select {
		case <-space:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refuses says why nothing is accepted any more.
func (w *writer) refuses() error {
	switch {
	case w.stopped != nil:
		return w.stopped
	case w.ending:
		return ErrClosed
	}
	return nil
}

// withdraw takes a request back that the writer has not taken.
func (w *writer) withdraw(r *request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.taken {
		return false
	}
	for i, q := range w.queue {
		if q == r {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			w.bytes -= r.size
			return true
		}
	}
	return false
}

func (w *writer) wake() {
	select {
	case w.poke <- struct{}{}:
	default:
	}
}

// end has the writer commit what there is, and waits until it has ended.
func (w *writer) end() {
	w.mu.Lock()
	w.ending = true
	w.mu.Unlock()
	w.wake()
	<-w.done
}

func (w *writer) run() {
	defer close(w.done)
	for range w.poke {
		for w.round() {
		}
		w.mu.Lock()
		over := w.ending && len(w.queue) == 0
		w.mu.Unlock()
		if over {
			return
		}
	}
}

// round commits once, and says whether there was anything.
func (w *writer) round() bool {
	if w.b.store.Capabilities().Durable {
		w.linger()
	}
	requests, flush := w.take()
	if len(requests) == 0 && !flush {
		return false
	}
	batch := &store.Batch{Now: w.b.clock.now(), Dedup: w.b.cfg.dedup}
	for _, r := range requests {
		if r.append != nil {
			batch.Appends = append(batch.Appends, r.append)
		}
		batch.Pairs = append(batch.Pairs, r.pairs...)
	}
	var lanes []sealed
	if flush {
		lanes = w.b.seal(batch)
	} else if w.tight {
		d := w.b.dispatcher
		d.mu.Lock()
		batch.Floor = w.b.floor(d.at)
		d.mu.Unlock()
	}
	counted := w.b.census.ride(batch)
	err := w.b.store.Commit(batch)
	if err == nil {
		w.stored(batch, requests)
	} else {
		w.b.census.again(counted)
		w.failed(err)
	}
	for _, r := range requests {
		if r.err = err; err == nil && r.append != nil {
			r.err = r.append.Err
		}
		r.done <- struct{}{}
	}
	for _, s := range lanes {
		s.r.committed(err == nil)
	}
	if err == nil {
		w.b.changed.broadcast()
	}
	return true
}

// linger waits for the publishers that the last commit has let go: they come back
// within microseconds, and would make small batches of what can be a large one.
func (w *writer) linger() {
	if w.last <= 1 {
		return
	}
	before, quiet := 0, 0
	for range lingerYields {
		w.mu.Lock()
		n := len(w.queue)
		w.mu.Unlock()
		if n >= w.last {
			return
		}
		if n > before {
			before, quiet = n, 0
		} else if quiet++; quiet >= lingerQuiet {
			return
		}
		runtime.Gosched()
	}
}

// take takes the queue, and says whether the lanes are to be flushed with it.
func (w *writer) take() (requests []*request, flush bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	requests, w.queue, w.bytes = w.queue, nil, 0
	wanted := false
	for _, r := range requests {
		r.taken = true
		wanted = wanted || r.flush
	}
	close(w.space)
	w.space = make(chan struct{})
	if w.last = len(requests); w.stopped != nil {
		return requests, false
	}
	wait := flushEvery
	if w.full {
		wait = fullRetry
	}
	since := time.Since(w.lastFlush)
	if len(w.dirty) > 0 && (w.ending && !w.full || wanted || since >= wait) {
		w.lastFlush = time.Now()
		return requests, true
	}
	if len(w.dirty) > 0 {
		w.schedule(wait - since)
	}
	return requests, false
}

// stored passes on what is durable now.
func (w *writer) stored(batch *store.Batch, requests []*request) {
	w.mu.Lock()
	w.full = false
	w.mu.Unlock()
	var entries []store.Entry
	var events []queued
	tight := w.tight
	for _, r := range requests {
		a := r.append
		if a == nil {
			continue
		}
		tight = errors.Is(a.Err, ErrFull)
		if a.Err != nil {
			continue
		}
		for i, e := range a.Events {
			if at := a.Results[i]; !at.Duplicate {
				root := e.Root
				if root == 0 {
					root = at.Position
				}
				entry := store.Entry{Position: at.Position, Received: batch.Now, Root: root, Content: e.Content, Data: e.Data}
				entries, events = append(entries, entry), append(events, queued{entry, r.doc(i)})
			}
		}
	}
	w.tighten(tight)
	if len(entries) > 0 {
		w.b.waiters.appended(entries)
		w.b.dispatcher.push(events)
	}
}

// tighten tells the lanes whether the store has room for rows.
func (w *writer) tighten(tight bool) {
	if tight == w.tight {
		return
	}
	w.tight = tight
	w.b.rules.each(func(r *runner) {
		r.mu.Lock()
		r.m.SetTight(tight)
		r.mu.Unlock()
		r.kick()
	})
}

// failed decides whether the log goes on after a failed commit.
func (w *writer) failed(err error) {
	if errors.Is(err, ErrFull) {
		w.mu.Lock()
		first := !w.full
		w.full = true
		w.mu.Unlock()
		if first {
			w.b.cfg.logger.Warn("eventbridge: the log is full; nothing is accepted until there is room", "error", err)
		}
		w.tighten(true)
		return
	}
	w.mu.Lock()
	first := w.stopped == nil
	if first {
		w.stopped = err
		if !errors.Is(err, ErrStopped) {
			w.stopped = stoppedBy{err}
		}
	}
	w.mu.Unlock()
	if first {
		w.b.stop(err)
	}
}

// stoppedBy is ErrStopped for those who come after the failure, with its cause.
type stoppedBy struct{ cause error }

func (e stoppedBy) Error() string   { return ErrStopped.Error() + ": " + e.cause.Error() }
func (e stoppedBy) Is(t error) bool { return t == ErrStopped }
