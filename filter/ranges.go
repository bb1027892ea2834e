package filter

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// A rangeTree is a B-tree of stretches in the order of their lower ends. Each node
// knows coarsely where what is below it begins and ends, so those that hold a number
// are found without looking at most others. It is persistent.
type rangeTree struct{ root *rangeNode }

type rangeNode struct {
	edit    *edit
	ends    []ends // of each child or entry
	kids    []*rangeNode
	entries []rangeEntry // in a leaf
}

type ends struct{ low, high uint32 }

type rangeEntry struct {
	stretch *numeric
	spot    spot
}

const (
	rangeFan   = 32           // children or entries of a node at most
	rangeMerge = rangeFan / 4 // one with fewer is merged with its neighbour if that has room
)

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

// coarseLow is the bound in short: what is lower lies outside, what is higher inside.
func (b *bound) coarseLow() uint32 {
	if !b.set {
		return 0
	}
	return b.number.Coarse()
}

func (b *bound) coarseHigh() uint32 {
	if !b.set {
		return math.MaxUint32
	}
	return b.number.Coarse()
}

// slot returns where the stretch's spot is written, which is made if need be.
func (t *rangeTree) slot(ed *edit, c *numeric) *spot {
	if t.root == nil {
		t.root = &rangeNode{edit: ed}
	}
	if len(t.root.ends) == rangeFan {
		t.root = &rangeNode{edit: ed, ends: []ends{t.root.around()}, kids: []*rangeNode{t.root}}
	}
	t.root = t.root.own(ed)
	n := t.root
	for n.kids != nil {
		i := n.child(c)
		if len(n.kids[i].ends) == rangeFan {
			n.split(ed, i)
			i = n.child(c)
		}
		n.kids[i] = n.kids[i].own(ed)
		n.ends[i].low, n.ends[i].high = min(n.ends[i].low, c.low.coarseLow()), max(n.ends[i].high, c.high.coarseHigh())
		n = n.kids[i]
	}
	i, found := n.entry(c)
	if !found {
		n.ends = slices.Insert(n.ends, i, ends{c.low.coarseLow(), c.high.coarseHigh()})
		n.entries = slices.Insert(n.entries, i, rangeEntry{stretch: c})
	}
	return &n.entries[i].spot
}

func (t *rangeTree) remove(ed *edit, c *numeric) {
	t.root = t.root.remove(ed, c)
	for len(t.root.kids) == 1 {
		t.root = t.root.kids[0]
	}
	if len(t.root.ends) == 0 {
		t.root = nil
	}
}

func (n *rangeNode) own(ed *edit) *rangeNode {
	if n.edit == ed {
		return n
	}
	c := &rangeNode{edit: ed, ends: oneMore(n.ends)}
	if n.kids != nil {
		c.kids = oneMore(n.kids)
	} else {
		c.entries = oneMore(n.entries)
	}
	return c
}

// oneMore is a copy with room for one more.
func oneMore[T any](s []T) []T { return append(make([]T, 0, len(s)+1), s...) }

// around is where all of a node begins and ends.
func (n *rangeNode) around() ends {
	all := n.ends[0]
	for _, e := range n.ends {
		all.high = max(all.high, e.high)
	}
	return all
}

// least is the first stretch of a node.
func (n *rangeNode) least() *numeric {
	for n.kids != nil {
		n = n.kids[0]
	}
	return n.entries[0].stretch
}

// child is the number of the child to which a stretch belongs.
func (n *rangeNode) child(c *numeric) int {
	return sort.Search(len(n.kids)-1, func(i int) bool { return compareStretches(c, n.kids[i+1].least()) < 0 })
}

// entry is where in a leaf a stretch is, or belongs.
func (n *rangeNode) entry(c *numeric) (int, bool) {
	return slices.BinarySearchFunc(n.entries, c, func(e rangeEntry, c *numeric) int { return compareStretches(e.stretch, c) })
}

// split makes two children of one.
func (n *rangeNode) split(ed *edit, i int) {
	full := n.kids[i]
	const half = rangeFan / 2
	left := &rangeNode{edit: ed, ends: slices.Clone(full.ends[:half])}
	right := &rangeNode{edit: ed, ends: slices.Clone(full.ends[half:])}
	if full.kids != nil {
		left.kids, right.kids = slices.Clone(full.kids[:half]), slices.Clone(full.kids[half:])
	} else {
		left.entries, right.entries = slices.Clone(full.entries[:half]), slices.Clone(full.entries[half:])
	}
	n.kids[i], n.ends[i] = left, left.around()
	n.kids, n.ends = slices.Insert(n.kids, i+1, right), slices.Insert(n.ends, i+1, right.around())
}

func (n *rangeNode) remove(ed *edit, c *numeric) *rangeNode {
	n = n.own(ed)
	if n.kids == nil {
		i, _ := n.entry(c)
		n.ends, n.entries = slices.Delete(n.ends, i, i+1), slices.Delete(n.entries, i, i+1)
		return n
	}
	i := n.child(c)
	kid := n.kids[i].remove(ed, c)
	n.kids[i] = kid
	switch {
	case len(kid.ends) == 0:
		n.ends, n.kids = slices.Delete(n.ends, i, i+1), slices.Delete(n.kids, i, i+1)
	case len(kid.ends) < rangeMerge && len(n.kids) > 1:
		n.ends[i] = kid.around()
		n.merge(ed, max(i-1, 0))
	default:
		n.ends[i] = kid.around()
	}
	return n
}

// merge makes one child of i and the next, if they fit.
func (n *rangeNode) merge(ed *edit, i int) {
	a, b := n.kids[i], n.kids[i+1]
	if len(a.ends)+len(b.ends) > rangeFan*3/4 {
		return
	}
	both := &rangeNode{edit: ed, ends: slices.Concat(a.ends, b.ends)}
	if a.kids != nil {
		both.kids = slices.Concat(a.kids, b.kids)
	} else {
		both.entries = slices.Concat(a.entries, b.entries)
	}
	n.kids[i], n.ends[i] = both, both.around()
	n.ends, n.kids = slices.Delete(n.ends, i+1, i+2), slices.Delete(n.kids, i+1, i+2)
}

// stab goes on to the stretches that hold x.
func (v *view) stab(n *rangeNode, x decimal.Number, coarse uint32) {
	v.work++
	for i, e := range n.ends {
		if e.low > coarse {
			return
		}
		if e.high < coarse {
			continue
		}
		if n.kids != nil {
			v.stab(n.kids[i], x, coarse)
			continue
		}
		v.work++
		if e.low < coarse && coarse < e.high || n.entries[i].stretch.contains(x) {
			v.spot(&n.entries[i].spot)
		}
	}
}
