package eventbridge

import (
	"sync"
	"sync/atomic"
)

// A broadcast wakes everybody who waits for a change. Waiters take the channel first,
// look, and then wait.
type broadcast struct {
	waiting atomic.Bool

	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next broadcast.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
		b.waiting.Store(true)
	}
	return b.ch
}

func (b *broadcast) broadcast() {
	if !b.waiting.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
		b.waiting.Store(false)
	}
}
