package eventbridge

import (
	"fmt"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// What a lane reads: rows of the ledger, the log when it is behind, the event of a row.

// read answers what the lane asks of the ledger.
func (r *runner) read(a lane.Action) error {
	qid := r.remembered().Queue
	switch a.Kind {
	case lane.Lookup:
		held := make([]bool, len(a.Keys))
		for i, key := range a.Keys {
			from, to := ledger.Queue(qid, key)
			pairs, err := r.b.store.Scan(nil, from, to, 1)
			if err != nil {
				return err
			}
			held[i] = len(pairs) > 0
		}
		r.tell(a, func(time.Time) { r.m.Answer(a.Stamp, a.Keys, held) })
	case lane.ReadDue:
		from, to := ledger.Dues(qid, a.From)
		pairs, err := r.b.store.Scan(nil, from, to, a.Limit)
		if err != nil {
			return err
		}
		dues := make([]lane.Due, len(pairs))
		for i, p := range pairs {
			if dues[i], err = ledger.ParseDue(p.Key); err != nil {
				return err
			}
		}
		r.tell(a, func(now time.Time) { r.m.DueRead(a.Stamp, dues, len(dues) < a.Limit, now) })
	case lane.ReadPages:
		pages := make([]lane.Page, len(a.Keys))
		for i, key := range a.Keys {
			var err error
			if pages[i], err = r.page(qid, key, a.Limit); err != nil {
				return err
			}
		}
		r.tell(a, func(now time.Time) { r.m.PagesRead(a.Stamp, pages, now) })
	}
	return nil
}

// tell gives an answer to the lane that asked; a change of order may have put another in
// its place.
func (r *runner) tell(a lane.Action, answer func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Of(r.m) {
		answer(r.b.clock.now())
	}
}

func (r *runner) page(qid uint64, key lane.Key, limit int) (lane.Page, error) {
	from, to := ledger.Queue(qid, key)
	pairs, err := r.b.store.Scan(nil, from, to, limit)
	if err != nil {
		return lane.Page{}, err
	}
	page := lane.Page{Key: key, Filled: len(pairs) >= limit}
	for _, p := range pairs {
		_, pos, err := ledger.ParseQueue(p.Key)
		if err != nil {
			return lane.Page{}, err
		}
		row, err := ledger.ParseRow(key, p.Value)
		if err != nil {
			return lane.Page{}, err
		}
		page.Items = append(page.Items, lane.Item{Position: pos, Key: key})
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

// rest keeps a lane that can't read from asking again at once.
func (r *runner) rest() {
	r.resting = true
	time.AfterFunc(time.Second, func() {
		r.mu.Lock()
		r.resting = false
		r.mu.Unlock()
		r.kick()
	})
}

// scan reads on in the log for a lane that is behind, and joins it to the dispatcher
// when it has caught up.
func (r *runner) scan(a lane.Action) {
	r.mu.Lock()
	from, rule, edits := r.m.Frontier(), r.rule, r.b.dispatcher.edits.Load()
	r.mu.Unlock()
	d := r.b.dispatcher
	d.mu.Lock()
	at := d.at
	d.mu.Unlock()
	var entries []store.Entry
	var items []lane.Item
	if from <= at {
		entries = r.b.readLog(from, at+1, scanBytes)
		items = r.match(rule, entries)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !a.Of(r.m) {
		return
	}
	defer r.m.Scanned()
	if r.halted {
		return // a change of order has taken the lane's place in the log already
	}
	if r.m.Frontier() != from || d.edits.Load() != edits {
		return // the rule was edited: what was matched is void
	}
	for _, it := range items {
		if r.m.Room() <= 0 {
			r.m.Advance(it.Position)
			return
		}
		r.m.Offer(it)
	}
	if len(entries) > 0 {
		r.m.Advance(entries[len(entries)-1].Position + 1)
	} else if from <= at {
		if tail := r.b.store.State().Tail; tail > from {
			r.m.Advance(tail) // a store in memory has forgotten what is before
		} else {
			r.rest()
			return
		}
	}
	if r.m.Frontier() > d.at {
		r.m.SetLive(true)
	}
}

// match is one rule's part of what the dispatcher does for all.
func (r *runner) match(rule *Rule, entries []store.Entry) []lane.Item {
	var items []lane.Item
	selection := rule.selection()
	for _, ev := range r.b.loadAll(entries) {
		if ev.damage != nil {
			items = append(items, damaged(ev.entry.Position, ev.damage))
			continue
		}
		if ev.unread != nil {
			if r.mightSelect(ev) {
				items = append(items, r.item(ev))
			}
			continue
		}
		selected, err := selection.MatchDocument(ev.doc)
		if !selected && err == nil {
			continue
		}
		it := lane.Item{Position: ev.entry.Position, Key: rule.Order.key(ev.doc, ev.entry.Position), Size: len(ev.entry.Data), Body: ev}
		if err != nil {
			it.Body = &unfit{ev, ReasonFilter, err}
		}
		items = append(items, it)
	}
	return items
}

// body finds the event of an item that came from a row.
func (r *runner) body(it lane.Item, row lane.Row) (any, error) {
	if it.Body != nil {
		return it.Body, nil
	}
	if row.Kept {
		if e, err := r.b.kept(r.remembered().ID, it.Position); err == nil {
			return r.b.load(e)
		}
	}
	entries, err := r.b.store.Read(nil, store.Range{From: it.Position, To: it.Position + 1})
	if err == nil && len(entries) == 0 {
		err = fmt.Errorf("%w: event %d is gone from the log", ErrCorrupt, it.Position)
	}
	if err != nil {
		return nil, err
	}
	return r.b.load(entries[0])
}

// kept reads the copy of an event that was redriven.
func (b *Bus) kept(rid uint64, p Position) (store.Entry, error) {
	from := ledger.KeptKey(rid, p)
	pairs, err := b.store.Scan(nil, from, append(from[:len(from):len(from)], 0), 1)
	if err != nil {
		return store.Entry{}, err
	}
	if len(pairs) == 0 {
		return store.Entry{}, ErrNotFound
	}
	e, err := ledger.ParseEvent(pairs[0].Value)
	return store.Entry{Position: p, Received: e.Received, Root: e.Root, Data: e.Data}, err
}

// leastRow is the position of the rule's oldest row in the ledger.
func (r *runner) leastRow() (Position, bool, error) {
	from, to := ledger.Rows(r.remembered().Queue, 0)
	pairs, err := r.b.store.Scan(nil, from, to, 1)
	if err != nil || len(pairs) == 0 {
		return 0, false, err
	}
	_, p, err := ledger.ParsePlace(pairs[0].Key)
	return p, err == nil, err
}
