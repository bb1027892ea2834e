package lane

import "time"

// Breaker says when a lane stops trying a target that is down.
type Breaker struct {
	Off      bool
	Failures int           // in a row, over two keys or the only active one; 0: 5
	Cooldown time.Duration // before one event is let through; 0: 30s
}

func (b Breaker) withDefaults() Breaker {
	if b.Failures <= 0 {
		b.Failures = 5
	}
	if b.Cooldown <= 0 {
		b.Cooldown = 30 * time.Second
	}
	return b
}

// A breaker counts. Open, it lets nothing start until its wait is over, and then one
// event at a time until one succeeds.
type breaker struct {
	Breaker
	failures int
	key      Key // of the first failure in the row
	keys     int // 1, or 2 for more
	open     bool
	until    time.Time
	probing  bool // an event was let through, and nothing has failed since
}

func (b *breaker) succeeded() { b.failures, b.keys, b.open, b.probing = 0, 0, false, false }

// failed counts a failure of a key, which may be the only one with anything to do.
func (b *breaker) failed(key Key, only bool, now time.Time) {
	if b.Off {
		return
	}
	b.failures++
	switch {
	case b.keys == 0:
		b.key, b.keys = key, 1
	case key != b.key:
		b.keys = 2
	}
	if b.open || b.failures >= b.Failures && (b.keys > 1 || only) {
		b.open, b.until, b.probing = true, now.Add(b.Cooldown), false
	}
}

// started notes that an event is let through an open breaker. The next one goes when it
// has failed and the wait is over, or, should it never end, after another wait.
func (b *breaker) started(now time.Time) {
	if b.open {
		b.until, b.probing = now.Add(b.Cooldown), true
	}
}

// undecided notes the end of an attempt that says nothing of the target's health: the
// next one may go at once.
func (b *breaker) undecided(now time.Time) {
	if b.open && b.probing {
		b.until = now
	}
}

// waiting says that nothing may start or be scanned yet.
func (b *breaker) waiting(now time.Time) bool { return b.open && now.Before(b.until) }
