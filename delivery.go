package eventbridge

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// A delivery is one attempt, and the context its target runs in. Most targets never
// look at their context, so what costs (a timer, a channel) is made only when asked
// for.
type delivery struct {
	bus      *Bus
	rule     string
	rid      uint64
	attempt  int
	event    *loaded
	replay   string
	parent   context.Context
	deadline time.Time
	began    time.Time

	mu     sync.Mutex
	inner  context.Context
	cancel context.CancelFunc
	ended  bool

	given *Info // in a test without a bus
}

var _ context.Context = (*delivery)(nil)

// causeOf returns the delivery that ctx belongs to, if it is one of a bus.
func causeOf(ctx context.Context) *delivery {
	if d, ok := ctx.Value(deliveryKey{}).(*delivery); ok && d.bus != nil {
		return d
	}
	return nil
}

func (d *delivery) Deadline() (time.Time, bool) { return d.deadline, true }

func (d *delivery) Done() <-chan struct{} { return d.real().Done() }

func (d *delivery) Err() error {
	d.mu.Lock()
	quiet := d.inner == nil && !d.ended && d.parent.Err() == nil && time.Now().Before(d.deadline)
	d.mu.Unlock()
	if quiet {
		return nil
	}
	return d.real().Err()
}

func (d *delivery) Value(key any) any {
	if key == (deliveryKey{}) {
		return d
	}
	d.mu.Lock()
	inner := d.inner
	d.mu.Unlock()
	if inner != nil {
		return inner.Value(key)
	}
	return d.parent.Value(key)
}

// real makes the context that d stands for.
func (d *delivery) real() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner == nil {
		d.inner, d.cancel = context.WithDeadline(d.parent, d.deadline)
		if d.ended {
			d.cancel()
		}
	}
	return d.inner
}

// end ends the context with the attempt.
func (d *delivery) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	if d.cancel != nil {
		d.cancel()
	}
}

// info makes what the target may know. Its event is a copy of its own.
func (d *delivery) info() Info {
	if d.given != nil {
		return *d.given
	}
	return Info{Rule: d.rule, Attempt: d.attempt, Position: d.event.entry.Position, Received: d.event.entry.Received,
		Event: d.event.doc.Event.SDK(), Replay: d.replay, key: d.key()}
}

// key is the log's id, the rule's, the position, and the replay's name.
func (d *delivery) key() string {
	k := make([]byte, 0, 64)
	k = append(append(k, d.bus.logID...), '-')
	k = append(strconv.AppendUint(k, d.rid, 36), '-')
	k = strconv.AppendUint(k, uint64(d.event.entry.Position), 36)
	if d.replay != "" {
		k = append(append(k, '-'), d.replay...)
	}
	return string(k)
}
