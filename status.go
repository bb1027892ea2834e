package eventbridge

import (
	"time"

	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// State says what a rule is doing.
type State string

const (
	StateRunning State = "running"
	StatePaused  State = "paused" // by Pause
	StateOpen    State = "open"   // its breaker: the target fails, and deliveries wait
	StateStuck   State = "stuck"  // a target has not returned though its time is over
	StateAbsent  State = "absent" // the log knows the name, this process has not added it
)

// Status is how a bus stands. What it counts may be a moment old.
type Status struct {
	Head, Tail Position // newest and oldest event; Head 0: none
	Bytes      int64    // of the log
	Dead       int      // dead letters of all rules
	Stopped    error    // why the log stopped, after an I/O error
	Rules      []RuleStatus
}

// RuleStatus is how a rule stands.
type RuleStatus struct {
	Name              string
	State             State
	Behind            uint64 // positions from the oldest event it may owe to the head: an upper bound of what it owes
	InFlight          int    // attempts under way
	Retrying          int    // events that wait for their next attempt
	Held              int    // events that wait behind those of their order key
	Dead              int    // dead letters
	Oldest            time.Duration
	LastError         string
	Delivered, Failed uint64 // attempts since Open
}

// Status says how the bus and each of its rules stands, absent ones included.
func (b *Bus) Status() Status {
	state := b.store.State()
	s := Status{Head: state.Head, Tail: state.Tail, Bytes: state.Bytes, Stopped: b.writer.stopCause()}
	names, err := b.names()
	if err != nil {
		return s
	}
	for _, n := range names {
		var rs RuleStatus
		if r := b.rules.get(n.name); r != nil {
			rs = r.status(state.Head)
		} else {
			rs = b.absent(n, state.Head)
		}
		s.Dead += rs.Dead
		s.Rules = append(s.Rules, rs)
	}
	return s
}

func (r *runner) status(head Position) RuleStatus {
	r.mu.Lock()
	c := r.m.Counts()
	s := RuleStatus{Name: r.rule.Name, State: StateRunning, InFlight: c.InFlight, Retrying: c.Retrying, Held: c.Rows - c.Retrying,
		Dead: c.Dead, LastError: r.lastError, Delivered: r.delivered.Load(), Failed: r.failed.Load()}
	least := c.Least
	if r.m.Live() && c.Window == 0 {
		least = head + 1
	}
	switch {
	case r.remember.Paused:
		s.State = StatePaused
	case r.stuck():
		s.State = StateStuck
	case c.Open:
		s.State = StateOpen
	}
	r.mu.Unlock()
	if c.Rows > 0 {
		if row, any, err := r.leastRow(); err == nil && any {
			least = min(least, row)
		}
	}
	s.Behind, s.Oldest = r.b.behind(least, head)
	return s
}

// stuck says whether an attempt goes on though its time is over.
func (r *runner) stuck() bool {
	now := time.Now()
	for _, d := range r.attempts {
		if d != nil && now.After(d.deadline) {
			return true
		}
	}
	return false
}

// behind says how far a position is from the head, and how old its event is.
func (b *Bus) behind(least, head Position) (uint64, time.Duration) {
	if least > head {
		return 0, 0
	}
	var age time.Duration
	if es, err := b.store.Read(nil, store.Range{From: least, To: least + 1}); err == nil && len(es) == 1 {
		age = b.clock.now().Sub(es[0].Received)
	}
	return uint64(head - least + 1), age
}

func (b *Bus) absent(n named, head Position) RuleStatus {
	s := RuleStatus{Name: n.name, State: StateAbsent}
	v, err := b.get(ledger.LaneKey(n.ID))
	if err != nil {
		return s
	}
	place, err := ledger.ParseLane(v)
	if err != nil {
		return s
	}
	least := place.N
	if place.Epoch != 0 {
		least = max(least, b.rules.epochs[place.Epoch]+1)
	}
	if len(place.P) > 0 {
		least = min(least, place.P[0])
	}
	s.Retrying, s.Held, s.Dead = place.Retrying, place.Rows-place.Retrying, place.Dead
	s.Behind, s.Oldest = b.behind(least, head)
	return s
}

// floorEvery is how long nobody looks again, for each rule: looking takes a few percent
// of that.
const floorEvery = 5 * time.Microsecond

// floor is the position below which no rule of this process needs an event; 0: nobody
// has looked, since the last look was a moment ago and there is room. The dispatcher's
// lock is held; the writer calls it.
func (b *Bus) floor(at Position) Position {
	if !b.store.Capabilities().Forgets {
		return 0
	}
	rules, w := b.rules.all(), b.writer
	if !w.tight && time.Since(w.lastFloor) < time.Duration(len(rules))*floorEvery {
		return 0
	}
	w.lastFloor = time.Now()
	floor := at + 1
	for _, r := range rules {
		floor = min(floor, r.floor(at))
	}
	return floor
}

// floor is the rule's part of that.
func (r *runner) floor(at Position) Position {
	floor := at + 1
	r.mu.Lock()
	if r.m.NeedsNothing() {
		r.mu.Unlock()
		return floor
	}
	c := r.m.Counts()
	if !r.m.Live() || c.Window > 0 {
		floor = min(floor, c.Least)
	}
	if p := r.m.LeastUnsaved(); p != 0 {
		floor = min(floor, p)
	}
	r.mu.Unlock()
	if c.Rows > 0 {
		if p, any, err := r.leastRow(); err == nil && any {
			floor = min(floor, p)
		}
	}
	return floor
}
