package memstore

import "github.com/eventbridge-go/eventbridge/store"

const chunkLen = 256

// A deque holds values by position. It grows at one end and shrinks at the other in
// chunks, so that what is dropped really goes.
type deque[T any] struct {
	first, end store.Position // first ≤ position < end
	base       store.Position // of chunks[0][0]
	chunks     []*[chunkLen]T
}

func (d *deque[T]) start(p store.Position) { *d = deque[T]{first: p, end: p, base: p} }

func (d *deque[T]) at(p store.Position) *T {
	i := p - d.base
	return &d.chunks[i/chunkLen][i%chunkLen]
}

func (d *deque[T]) push(v T) {
	if d.end-d.base == store.Position(len(d.chunks)*chunkLen) {
		d.chunks = append(d.chunks, new([chunkLen]T))
	}
	d.end++
	*d.at(d.end - 1) = v
}

// drop takes the first value away.
func (d *deque[T]) drop() {
	var zero T
	*d.at(d.first) = zero
	d.first++
	if d.first-d.base == chunkLen {
		d.chunks[0] = nil
		d.chunks = d.chunks[1:]
		d.base = d.first
	}
}
