package filter

import (
	"cmp"
	"math"
)

// A rangeTree is a search tree of stretches by their lower ends, each node knowing
// the highest upper end below it: those that hold a number are found without looking
// at the others. It is a treap, its shape a function of what is in it, and persistent.
type rangeTree struct{ root *rangeNode }

type rangeNode struct {
	edit        *edit
	left, right *rangeNode
	stretch     numeric
	spot        spot
	highest     uint64 // no stretch here or below ends above a number of that rank
	priority    uint64
}

func compareStretches(a, b *numeric) int {
	return cmp.Or(compareLows(&a.low, &b.low), compareHighs(&a.high, &b.high))
}

// compareLows orders lower ends: none first; a number itself before what is above it.
func compareLows(a, b *bound) int {
	if !a.set || !b.set {
		return cmp.Compare(btoi(a.set), btoi(b.set))
	}
	return cmp.Or(a.number.Compare(b.number), cmp.Compare(btoi(a.open), btoi(b.open)))
}

func compareHighs(a, b *bound) int {
	if !a.set || !b.set {
		return cmp.Compare(btoi(b.set), btoi(a.set))
	}
	return cmp.Or(a.number.Compare(b.number), cmp.Compare(btoi(b.open), btoi(a.open)))
}

func (c *numeric) priority() uint64 {
	h := c.low.number.Hash(uint64(btoi(c.low.open) + 2*btoi(c.low.set)))
	return c.high.number.Hash(h + uint64(btoi(c.high.open)+2*btoi(c.high.set)))
}

func (n *rangeNode) own(ed *edit) *rangeNode {
	if n.edit == ed {
		return n
	}
	c := *n
	c.edit = ed
	return &c
}

func (n *rangeNode) update() {
	n.highest = math.MaxUint64
	if n.stretch.high.set {
		n.highest = uint64(n.stretch.high.number.Coarse())
	}
	if n.left != nil {
		n.highest = max(n.highest, n.left.highest)
	}
	if n.right != nil {
		n.highest = max(n.highest, n.right.highest)
	}
}

// slot returns where the stretch's spot is written, which is made if need be.
func (t *rangeTree) slot(ed *edit, c numeric) *spot {
	var s *spot
	t.root = t.root.insert(ed, &c, c.priority(), &s)
	return s
}

func (n *rangeNode) insert(ed *edit, c *numeric, priority uint64, at **spot) *rangeNode {
	if n == nil {
		n = &rangeNode{edit: ed, stretch: *c, priority: priority}
		n.update()
		*at = &n.spot
		return n
	}
	n = n.own(ed)
	switch d := compareStretches(c, &n.stretch); {
	case d == 0:
		*at = &n.spot
		return n
	case d < 0:
		n.left = n.left.insert(ed, c, priority, at)
		if n.left.priority > n.priority {
			l := n.left
			n.left, l.right = l.right, n
			n.update()
			n = l
		}
	default:
		n.right = n.right.insert(ed, c, priority, at)
		if n.right.priority > n.priority {
			r := n.right
			n.right, r.left = r.left, n
			n.update()
			n = r
		}
	}
	n.update()
	return n
}

func (t *rangeTree) remove(ed *edit, c numeric) { t.root = t.root.remove(ed, &c) }

func (n *rangeNode) remove(ed *edit, c *numeric) *rangeNode {
	if n == nil {
		return nil
	}
	d := compareStretches(c, &n.stretch)
	if d == 0 {
		return merge(ed, n.left, n.right)
	}
	n = n.own(ed)
	if d < 0 {
		n.left = n.left.remove(ed, c)
	} else {
		n.right = n.right.remove(ed, c)
	}
	n.update()
	return n
}

// merge joins two trees, all of the first before all of the second.
func merge(ed *edit, a, b *rangeNode) *rangeNode {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		a = a.own(ed)
		a.right = merge(ed, a.right, b)
		a.update()
		return a
	}
	b = b.own(ed)
	b.left = merge(ed, a, b.left)
	b.update()
	return b
}
