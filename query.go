package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/store"
)

// A Query selects events of the log. The zero Query selects all; every field that is
// set narrows it.
type Query struct {
	From, To     Position  // To exclusive
	Since, Until time.Time // when the bus accepted it; Until exclusive
	Types        []string  // any of them: "order.placed" or "order.*"
	Source       string    // exactly
	Subject      string    // exactly; with Source, events are found without reading others
	Filter       filter.Filter
	Newest       bool // newest first
	Limit        int  // at most so many; 0: no limit
	Follow       bool // at the end, wait for more; not with Newest
}

// Events reads the log, oldest first unless the query says otherwise. Break out of the
// loop at any time, and call any method of the bus within it.
//
//	for rec, err := range bus.Events(ctx, eventbridge.Query{Types: []string{"order.*"}}) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// Without Follow it ends at the event that was newest when it began. An error ends it,
// except for damage of the log: that gives a *CorruptError with the stretch that can't
// be read, and the loop may go on behind it.
func (b *Bus) Events(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		err := b.query(ctx, q, func(ev *loaded, err error) bool {
			if err != nil {
				return yield(Record{}, err)
			}
			return yield(ev.record(), nil)
		})
		if err != nil {
			yield(Record{}, err)
		}
	}
}

func (ev *loaded) record() Record {
	return Record{Position: ev.entry.Position, Received: ev.entry.Received, Event: ev.doc.Event.SDK()}
}

func (q Query) check() error {
	switch {
	case q.Follow && q.Newest:
		return errors.New("query: Follow goes forward, Newest backward")
	case q.Limit < 0:
		return fmt.Errorf("query: Limit: %d is negative", q.Limit)
	}
	return nil
}

// errBreak ends a query whose caller has had enough.
var errBreak = errors.New("enough")

// query calls each for the events q selects, until it returns false.
func (b *Bus) query(ctx context.Context, q Query, each func(*loaded, error) bool) error {
	if err := q.check(); err != nil {
		return err
	}
	p := pager{b: b, q: q, each: each, selects: q.selection()}
	for {
		changed := b.changed.wait()
		if b.fenced.Load() {
			return ErrClosed
		}
		if err := p.stretch(); err != nil {
			return err
		}
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if more, err = p.page(); errors.Is(err, errBreak) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if !q.Follow || p.bounded {
			return nil
		}
		p.from = p.to
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// selection is what of a query the log has no order for.
func (q Query) selection() filter.Filter {
	var fs []filter.Filter
	if len(q.Types) > 0 {
		fs = append(fs, filter.Type(q.Types...))
	}
	if !q.Filter.IsZero() {
		fs = append(fs, q.Filter)
	}
	return filter.And(fs...)
}

// A pager reads what a query selects page by page. No transaction is open and no lock
// is held while its caller looks at an event.
type pager struct {
	b       *Bus
	q       Query
	each    func(*loaded, error) bool
	selects filter.Filter

	from, to Position // what is left of the stretch
	bounded  bool     // the log has reached what the query ends at
	n        int
}

// stretch says what part of the log is to be read: from where the pager is to the
// head, within the query's bounds.
func (p *pager) stretch() error {
	state := p.b.store.State()
	from, to := max(p.q.From, p.from, state.Tail), state.Head+1
	if !p.q.Since.IsZero() {
		since, err := p.b.store.Seek(p.q.Since)
		if err != nil {
			return err
		}
		from = max(from, since)
	}
	if !p.q.Until.IsZero() {
		until, err := p.b.store.Seek(p.q.Until)
		if err != nil {
			return err
		}
		if until < to {
			to, p.bounded = until, true
		} else if !p.b.clock.now().Before(p.q.Until) {
			p.bounded = true
		}
	}
	if p.q.To != 0 && p.q.To <= to {
		to, p.bounded = p.q.To, true
	}
	p.from, p.to = from, max(from, to)
	return nil
}

const queryBytes = 256 << 10

// page reads on, and says whether there may be more.
func (p *pager) page() (more bool, err error) {
	if p.from >= p.to {
		return false, nil
	}
	r := store.Range{From: p.from, To: p.to, Newest: p.q.Newest, Bytes: queryBytes}
	if p.q.Source != "" && p.q.Subject != "" {
		return p.stream(r)
	}
	entries, err := p.b.store.Read(nil, r)
	for _, e := range entries {
		p.pass(e.Position)
		if err := p.show(e); err != nil {
			return false, err
		}
	}
	var corrupt *CorruptError
	if errors.As(err, &corrupt) && corrupt.To > corrupt.From {
		return true, p.damage(corrupt)
	}
	return err == nil && len(entries) > 0, err
}

// pass moves the stretch beyond a position.
func (p *pager) pass(at Position) {
	if p.q.Newest {
		p.to = at
	} else {
		p.from = at + 1
	}
}

// damage tells the caller of a stretch that can't be read, and goes on behind it.
func (p *pager) damage(c *CorruptError) error {
	if p.q.Newest {
		p.to = min(p.to, c.From)
	} else {
		p.from = max(p.from, c.To)
	}
	if !p.each(nil, c) {
		return errBreak
	}
	return nil
}

// stream reads by the index of one source and subject.
func (p *pager) stream(r store.Range) (more bool, err error) {
	r.Limit = 256
	positions, err := p.b.store.Stream(nil, p.q.Source, p.q.Subject, r)
	for _, at := range positions {
		p.pass(at)
		entries, err := p.b.store.Read(nil, store.Range{From: at, To: at + 1})
		var corrupt *CorruptError
		switch {
		case errors.As(err, &corrupt):
			err = p.damage(&store.CorruptError{From: at, To: at + 1, Place: corrupt.Place, Err: corrupt.Err})
		case err == nil && len(entries) == 1:
			err = p.show(entries[0])
		}
		if err != nil {
			return false, err
		}
	}
	return err == nil && len(positions) == r.Limit, err
}

// show hands an entry to the caller if the query selects it.
func (p *pager) show(e store.Entry) error {
	ev, err := p.b.load(e)
	if err != nil {
		if !p.each(nil, err) {
			return errBreak
		}
		return nil
	}
	if p.q.Source != "" && ev.doc.Event.Source != p.q.Source || p.q.Subject != "" && ev.doc.Event.Subject != p.q.Subject {
		return nil
	}
	if ev.unread != nil {
		if !p.each(nil, fmt.Errorf("query: event %d: %w", e.Position, ev.unread)) {
			return errBreak
		}
		return nil
	}
	selected, err := p.selects.MatchDocument(ev.doc)
	if err != nil {
		return fmt.Errorf("query: event %d: filter: %w", e.Position, err)
	}
	if !selected {
		return nil
	}
	p.n++
	if !p.each(ev, nil) || p.q.Limit > 0 && p.n >= p.q.Limit {
		return errBreak
	}
	return nil
}
