package lane

import "sort"

// A window is the unfinished events in memory that are no rows, in log order. What
// leaves it leaves a hole; holes are closed before they outnumber what is left.
type window struct {
	events []*event
	n      int // without holes
	bytes  int
}

func (w *window) push(e *event) {
	w.events = append(w.events, e)
	w.n++
	w.bytes += e.Size
}

func (w *window) remove(e *event) {
	e.gone = true
	w.n--
	w.bytes -= e.Size
	if len(w.events) > 2*w.n+16 {
		kept := w.events[:0]
		for _, e := range w.events {
			if !e.gone {
				kept = append(kept, e)
			}
		}
		clear(w.events[len(kept):])
		w.events = kept
	}
}

// first returns the oldest event, or nil.
func (w *window) first() *event {
	for i, e := range w.events {
		if !e.gone {
			w.events = w.events[i:]
			return e
		}
	}
	w.events = w.events[:0]
	return nil
}

// has says whether the event at p is in the window.
func (w *window) has(p Position) bool {
	i := sort.Search(len(w.events), func(i int) bool { return w.events[i].Position >= p })
	return i < len(w.events) && w.events[i].Position == p && !w.events[i].gone
}

// below lists the positions under p.
func (w *window) below(p Position) []Position {
	var ps []Position
	for _, e := range w.events {
		if e.Position >= p {
			break
		}
		if !e.gone {
			ps = append(ps, e.Position)
		}
	}
	return ps
}
