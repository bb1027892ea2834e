package filter

import "slices"

// A treeNode holds candidates: few of them in a bag, many told apart by indexes. A
// candidate is kept by the eldest index on whose path it has a predicate, and in the
// bag if there is none; so it is found again to be removed.
type treeNode struct {
	edit    *edit
	id      uint64
	retry   int32 // do not try to split a bag smaller than that
	bag     bag
	indexes []*index                // by age
	many    hashTrie[int32, *index] // those on data paths, by path, when there are many
}

const (
	bagSize     = 8
	manyIndexes = 16
)

// A bag is candidates in no order.
type bag struct {
	few    []candidate
	chunks [][]candidate // full ones, when there are many
}

const chunkSize = 64

func (b *bag) len() int { return len(b.few) + chunkSize*len(b.chunks) }

func (b *bag) add(c candidate) {
	b.few = append(b.few, c)
	if len(b.few) == chunkSize {
		b.chunks = append(b.chunks[:len(b.chunks):len(b.chunks)], b.few)
		b.few = nil
	}
}

func (b *bag) remove(cl *clause) {
	if b.removeFrom(&b.few, cl) {
		return
	}
	for i, chunk := range b.chunks {
		at := slices.IndexFunc(chunk, func(c candidate) bool { return c.clause == cl })
		if at < 0 {
			continue
		}
		b.chunks = slices.Clone(b.chunks)
		if len(b.few) > 0 {
			last := len(b.few) - 1
			b.chunks[i] = slices.Clone(chunk)
			b.chunks[i][at] = b.few[last]
			b.few = b.few[:last]
			return
		}
		b.chunks = slices.Delete(b.chunks, i, i+1)
		b.few = slices.Delete(slices.Clone(chunk), at, at+1)
		return
	}
}

func (b *bag) removeFrom(few *[]candidate, cl *clause) bool {
	at := slices.IndexFunc(*few, func(c candidate) bool { return c.clause == cl })
	if at < 0 {
		return false
	}
	*few = slices.Delete(*few, at, at+1)
	return true
}

func (b *bag) all(fn func(*candidate)) {
	for i := range b.few {
		fn(&b.few[i])
	}
	for _, chunk := range b.chunks {
		for i := range chunk {
			fn(&chunk[i])
		}
	}
}

// A planter changes a tree: one edit of it.
type planter struct {
	edit *edit
	next *uint64 // the next number of a node or an index
}

func (p *planter) number() uint64 {
	*p.next++
	return *p.next
}

func (p *planter) own(n *treeNode) *treeNode {
	switch {
	case n == nil:
		return &treeNode{edit: p.edit, id: p.number()}
	case n.edit == p.edit:
		return n
	}
	c := *n
	c.edit = p.edit
	c.bag.few = append(make([]candidate, 0, len(n.bag.few)+1), n.bag.few...)
	c.indexes = slices.Clone(n.indexes)
	return &c
}

// insert puts a candidate into a node, which may be nil.
func (p *planter) insert(n *treeNode, c candidate) *treeNode {
	n = p.own(n)
	if x := n.eldest(c); x != nil {
		p.keep(p.ownIndex(n, x), c)
		return n
	}
	n.bag.add(c)
	if size := n.bag.len(); size > bagSize && size >= int(n.retry) {
		p.split(n)
	}
	return n
}

// ownIndex makes an index of an own node one of this edit.
func (p *planter) ownIndex(n *treeNode, x *index) *index {
	own := x.own(p.edit)
	if own == x {
		return x
	}
	if i := slices.Index(n.indexes, x); i >= 0 {
		n.indexes[i] = own
	} else {
		*n.many.slot(p.edit, pathHash(x.path.id), x.path.id) = own
	}
	return own
}

func pathHash(id int32) uint64 { return uint64(uint32(id)) * 0x9E3779B97F4A7C15 }

// eldest finds the index that keeps a candidate.
func (n *treeNode) eldest(c candidate) *index {
	for _, x := range n.indexes {
		if c.predicate(x.path) >= 0 {
			if n.many.size == 0 {
				return x
			}
			return n.elder(c, x)
		}
	}
	if n.many.size > 0 {
		return n.elder(c, nil)
	}
	return nil
}

func (n *treeNode) elder(c candidate, best *index) *index {
	for i := range c.clause.preds {
		if !c.spreads(i) {
			continue
		}
		id := c.clause.preds[i].path.id
		if x := n.many.get(pathHash(id), id); x != nil && (best == nil || (*x).age < best.age) {
			best = *x
		}
	}
	return best
}

// spreads says whether a candidate may be kept by its predicate i.
func (c candidate) spreads(i int) bool {
	if i >= maskedPreds || c.left>>i&1 == 0 || c.clause.preds[i].matcher == nil {
		return false
	}
	return c.left&listed == 0 || len(c.clause.preds[i].matcher.any) == 1
}

// predicate is the first predicate by which a candidate may be kept in an index on
// that path, or -1.
func (c candidate) predicate(at *path) int {
	for i := range c.clause.preds {
		if c.clause.preds[i].path == at && c.spreads(i) {
			return i
		}
	}
	return -1
}

// below is the candidate as it goes on from an index that kept it by predicate i.
func (c candidate) below(i int) candidate {
	c.left &^= 1 << i
	if len(c.clause.preds[i].matcher.any) > 1 {
		c.left |= listed
	}
	return c
}

// places are where the clause's predicate i is kept.
func (cl *clause) places(i int, fn func(*place)) {
	for n, c := range cl.preds[i].matcher.any {
		p := c.place()
		if p.kind == byGram {
			p = cl.placeOf(i, n)
		}
		fn(&p)
	}
}

func (p *planter) keep(x *index, c candidate) {
	i := c.predicate(x.path)
	below := c.below(i).ready()
	c.clause.places(i, func(at *place) {
		s := x.slot(p.edit, at)
		x.size++
		p.put(s, below)
	})
}

func (p *planter) put(s *spot, c candidate) {
	switch {
	case s.node != nil:
		s.node = p.insert(s.node, c)
	case s.clause == nil:
		s.candidate = c
	default:
		s.node = p.insert(p.insert(nil, s.candidate), c)
		s.candidate = candidate{}
	}
}

// remove takes a clause out of a node, which is gone when nil is returned.
func (p *planter) remove(n *treeNode, c candidate) *treeNode {
	n = p.own(n)
	x := n.eldest(c)
	if x == nil {
		n.bag.remove(c.clause)
		if 4*n.bag.len() < int(n.retry) {
			n.retry = 0
		}
	} else if x = p.ownIndex(n, x); p.drop(x, c) {
		if i := slices.Index(n.indexes, x); i >= 0 {
			n.indexes = slices.Delete(n.indexes, i, i+1)
		} else {
			n.many.remove(p.edit, pathHash(x.path.id), x.path.id)
		}
	}
	if n.bag.len() == 0 && len(n.indexes) == 0 && n.many.size == 0 {
		return nil
	}
	return n
}

// drop takes a candidate out of an index, and says whether that was the last.
func (p *planter) drop(x *index, c candidate) bool {
	i := c.predicate(x.path)
	c.clause.places(i, func(at *place) {
		s := x.slot(p.edit, at)
		x.size--
		p.take(s, c.below(i))
		if s.empty() {
			x.clear(p.edit, at)
		}
	})
	return x.size == 0
}

func (p *planter) take(s *spot, c candidate) {
	if s.node == nil {
		s.candidate = candidate{}
		return
	}
	s.node = p.remove(s.node, c)
	if n := s.node; n != nil && len(n.indexes) == 0 && n.many.size == 0 && n.bag.len() == 1 {
		s.candidate, s.node = n.bag.few[0], nil
	}
}
