package filter

// heads are where chains of equal values begin, by the spot that they lead to. They are
// a stack of tables in one: what came last is cut off first, so nothing is searched for
// beyond a cell that was freed.
type heads struct {
	cells []headCell // a power of two of them, or none
	used  []int32    // those in use, in the order in which they came
}

type headCell struct {
	spot  *spot
	hash  uint64
	first int32 // value
}

// add puts value i before the chain of a spot and returns what was first, 0 for none.
func (h *heads) add(s *spot, hash uint64, i int32) (before int32) {
	if 2*len(h.used) >= len(h.cells) {
		h.grow()
	}
	at := h.find(s, hash)
	c := &h.cells[at]
	if c.spot == nil {
		*c = headCell{s, hash, i}
		h.used = append(h.used, at)
		return 0
	}
	before, c.first = c.first, i
	return before
}

// find returns the cell of a spot, or the empty one where it belongs.
func (h *heads) find(s *spot, hash uint64) int32 {
	mask := uint64(len(h.cells) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		if c := &h.cells[at]; c.spot == nil || c.spot == s {
			return int32(at)
		}
	}
}

func (h *heads) grow() {
	old := h.cells
	h.cells = make([]headCell, max(64, 2*len(old)))
	for k, at := range h.used {
		c := old[at]
		h.used[k] = h.find(c.spot, c.hash)
		h.cells[h.used[k]] = c
	}
}

// cut takes out all but the first n.
func (h *heads) cut(n int) {
	for _, at := range h.used[n:] {
		h.cells[at] = headCell{}
	}
	h.used = h.used[:n]
}
