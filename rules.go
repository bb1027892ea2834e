package eventbridge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// rules are the rules of this process by name, and how names find their place in the
// log.
type rules struct {
	turn   chan struct{} // capacity 1: one edit at a time
	nextID uint64        // guarded by turn
	epochs map[uint64]Position

	mu     sync.Mutex
	byName map[string]*runner
	inTurn []*runner // in order of their names; nil: they have changed
}

func newRules() *rules {
	return &rules{turn: make(chan struct{}, 1), nextID: 1, epochs: map[uint64]Position{}, byName: map[string]*runner{}}
}

// recover reads where the dispatchers of earlier lives got to, and begins a new life.
func (rs *rules) recover(b *Bus) error {
	if v, err := b.get(ledger.NextIDKey); err != nil {
		return err
	} else if v != nil {
		if rs.nextID, err = ledger.ParseNumber(v); err != nil {
			return err
		}
	}
	from, to := ledger.Epochs()
	pairs, err := b.store.Scan(nil, from, to, 0)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		epoch, err := ledger.ParseEpoch(p.Key)
		if err != nil {
			return err
		}
		at, err := ledger.ParseNumber(p.Value)
		if err != nil {
			return err
		}
		rs.epochs[epoch] = Position(at)
		b.epoch = max(b.epoch, epoch)
	}
	b.epoch++
	return nil
}

func (rs *rules) get(name string) *runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.byName[name]
}

func (rs *rules) set(name string, r *runner) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.inTurn = nil
	if r == nil {
		delete(rs.byName, name)
	} else {
		rs.byName[name] = r
	}
}

// each calls f for every rule, in order of names, with no lock held.
func (rs *rules) each(f func(*runner)) {
	for _, r := range rs.all() {
		f(r)
	}
}

// all is the rules in order of their names. Nobody writes to it.
func (rs *rules) all() []*runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.inTurn == nil {
		for _, name := range slices.Sorted(maps.Keys(rs.byName)) {
			rs.inTurn = append(rs.inTurn, rs.byName[name])
		}
	}
	return rs.inTurn
}

// AddRule starts a rule: where its name stopped, if the log knows it, whatever has
// changed of it meanwhile, otherwise at its Start. When it returns nil the rule's place
// is durable. It is ErrRuleExists when a rule of that name runs, and ErrInvalidRule
// with everything that is wrong with it.
func (b *Bus) AddRule(r Rule) error { return b.editRule(r, false) }

// PutRule adds a rule, or replaces the one of its name. The new one applies to every
// event that the old one had not reached; what that had begun or had recorded, for a
// retry, goes to the new target.
func (b *Bus) PutRule(r Rule) error { return b.editRule(r, true) }

func (b *Bus) editRule(r Rule, replace bool) error {
	if err := r.check(); err != nil {
		return err
	}
	r = b.withDefaults(r)
	if b.closed.Load() {
		return ErrClosed
	}
	b.rules.turn <- struct{}{}
	defer func() { <-b.rules.turn }()
	run := b.rules.get(r.Name)
	switch {
	case run == nil:
		return b.begin(r)
	case !replace:
		return fmt.Errorf("rule %q: %w", r.Name, ErrRuleExists)
	case run.order() != r.Order:
		return run.rekey(r)
	}
	return run.edit(r)
}

func (b *Bus) withDefaults(r Rule) Rule {
	if r.Retry == (Retry{}) {
		r.Retry = b.cfg.retry
	}
	r.Retry = r.Retry.withDefaults()
	if r.Timeout == 0 {
		r.Timeout = 30 * time.Second
	}
	r.Concurrency = max(r.Concurrency, 1)
	return r
}

func laneConfig(r Rule) lane.Config {
	return lane.Config{Concurrency: r.Concurrency,
		Breaker: lane.Breaker{Off: r.Breaker.Off, Failures: r.Breaker.Failures, Cooldown: r.Breaker.Cooldown}}
}

// begin starts a rule that does not run, new or known to the log.
func (b *Bus) begin(rule Rule) error {
	v, err := b.get(ledger.RuleKey(rule.Name))
	if err != nil {
		return fmt.Errorf("rule %q: %w", rule.Name, err)
	}
	run := &runner{b: b, rule: &rule, attempts: map[Position]*delivery{}}
	var rec lane.Recovered
	if v == nil {
		rec, err = run.create()
	} else if run.remember, err = ledger.ParseRule(v); err == nil {
		rec, err = run.restore()
	}
	if err != nil {
		return fmt.Errorf("rule %q: %w", rule.Name, err)
	}
	run.m = lane.New(laneConfig(rule), rec)
	run.m.SetPaused(run.remember.Paused)
	if run.remember.Order != rule.Order.String() {
		if err := run.rekey(rule); err != nil {
			return err
		}
	}
	run.enter()
	return nil
}

// enter has the dispatcher know the rule.
func (r *runner) enter() {
	d := r.b.dispatcher
	d.mu.Lock()
	d.set.Put(r, r.rule.selection())
	d.edits.Add(1)
	d.mu.Unlock()
	r.b.rules.set(r.rule.Name, r)
	if r.b.halted.Load() { // the bus ended meanwhile, and may not have seen this rule
		r.halt()
	}
	r.kick()
}

// create gives a new name its place in the log.
func (r *runner) create() (lane.Recovered, error) {
	b := r.b
	at, err := b.startOf(r.rule.Start)
	if err != nil {
		return lane.Recovered{}, err
	}
	id := b.rules.nextID
	r.remember = ledger.Rule{ID: id, Queue: id, Order: r.rule.Order.String()}
	place := ledger.Place{Record: lane.Record{N: at}}
	err = b.commit(context.Background(), false,
		store.Pair{Key: ledger.RuleKey(r.rule.Name), Value: r.remember.Append(nil)},
		store.Pair{Key: ledger.LaneKey(id), Value: place.Append(nil)},
		store.Pair{Key: ledger.NextIDKey, Value: ledger.Number(id + 1)})
	if err != nil {
		return lane.Recovered{}, err
	}
	b.rules.nextID = id + 1
	return lane.Recovered{N: at}, nil
}

func (b *Bus) startOf(s Start) (Position, error) {
	state := b.store.State()
	switch s.kind {
	case startBeginning:
		return max(state.Tail, 1), nil
	case startTime:
		return b.store.Seek(s.time)
	case startPosition:
		return min(max(s.position, state.Tail, 1), state.Head+1), nil
	}
	return state.Head + 1, nil
}

// restore reads where a known name stopped.
func (r *runner) restore() (lane.Recovered, error) {
	b := r.b
	v, err := b.get(ledger.LaneKey(r.remember.ID))
	if err != nil {
		return lane.Recovered{}, err
	}
	place, err := ledger.ParseLane(v)
	if err != nil {
		return lane.Recovered{}, err
	}
	rec := lane.Recovered{N: place.N, Rows: place.Rows, Retrying: place.Retrying, Dead: place.Dead}
	if place.Epoch != 0 {
		rec.N = max(rec.N, b.rules.epochs[place.Epoch]+1)
	}
	for _, p := range place.P {
		body, err := r.body(lane.Item{Position: p}, lane.Row{})
		if err != nil {
			rec.P = append(rec.P, damaged(p, err))
			continue
		}
		it := r.item(body.(*loaded))
		it.Key = orderNamed(r.remember.Order).key(body.(*loaded).doc, p)
		rec.P = append(rec.P, it)
	}
	return rec, nil
}

// lastReceived is when the newest event of the log came in.
func (b *Bus) lastReceived() time.Time {
	head := b.store.State().Head
	last, err := b.store.Read(nil, store.Range{From: head, To: head + 1})
	if err != nil || len(last) == 0 {
		return time.Unix(0, 0).UTC()
	}
	return last[0].Received
}

// edit replaces a running rule of the same order.
func (r *runner) edit(rule Rule) error {
	d := r.b.dispatcher
	d.mu.Lock()
	r.mu.Lock()
	r.rule = &rule
	r.m.Rescan()
	r.m.Reconfigure(laneConfig(rule))
	d.set.Put(r, rule.selection())
	d.edits.Add(1)
	r.mu.Unlock()
	r.b.writer.mark(r) // before the dispatcher goes on
	d.mu.Unlock()
	r.kick()
	return r.b.commit(context.Background(), true)
}

// Pause stops a rule from delivering, and Resume lets it go on; both survive restarts
// and lose nothing. Attempts under way end. The name may be one that this process has
// not added; ErrNotFound when the log does not know it either.
func (b *Bus) Pause(name string) error  { return b.setPaused(name, true) }
func (b *Bus) Resume(name string) error { return b.setPaused(name, false) }

func (b *Bus) setPaused(name string, paused bool) error {
	b.rules.turn <- struct{}{}
	defer func() { <-b.rules.turn }()
	remember, err := b.remembered(name)
	if err != nil {
		return err
	}
	remember.Paused = paused
	if err := b.commit(context.Background(), false, store.Pair{Key: ledger.RuleKey(name), Value: remember.Append(nil)}); err != nil {
		return fmt.Errorf("rule %q: %w", name, err)
	}
	if r := b.rules.get(name); r != nil {
		r.mu.Lock()
		r.remember.Paused = paused
		r.m.SetPaused(paused)
		r.mu.Unlock()
		r.kick()
		b.changed.broadcast()
	}
	return nil
}

// remembered is what the ledger knows of a name.
func (b *Bus) remembered(name string) (ledger.Rule, error) {
	v, err := b.get(ledger.RuleKey(name))
	if err == nil && v == nil {
		err = ErrNotFound
	}
	if err != nil {
		return ledger.Rule{}, fmt.Errorf("rule %q: %w", name, err)
	}
	return ledger.ParseRule(v)
}

// DeleteRule stops a rule and forgets its place, what it still owed, and its dead
// letters; the log line it writes says how much that was. It waits for attempts under
// way until ctx ends; they end without effect then. A rule added under the name later
// is a new one. ErrNotFound when the log does not know the name.
func (b *Bus) DeleteRule(ctx context.Context, name string) error {
	b.rules.turn <- struct{}{}
	defer func() { <-b.rules.turn }()
	remember, err := b.remembered(name)
	if err != nil {
		return err
	}
	if err := b.commit(ctx, false, store.Pair{Key: ledger.RuleKey(name)}); err != nil {
		return fmt.Errorf("rule %q: %w", name, err)
	}
	r := b.rules.get(name)
	b.rules.set(name, nil)
	if r != nil {
		r.leave()
		if err := r.quiet(ctx); err != nil {
			return err // what is left in the ledger is collected at the next Open
		}
	}
	n, err := b.collect(ctx, remember.ID, remember.Queue)
	if err == nil {
		b.cfg.logger.Info("eventbridge: rule deleted", "rule", name, "discarded", n)
	}
	b.changed.broadcast()
	return err
}

// leave takes a rule out of the dispatcher's set and has it start nothing more.
func (r *runner) leave() {
	d := r.b.dispatcher
	d.mu.Lock()
	d.set.Delete(r)
	d.edits.Add(1)
	d.mu.Unlock()
	r.halt()
	r.mu.Lock()
	r.gone = true
	r.mu.Unlock()
}

// quiet waits until no attempt of the rule is under way.
func (r *runner) quiet(ctx context.Context) error {
	for {
		changed := r.b.changed.wait()
		r.mu.Lock()
		n := len(r.m.InFlight())
		r.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("rule %q: %d attempts still run: %w", r.rule.Name, n, context.Cause(ctx))
		}
	}
}
