package eventbridge

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/store"
)

// The dispatcher matches each new event once against all rules that keep up, and
// offers it to the lanes of those that select it. A lane whose window is full falls
// behind: it reads the log for itself, and joins again when it has caught up.
type dispatcher struct {
	b    *Bus
	set  filter.Set[*runner]
	poke chan struct{} // capacity 1
	done chan struct{}

	queueMu sync.Mutex
	queue   []store.Entry // committed, to be matched; bounded, what does not fit is read from the log
	bytes   int
	ended   bool

	edits atomic.Uint64 // changes of the set

	// mu makes a moment of everything that happens at one position: offers, a lane's
	// joining, edits of the rules, and what is sealed. It is taken before a lane's.
	mu sync.Mutex
	at Position // every event up to here has been offered to the lanes that keep up
}

const (
	queueBytes  = 32 << 20 // what the dispatcher keeps in memory of what it is behind
	matchEvents = 256      // matched before they are offered together
	scanBytes   = 256 << 10
)

// loaded is an event of the log in memory, shared by the rules that select it.
type loaded struct {
	entry  store.Entry
	doc    *document.Document // upcast; as it is stored where that failed
	stored *document.Document // as it was published
	unread error              // why its upcast failed
	damage error              // why it can't be read; doc and stored are nil then
}

// unfit is an event that is a dead letter for a rule before any attempt.
type unfit struct {
	*loaded
	reason Reason
	err    error
}

func newDispatcher(b *Bus, at Position) *dispatcher {
	return &dispatcher{b: b, at: at, poke: make(chan struct{}, 1), done: make(chan struct{})}
}

// push hands over what was committed, in order.
func (d *dispatcher) push(entries []store.Entry) {
	d.queueMu.Lock()
	for _, e := range entries {
		if d.bytes > queueBytes {
			break
		}
		d.queue = append(d.queue, e)
		d.bytes += len(e.Data)
	}
	d.queueMu.Unlock()
	d.wake()
}

func (d *dispatcher) wake() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

func (d *dispatcher) end() {
	d.queueMu.Lock()
	d.ended = true
	d.queueMu.Unlock()
	d.wake()
	<-d.done
}

func (d *dispatcher) run() {
	defer close(d.done)
	for range d.poke {
		for {
			entries, ok := d.next()
			if !ok {
				return
			}
			if len(entries) == 0 {
				break
			}
			d.dispatch(entries)
		}
	}
}

// next takes what is to be matched next: from the queue, or from the log where the
// queue had no room.
func (d *dispatcher) next() (entries []store.Entry, ok bool) {
	d.queueMu.Lock()
	if d.ended {
		d.queueMu.Unlock()
		return nil, false
	}
	for len(d.queue) > 0 && d.queue[0].Position <= d.at {
		d.drop(1)
	}
	if len(d.queue) > 0 && d.queue[0].Position == d.at+1 {
		n := 1
		for n < min(len(d.queue), matchEvents) && d.queue[n].Position == d.queue[n-1].Position+1 {
			n++
		}
		entries = append(entries, d.queue[:n]...)
		d.drop(n)
		d.queueMu.Unlock()
		return entries, true
	}
	d.queueMu.Unlock()
	if d.b.store.State().Head == d.at {
		return nil, true
	}
	return d.b.readLog(d.at+1, 0, scanBytes), true
}

func (d *dispatcher) drop(n int) {
	for _, e := range d.queue[:n] {
		d.bytes -= len(e.Data)
	}
	clear(d.queue[:n])
	if d.queue = d.queue[n:]; len(d.queue) == 0 {
		d.queue = nil
	}
}

// owed is an event that a rule has selected.
type owed struct {
	r    *runner
	item lane.Item
}

// dispatch matches events and offers them. Rules may change while it matches, which
// runs the host's own filters: it does so without a lock, and again if they did.
func (d *dispatcher) dispatch(entries []store.Entry) {
	events := d.b.loadAll(entries)
	var all []owed
	for {
		edits := d.edits.Load()
		all = all[:0]
		for _, ev := range events {
			all = d.match(all, ev)
		}
		d.mu.Lock()
		if d.edits.Load() == edits {
			break
		}
		d.mu.Unlock()
	}
	for _, o := range all {
		o.r.offer(o.item)
	}
	from := d.at + 1
	d.at = entries[len(entries)-1].Position
	d.mu.Unlock()
	for i, o := range all {
		if i == 0 || all[i-1].r != o.r {
			o.r.kick()
		}
	}
	d.b.census.count(from, events, entries[len(entries)-1].Position)
	d.b.changed.broadcast()
}

// match appends what is owed of one event.
func (d *dispatcher) match(all []owed, ev *loaded) []owed {
	switch {
	case ev.damage != nil: // every rule is told
		d.b.rules.each(func(r *runner) {
			all = append(all, owed{r, damaged(ev.entry.Position, ev.damage)})
		})
		return all
	case ev.unread != nil:
		d.b.rules.each(func(r *runner) {
			if r.mightSelect(ev) {
				all = append(all, owed{r, r.item(ev)})
			}
		})
		return all
	}
	selected, err := d.set.MatchDocument(ev.doc, nil)
	for _, r := range selected {
		all = append(all, owed{r, r.item(ev)})
	}
	var failed *filter.SetError[*runner]
	if errors.As(err, &failed) {
		for r, err := range failed.Failed {
			it := r.item(ev)
			it.Body = &unfit{ev, ReasonFilter, err}
			all = append(all, owed{r, it})
		}
	}
	return all
}

// load makes of a record of the log what everyone sees.
func (b *Bus) load(e store.Entry) (*loaded, error) {
	if len(e.Data) == 0 {
		return nil, ErrCorrupt
	}
	flat, err := cloudevent.ParseRecord(e.Data)
	if err != nil {
		return nil, &CorruptError{From: e.Position, To: e.Position + 1, Place: "its record", Err: err}
	}
	ev := &loaded{entry: e, stored: document.Of(flat)}
	if ev.doc, ev.unread = b.upcasts.apply(ev.stored); ev.unread != nil {
		ev.doc = ev.stored
	}
	return ev, nil
}

// loadAll loads entries that follow one another, damaged ones too.
func (b *Bus) loadAll(entries []store.Entry) []*loaded {
	events := make([]*loaded, len(entries))
	for i, e := range entries {
		ev, err := b.load(e)
		if err != nil {
			ev = &loaded{entry: e, damage: err}
		}
		events[i] = ev
	}
	return events
}

// damaged is what a rule gets in the place of events that can't be read.
func damaged(p Position, err error) lane.Item {
	return lane.Item{Position: p, Key: lane.Alone | lane.Key(p), Body: &unfit{nil, ReasonCorrupt, err}}
}

// readLog reads a page of the log. Where the log is damaged, an entry without data
// stands for the whole stretch, at its last position.
func (b *Bus) readLog(from, to Position, bytes int) []store.Entry {
	entries, err := b.store.Read(nil, store.Range{From: from, To: to, Bytes: bytes})
	var corrupt *CorruptError
	switch {
	case err == nil:
	case errors.As(err, &corrupt) && corrupt.To > corrupt.From:
		last := corrupt.To - 1
		if to != 0 {
			last = min(last, to-1)
		}
		b.reportDamage(corrupt)
		entries = append(entries, store.Entry{Position: last})
	default:
		b.reportDamage(err)
	}
	return entries
}
