package eventbridge

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// rekey changes a rule's order. Everything unfinished becomes rows; these are copied,
// under their new keys, to a new generation, and one commit flips the rule over to it.
// What is under way goes on: its new key stays busy until it ends.
func (r *runner) rekey(rule Rule) error {
	if err := r.freeze(); err != nil {
		return r.thaw(fmt.Errorf("rule %q: %w", rule.Name, err))
	}
	b := r.b
	qid := b.rules.nextID
	err := b.commit(context.Background(), false, store.Pair{Key: ledger.NextIDKey, Value: ledger.Number(qid + 1)})
	if err != nil {
		return r.thaw(err)
	}
	b.rules.nextID = qid + 1
	c := &rekeyer{r: r, order: rule.Order, from: r.remember.Queue, to: qid, flying: map[Position]lane.Row{}}
	if err := c.copy(); err != nil {
		return r.thaw(fmt.Errorf("rule %q: new order: %w", rule.Name, err))
	}
	old := r.remember
	if err := r.flip(rule, c); err != nil {
		return r.thaw(fmt.Errorf("rule %q: new order: %w", rule.Name, err))
	}
	_, err = b.collect(context.Background(), 0, old.Queue)
	return err
}

// freeze turns all that the lane has into rows, durably, and keeps it from changing.
// Outcomes of attempts under way wait.
func (r *runner) freeze() error {
	d := r.b.dispatcher
	d.mu.Lock()
	r.mu.Lock()
	r.halted = true
	r.m.SpillAll(r.b.clock.now())
	d.edits.Add(1)
	r.mu.Unlock()
	r.b.writer.mark(r) // before the dispatcher goes on
	d.mu.Unlock()
	for {
		if err := r.b.commit(context.Background(), true); err != nil {
			return err
		}
		r.mu.Lock()
		if r.m.Settled() {
			r.rekeying = true
			r.mu.Unlock()
			return nil
		}
		r.mu.Unlock()
		r.b.writer.mark(r)
	}
}

// thaw lets the lane go on, with what it was or with what it has become.
func (r *runner) thaw(err error) error {
	r.mu.Lock()
	r.rekeying, r.halted = false, r.b.halted.Load()
	for _, f := range r.deferred {
		f()
	}
	r.deferred = nil
	r.mu.Unlock()
	r.b.writer.mark(r)
	r.kick()
	return err
}

// flip makes the new generation the rule's.
func (r *runner) flip(rule Rule, c *rekeyer) error {
	r.mu.Lock()
	counts := r.m.Counts()
	remember := r.remember
	remember.Queue, remember.Order = c.to, rule.Order.String()
	rec := lane.Recovered{N: r.m.Frontier(), Rows: c.rows, Retrying: c.retrying, Dead: counts.Dead, InFlight: map[Position]lane.Row{}}
	for _, p := range r.m.InFlight() {
		rec.InFlight[p] = c.flying[p]
	}
	r.mu.Unlock()
	place := ledger.Place{Record: lane.Record{N: rec.N, Rows: rec.Rows, Retrying: rec.Retrying, Dead: rec.Dead}}
	err := r.b.commit(context.Background(), false,
		store.Pair{Key: ledger.RuleKey(rule.Name), Value: remember.Append(nil)},
		store.Pair{Key: ledger.LaneKey(remember.ID), Value: place.Append(nil)})
	if err != nil {
		return err
	}
	d := r.b.dispatcher
	d.mu.Lock()
	r.mu.Lock()
	r.m = lane.New(laneConfig(rule), rec)
	r.m.SetPaused(remember.Paused)
	r.remember, r.rule = remember, &rule
	d.set.Put(r, rule.selection())
	d.edits.Add(1)
	r.mu.Unlock()
	d.mu.Unlock()
	return r.thaw(nil)
}

// A rekeyer copies the rows of one generation to another under new keys.
type rekeyer struct {
	r              *runner
	order          Order
	from, to       uint64
	rows, retrying int
	flying         map[Position]lane.Row // what is under way, under its new key
}

const rekeyStep = 256

func (c *rekeyer) copy() error {
	c.r.mu.Lock()
	for _, p := range c.r.m.InFlight() {
		c.flying[p] = lane.Row{Key: lane.Alone | lane.Key(p)}
	}
	c.r.mu.Unlock()
	for next := Position(0); ; {
		from, to := ledger.Rows(c.from, next)
		pairs, err := c.r.b.store.Scan(nil, from, to, rekeyStep)
		if err != nil || len(pairs) == 0 {
			return err
		}
		var out []store.Pair
		begun := map[lane.Key]bool{} // keys that have a row in the new generation, by now
		for _, pair := range pairs {
			_, p, err := ledger.ParsePlace(pair.Key)
			if err != nil {
				return err
			}
			if out, err = c.move(out, begun, p, pair.Value); err != nil {
				return err
			}
			next = p + 1
		}
		if err := c.r.b.commit(context.Background(), false, out...); err != nil {
			return err
		}
	}
}

// move copies one row.
func (c *rekeyer) move(out []store.Pair, begun map[lane.Key]bool, p Position, v []byte) ([]store.Pair, error) {
	old, err := ledger.ParseRowKey(v)
	if err != nil {
		return nil, err
	}
	value, err := c.r.b.get(ledger.QueueKey(c.from, old, p))
	if err != nil {
		return nil, err
	}
	row, err := ledger.ParseRow(old, value)
	if err != nil {
		return nil, err
	}
	key := lane.Alone | lane.Key(p)
	if body, err := c.r.body(lane.Item{Position: p}, row); err == nil {
		key = c.order.key(body.(*loaded).doc, p)
	}
	row.Key = key
	if _, ok := c.flying[p]; ok {
		c.flying[p] = row
	}
	first, err := c.first(begun, key)
	if err != nil {
		return nil, err
	}
	if c.rows++; row.State == lane.Retrying {
		c.retrying++
	}
	out = append(out,
		store.Pair{Key: ledger.QueueKey(c.to, key, p), Value: ledger.AppendRow(nil, row)},
		store.Pair{Key: ledger.RowKey(c.to, p), Value: binary.BigEndian.AppendUint64(nil, uint64(key))})
	if first && row.State != lane.Parked {
		at := row.Next
		if at.IsZero() {
			at = c.r.b.clock.now()
		}
		out = append(out, store.Pair{Key: ledger.DueKey(c.to, lane.Due{At: at, Key: key}), Value: []byte{}})
	}
	return out, nil
}

// first says whether a key has no row yet in the new generation.
func (c *rekeyer) first(begun map[lane.Key]bool, key lane.Key) (bool, error) {
	if begun[key] {
		return false, nil
	}
	begun[key] = true
	from, to := ledger.Queue(c.to, key)
	pairs, err := c.r.b.store.Scan(nil, from, to, 1)
	return len(pairs) == 0, err
}
