package eventbridge

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
)

// A runner drives one rule's lane: it does what the lane asks for (deliver, look up,
// read, scan) and tells it how that went. It has goroutines only while there is
// something to do: as many as deliver, and one that reads.
type runner struct {
	b      *Bus
	marked atomic.Bool // in the writer's list of dirty lanes

	delivered, failed atomic.Uint64

	mu        sync.Mutex
	m         *lane.Lane
	remember  ledger.Rule
	rule      *Rule // with defaults; replaced whole
	attempts  map[Position]*delivery
	halted    bool // nothing more is started
	resting   bool // the ledger or the log can't be read; the lane tries again in a while
	gone      bool // the rule was deleted
	rekeying  bool // its order changes: outcomes wait in deferred
	deferred  []func()
	timer     *time.Timer
	timerAt   time.Time
	open      bool // the breaker, as last reported
	lastError string
}

// item makes of an event what the lane keeps of it.
func (r *runner) item(ev *loaded) lane.Item {
	return lane.Item{Position: ev.entry.Position, Key: r.order().key(ev.doc, ev.entry.Position), Size: len(ev.entry.Data), Body: ev}
}

func (r *runner) order() Order {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rule.Order
}

// offer gives an event to the lane if it keeps up. The dispatcher's lock is held.
func (r *runner) offer(it lane.Item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.m.Live() || it.Position < r.m.Frontier() {
		return
	}
	if r.m.Room() <= 0 {
		r.m.Advance(it.Position)
		r.m.SetLive(false)
	} else {
		r.m.Offer(it)
	}
	r.b.writer.mark(r)
}

// kick has the lane go on, if it has anything to do.
func (r *runner) kick() {
	if a, more := r.next(); a.Kind != lane.Nothing {
		go r.work(a, more)
	}
}

// next takes the lane's next action, and counts the goroutine that will do it. more
// says that there may be another one beside it.
func (r *runner) next() (a lane.Action, more bool) {
	r.mu.Lock()
	if r.halted || r.resting {
		r.mu.Unlock()
		return lane.Action{}, false
	}
	now := r.b.clock.now()
	a = r.m.Next(now)
	if a.Kind == lane.Nothing {
		r.arm(a.At, now)
	} else {
		r.b.work.Add(1)
	}
	more = a.Kind != lane.Nothing && r.m.More()
	dirty := r.m.Dirty()
	report := r.breakerChanged()
	r.mu.Unlock()
	if dirty {
		r.b.writer.mark(r)
	}
	if report != nil {
		report()
	}
	return a, more
}

// arm has the lane looked at again at a time.
func (r *runner) arm(at, now time.Time) {
	if at.IsZero() || r.timer != nil && r.timerAt.After(now) && !at.Before(r.timerAt) {
		return
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timerAt = at
	r.timer = time.AfterFunc(at.Sub(now), r.kick)
}

// work does an action, and then what the lane has next. Before it begins, the lane may
// hand out more to others.
func (r *runner) work(a lane.Action, more bool) {
	for a.Kind != lane.Nothing {
		if more {
			r.kick()
		}
		r.do(a)
		a, more = r.next()
	}
}

func (r *runner) do(a lane.Action) {
	defer r.b.work.Done()
	switch a.Kind {
	case lane.Start:
		r.attempt(a)
	case lane.Scan:
		r.scan(a)
	default:
		if err := r.read(a); err != nil {
			r.b.reportDamage(err)
			r.mu.Lock()
			defer r.mu.Unlock()
			if a.Of(r.m) {
				r.m.Failed(a)
			}
			r.rest()
		}
	}
}

// seal takes what the lane has to write down. The dispatcher's lock is held.
func (r *runner) seal(at Position) *lane.Delta {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.rekeying {
		return nil
	}
	if r.m.Live() {
		r.m.Advance(at + 1)
	}
	return r.m.Seal()
}

// committed says what became of it.
func (r *runner) committed(stored bool) {
	r.mu.Lock()
	r.m.Committed(stored)
	dirty := r.m.Dirty()
	r.mu.Unlock()
	if dirty {
		r.b.writer.mark(r)
	}
	r.kick()
}

// remembered is what the ledger has of the rule.
func (r *runner) remembered() ledger.Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.remember
}

// halt stops the lane from starting anything more.
func (r *runner) halt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halted = true
	if r.timer != nil {
		r.timer.Stop()
	}
}

// breakerChanged returns what reports a change of the breaker, once.
func (r *runner) breakerChanged() (report func()) {
	open := r.m.Counts().Open
	if open == r.open {
		return nil
	}
	r.open = open
	log, name, cause := r.b.cfg.logger, r.rule.Name, r.lastError
	return func() {
		if open {
			log.Warn("eventbridge: the target fails; deliveries wait", "rule", name, "error", cause)
		} else {
			log.Info("eventbridge: the target works again", "rule", name)
		}
		if hook := r.b.cfg.hooks.Breaker; hook != nil {
			hook(name, open)
		}
	}
}
