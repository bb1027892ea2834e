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
	queue   []queued // committed, to be matched; bounded, what does not fit is read from the log
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

// queued is an event in the queue, with its document if it was decoded already.
type queued struct {
	store.Entry
	doc *document.Document
}

// weight is about what it takes in memory: a decoded document is a multiple of its data.
func (q queued) weight() int {
	if q.doc != nil {
		return 10 * len(q.Data)
	}
	return len(q.Data)
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
func (d *dispatcher) push(events []queued) {
	d.queueMu.Lock()
	for _, q := range events {
		if d.bytes > queueBytes {
			break
		}
		d.queue = append(d.queue, q)
		d.bytes += q.weight()
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
			events, ok := d.next()
			if !ok {
				return
			}
			if len(events) == 0 {
				break
			}
			d.dispatch(events)
		}
	}
}

// next takes what is to be matched next: from the queue, or from the log where the
// queue had no room.
func (d *dispatcher) next() (events []*loaded, ok bool) {
	taken, ok := d.take()
	if !ok {
		return nil, false
	}
	if len(taken) == 0 && d.b.store.State().Head != d.at {
		return d.b.loadAll(d.b.readLog(d.at+1, 0, scanBytes)), true
	}
	for _, q := range taken {
		events = append(events, d.b.loadDecoded(q.Entry, q.doc))
	}
	return events, true
}

// take takes from the queue what comes next.
func (d *dispatcher) take() (taken []queued, ok bool) {
	d.queueMu.Lock()
	defer d.queueMu.Unlock()
	if d.ended {
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
		taken = append(taken, d.queue[:n]...)
		d.drop(n)
	}
	return taken, true
}

func (d *dispatcher) drop(n int) {
	for _, q := range d.queue[:n] {
		d.bytes -= q.weight()
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
func (d *dispatcher) dispatch(events []*loaded) {
	last := events[len(events)-1].entry.Position
	observed := d.b.census.observe(d.at+1, events)
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
	d.b.census.count(d.at+1, events, last, observed) // before anybody can have handled them
	for _, o := range all {
		o.r.offer(o.item)
	}
	d.at = last
	d.mu.Unlock()
	for i, o := range all {
		if i == 0 || all[i-1].r != o.r {
			o.r.kick()
		}
	}
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
	return b.loadDecoded(e, document.Of(flat)), nil
}

// loadDecoded loads what has been parsed already; if doc is nil, it has not.
func (b *Bus) loadDecoded(e store.Entry, doc *document.Document) *loaded {
	if doc == nil {
		ev, err := b.load(e)
		if err != nil {
			return &loaded{entry: e, damage: err}
		}
		return ev
	}
	ev := &loaded{entry: e, stored: doc}
	if ev.doc, ev.unread = b.upcasts.apply(doc); ev.unread != nil {
		ev.doc = doc
	}
	return ev
}

// loadAll loads entries that follow one another, damaged ones too.
func (b *Bus) loadAll(entries []store.Entry) []*loaded {
	events := make([]*loaded, len(entries))
	for i, e := range entries {
		events[i] = b.loadDecoded(e, nil)
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
