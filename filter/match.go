package filter

import "net/netip"

// matching is what a view needs on its way down a tree.
type matching struct {
	hits    []int32 // numbers of clauses, one of each rule
	failed  []failure
	emitted []uint32 // by clause, the first of its rule: the last generation that had it
	repeats bool     // nodes and candidates may be met again
	met     metSet
	work    int // nodes, candidates and values looked at: what a match costs, by count
}

type failure struct {
	clause int32
	err    error
}

// expect makes room for clauses with numbers below n.
func (m *matching) expect(n int32) {
	if grow := int(n) - len(m.emitted); grow > 0 {
		m.emitted = append(m.emitted, make([]uint32, grow+int(n)/4)...)
	}
}

// visit finds what in a node holds for the event.
func (v *view) visit(n *treeNode) {
	if v.repeats && !v.met.add(v.gen, 2*n.id) {
		return
	}
	v.work++
	if len(n.bag.few) == 1 && len(n.bag.chunks) == 0 && len(n.indexes) == 0 {
		v.judge(&n.bag.few[0], perhaps) // it is all there is: a peek spares nothing
		return
	}
	for i := range n.bag.few {
		v.candidate(&n.bag.few[i])
	}
	for _, chunk := range n.bag.chunks {
		for i := range chunk {
			v.candidate(&chunk[i])
		}
	}
	for _, x := range n.indexes {
		v.lookup(x)
	}
	if n.many.size > 0 {
		v.visitMany(n)
	}
}

// visitMany goes by the paths of the event, which are fewer than the indexes.
func (v *view) visitMany(n *treeNode) {
	v.first(v.data.path) // scan
	for _, id := range v.present {
		if x := n.many.get(pathHash(id), id); x != nil {
			v.lookup(*x)
		}
	}
}

func (v *view) spot(s *spot) {
	if s.node != nil {
		v.visit(s.node)
	} else {
		v.candidate(&s.candidate)
	}
}

// candidate judges a candidate, unless its peek rules it out.
func (v *view) candidate(c *candidate) {
	v.work++
	said := perhaps
	if c.kind != peekNothing {
		if said = v.peek(c); said == no {
			return
		}
	}
	v.judge(c, said)
}

// judge notes a hit if the clause holds, given what its peek said.
func (v *view) judge(c *candidate, said verdict) {
	if (v.repeats || c.left&listed != 0) && !v.met.add(v.gen, 2*uint64(c.number)+1) {
		return
	}
	several := c.flags&peekSeveral != 0
	if several && v.emitted[c.clause.lead] == v.gen {
		return
	}
	if c.flags&peekAlone == 0 || c.kind != peekNothing && said == perhaps {
		left := (c.left | c.clause.unsure) &^ listed
		if said == yes {
			left &^= 1 << c.pred
		}
		ok, err := v.verify(c.clause, left)
		if err != nil {
			v.failed = append(v.failed, failure{c.number, err})
		}
		if !ok {
			return
		}
	}
	if several {
		v.emitted[c.clause.lead] = v.gen
	}
	v.hits = append(v.hits, c.number)
}

// lookup goes on to all that an index keeps for the event's values.
func (v *view) lookup(x *index) {
	i := v.first(x.path)
	if i == 0 {
		return
	}
	if v.values[i].next != 0 {
		v.repeats = true
		v.lookupEqual(x, i)
	} else if s, _ := x.equal(&v.values[i]); s != nil {
		v.spot(s)
	}
	if x.rare != nil && !x.rare.presence.empty() {
		v.spot(&x.rare.presence)
	}
	for i != 0 {
		v.work++
		next := v.values[i].next
		v.lookupOther(x, i)
		i = next
	}
}

// lookupOther goes on to what is kept for value i, but for what asks for just that string
// or number. On the way further values may come: keep no pointer to this one.
func (v *view) lookupOther(x *index, i int32) {
	switch val := &v.values[i]; val.kind {
	case isString:
		if x.rare != nil {
			v.lookupText(x.rare, i)
		}
	case isNumber:
		if coarse, ok := val.coarse(); ok && x.ranges.root != nil {
			v.stab(x.ranges.root, val.number, coarse)
		}
	case isNull, isTrue, isFalse:
		if x.rare != nil && !x.rare.words[val.kind].empty() {
			v.spot(&x.rare.words[val.kind])
		}
	}
}

func (v *view) lookupText(r *rareParts, i int32) {
	text := v.values[i].text
	if a := &r.affixes[0]; a.spots.size > 0 {
		v.lookupPrefixes(a, text)
	}
	if a := &r.affixes[1]; a.spots.size > 0 {
		v.lookupSuffixes(a, text)
	}
	if r.folds.size > 0 || r.affixes[2].spots.size > 0 || r.affixes[3].spots.size > 0 {
		v.lookupFolded(r, v.folded(i))
	}
	if r.blocks.size > 0 {
		val := value{kind: isString, text: text}
		if addr, ok := val.addr(); ok {
			v.lookupBlocks(r, addr)
		}
	}
	if r.grams.spots.size > 0 {
		v.repeats = true
		v.lookupGrams(&r.grams, text)
	}
}

func (v *view) lookupPrefixes(a *affixes, text string) {
	for _, l := range a.lengths {
		if int(l.length) > len(text) {
			return
		}
		if s := a.get(text[:l.length]); s != nil {
			v.spot(s)
		}
	}
}

func (v *view) lookupSuffixes(a *affixes, text string) {
	for _, l := range a.lengths {
		if int(l.length) > len(text) {
			return
		}
		if s := a.get(text[len(text)-int(l.length):]); s != nil {
			v.spot(s)
		}
	}
}

// folded is the text of value i in folded case, made once.
func (v *view) folded(i int32) string {
	val := &v.values[i]
	if val.folded == "" && val.text != "" {
		from := len(v.bytes)
		v.bytes = appendFolded(v.bytes, val.text)
		val.folded = textOf(v.bytes[from:])
	}
	return val.folded
}

func (v *view) lookupFolded(r *rareParts, folded string) {
	if s := r.folds.get(textHash(folded), folded); s != nil {
		v.spot(s)
	}
	v.lookupPrefixes(&r.affixes[2], folded)
	v.lookupSuffixes(&r.affixes[3], folded)
}

func (v *view) lookupBlocks(r *rareParts, addr netip.Addr) {
	for _, m := range r.masks {
		bits := int(m.length)
		if addr.Is4() != (bits < 1000) {
			continue
		}
		if block, err := addr.Prefix(bits % 1000); err == nil {
			if s := r.blocks.get(blockHash(block), block); s != nil {
				v.spot(s)
			}
		}
	}
}

func (v *view) lookupGrams(g *grams, text string) {
	var window uint64
	for i := range len(text) {
		window = window<<8 | uint64(text[i])
		for size := minGram; size <= maxGram; size++ {
			if g.sizes[size] == 0 || i+1 < size {
				continue
			}
			gram := uint64(size)<<32 | window&(1<<(8*size)-1)
			if hash := gramHash(gram); g.sieve.lets(hash) {
				if s := g.spots.get(hash, gram); s != nil {
					v.spot(s)
				}
			}
		}
	}
}
