package eventbridge

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
)

// The census counts the events of the log by type and source, as they were published.
// The dispatcher shows it each event once, in order. The counts ride along with commits
// that are made anyway, beside the position they are true at; what lies behind that
// position is counted again after a crash, so they are exact.
type census struct {
	b      *Bus
	caught chan struct{} // closed when the census keeps up with the dispatcher

	mu      sync.Mutex
	at      Position // every event up to here is counted
	tallies map[origin]*tally
	byID    []*tally
	changed []*tally // since they were last written
	written Position // at, when that was
	stuck   error    // why what is behind can't be counted
	next    time.Time
}

// origin is what events are counted by.
type origin struct{ typ, source string }

type tally struct {
	ledger.Tally
	id      uint64
	changed bool
}

// counted is what a commit was to write of the census.
type counted struct {
	tallies []*tally
	found   []schema.Entry
}

const (
	// maxOrigins bounds how many are told apart. Events of others are counted by their
	// type alone, under the source "*", and of more types than that, under "*" and "*". So
	// are names that are longer than maxOrigin bytes.
	maxOrigins  = 10_000
	maxOrigin   = 1024
	censusEvery = time.Second
)

// newCensus reads what is kept.
func newCensus(b *Bus) (*census, error) {
	c := &census{b: b, caught: make(chan struct{}), tallies: map[origin]*tally{}}
	v, err := b.get(ledger.CountKey)
	if err != nil || v == nil {
		return c, err
	}
	from, to := ledger.Tallies()
	pairs, err := b.store.Scan(nil, from, to, 0)
	if err != nil {
		return nil, err
	}
	if err := c.restore(v, pairs); err != nil {
		b.cfg.logger.Warn("eventbridge: the counts of the event center are damaged; events are counted again", "error", err)
		return &census{b: b, caught: c.caught, tallies: map[origin]*tally{}}, nil
	}
	return c, nil
}

func (c *census) restore(v []byte, pairs []store.Pair) error {
	at, err := ledger.ParseNumber(v)
	if err != nil {
		return err
	}
	if head := c.b.store.State().Head; Position(at) > head {
		return fmt.Errorf("%w: counts up to %d of a log that ends at %d", ledger.ErrDamaged, at, head)
	}
	for _, p := range pairs {
		t, err := ledger.ParseTally(p.Value)
		if err != nil {
			return err
		}
		c.add(origin{t.Type, t.Source}).Tally = t
	}
	c.at, c.written = Position(at), Position(at)
	return nil
}

// add makes a tally. Their ids are in the order they came in, as they are in the ledger.
func (c *census) add(o origin) *tally {
	o = origin{strings.Clone(o.typ), strings.Clone(o.source)} // they are parts of an event
	t := &tally{id: uint64(len(c.byID)), Tally: ledger.Tally{Type: o.typ, Source: o.source}}
	c.tallies[o], c.byID = t, append(c.byID, t)
	return t
}

// observe finds out what is in events, which takes a look at their data: with no lock
// held. It says no where they are not the next to be counted; nobody else counts those
// that are.
func (c *census) observe(from Position, events []*loaded) bool {
	c.mu.Lock()
	next := c.at+1 == from
	c.mu.Unlock()
	if next && c.b.cfg.schemas != nil {
		for _, ev := range events {
			if ev.damage == nil {
				c.b.discovery.Observe(ev.stored)
			}
		}
	}
	return next
}

// count counts events that follow one another from a position on. Those that are not
// the next are left to catchUp: the dispatcher's lock is held, so it sees that they are.
func (c *census) count(from Position, events []*loaded, to Position, observed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at+1 != from {
		return
	}
	for _, ev := range events {
		if ev.damage != nil {
			continue
		}
		if !observed && c.b.cfg.schemas != nil { // catchUp has come this far only just now
			c.b.discovery.Observe(ev.stored)
		}
		t := c.of(origin{ev.stored.Event.Type, ev.stored.Event.Source})
		if t.Events++; t.Events == 1 {
			t.First = ev.entry.Received
		}
		t.Last, t.At = ev.entry.Received, ev.entry.Position
		if !t.changed {
			t.changed = true
			c.changed = append(c.changed, t)
		}
	}
	c.at = to
}

// of finds the tally of an origin, within bounds.
func (c *census) of(o origin) *tally {
	if len(o.typ) > maxOrigin {
		o = origin{"*", "*"}
	} else if len(o.source) > maxOrigin {
		o.source = "*"
	}
	for _, o := range []origin{o, {o.typ, "*"}} {
		if t := c.tallies[o]; t != nil {
			return t
		}
		if len(c.byID) < maxOrigins || o.source == "*" && len(c.byID) < 2*maxOrigins {
			return c.add(o)
		}
	}
	if t := c.tallies[origin{"*", "*"}]; t != nil {
		return t
	}
	return c.add(origin{"*", "*"})
}

// catchUp counts what an earlier life has not, beside the dispatcher.
func (c *census) catchUp() {
	defer close(c.caught)
	d := c.b.dispatcher
	for !c.b.closed.Load() {
		d.mu.Lock()
		c.mu.Lock()
		from, to := c.at+1, d.at
		c.mu.Unlock()
		d.mu.Unlock()
		if from > to {
			return
		}
		entries := c.b.readLog(from, to+1, scanBytes)
		if len(entries) == 0 {
			tail := c.b.store.State().Tail
			if tail <= from { // which is reported
				c.mu.Lock()
				c.stuck = fmt.Errorf("the event center: the log can't be read at %d", from)
				c.mu.Unlock()
				return
			}
			to = min(tail-1, to) // a store in memory has forgotten what is before
		} else {
			to = entries[len(entries)-1].Position
		}
		events := c.b.loadAll(entries)
		c.count(from, events, to, c.observe(from, events))
	}
}

// reaches waits until every event up to a position is counted.
func (c *census) reaches(ctx context.Context, head Position) error {
	select {
	case <-c.caught:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		changed := c.b.changed.wait()
		c.mu.Lock()
		at, stuck := c.at, c.stuck
		c.mu.Unlock()
		switch {
		case at >= head:
			return nil
		case stuck != nil:
			return stuck
		case c.b.closed.Load():
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// snapshot is what is counted now.
func (c *census) snapshot() (at Position, all []tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.byID {
		all = append(all, *t)
	}
	return c.at, all
}

// ride has what has changed written by a commit that is made anyway, every so often.
func (c *census) ride(batch *store.Batch) (wrote counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == c.written || batch.Now.Before(c.next) {
		return counted{}
	}
	pairs, wrote := c.pairs(c.b.discovery.Changed())
	batch.Pairs = append(batch.Pairs, pairs...)
	c.next = batch.Now.Add(censusEvery)
	return wrote
}

// end writes what has changed, with the last commit of the bus's life.
func (c *census) end() {
	c.mu.Lock()
	var pairs []store.Pair
	if c.at != c.written {
		pairs, _ = c.pairs(c.b.discovery.Unsaved())
	}
	c.mu.Unlock()
	if pairs != nil { // if it fails, the next life counts again
		c.b.commit(context.Background(), false, pairs...)
	}
}

// pairs is what has changed, with what was found out.
func (c *census) pairs(found []schema.Entry) (pairs []store.Pair, wrote counted) {
	wrote = counted{c.changed, found}
	for _, t := range wrote.tallies {
		t.changed = false
		pairs = append(pairs, store.Pair{Key: ledger.TallyKey(t.id), Value: t.Append(nil)})
	}
	for _, e := range wrote.found {
		pairs = append(pairs, entryPair(ledger.Discovered, e))
	}
	c.changed, c.written = nil, c.at
	return append(pairs, store.Pair{Key: ledger.CountKey, Value: ledger.Number(uint64(c.at))}), wrote
}

// again has what a failed commit was to write written by a later one.
func (c *census) again(wrote counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.b.discovery.Again(wrote.found)
	for _, t := range wrote.tallies {
		if !t.changed {
			t.changed = true
			c.changed = append(c.changed, t)
		}
	}
	c.written = 0
}
