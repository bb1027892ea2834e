package eventbridge

import (
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// How what lanes have to write gets into a commit.

// mark notes that a lane has something to write, within flushEvery.
func (w *writer) mark(r *runner) {
	if r.marked.Load() {
		return // it is in the list, and whoever takes it from there sees the change
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !r.marked.Load() {
		w.dirty = append(w.dirty, r)
		r.marked.Store(true)
		w.schedule(flushEvery)
	}
}

// schedule sees to it that the dirty lanes are flushed.
func (w *writer) schedule(wait time.Duration) {
	if !w.timer && w.stopped == nil {
		w.timer = true
		time.AfterFunc(wait, func() {
			w.mu.Lock()
			w.timer = false
			w.mu.Unlock()
			w.wake()
		})
	}
}

// takeDirty takes the lanes to be flushed.
func (w *writer) takeDirty() []*runner {
	w.mu.Lock()
	defer w.mu.Unlock()
	dirty := w.dirty
	w.dirty = nil
	for _, r := range dirty {
		r.marked.Store(false)
	}
	return dirty
}

// sealed is what a lane has given to be written down.
type sealed struct {
	r     *runner
	rule  ledger.Rule
	delta *lane.Delta
}

// seal takes what every lane has to write down, and where the dispatcher is, at one
// moment.
func (b *Bus) seal(batch *store.Batch) []sealed {
	b.dispatcher.mu.Lock() // before the list is taken: what is offered up to at is in it
	dirty := b.writer.takeDirty()
	at := b.dispatcher.at
	lanes := make([]sealed, 0, len(dirty))
	for _, r := range dirty {
		if delta := r.seal(at); delta != nil {
			lanes = append(lanes, sealed{r, r.remembered(), delta})
		}
	}
	floor := b.floor(at)
	b.dispatcher.mu.Unlock()
	for _, s := range lanes {
		batch.Pairs = ledger.AppendDelta(batch.Pairs, s.rule, b.epoch, s.delta)
	}
	batch.Pairs = append(batch.Pairs,
		store.Pair{Key: ledger.EpochKey(b.epoch), Value: ledger.Number(uint64(at))},
		store.Pair{Key: ledger.ClockKey, Value: ledger.Clock(batch.Now)})
	batch.Floor = floor
	return lanes
}
