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
}

func (b *breaker) succeeded() { b.failures, b.keys, b.open = 0, 0, false }

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
		b.open, b.until = true, now.Add(b.Cooldown)
	}
}

// waiting says that nothing may start or be scanned yet.
func (b *breaker) waiting(now time.Time) bool { return b.open && now.Before(b.until) }
