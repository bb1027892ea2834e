package filter

// hints help where many elements of an array lead to many rules: a rule that was
// found by a value of one element, the only string or number it asks for there, is
// verified in that element alone, and in the others that have the same value.
type hints struct {
	hint  int32 // the value that led here, the first of those that do; 0 for none
	heads heads
}

// lookupEqual goes on to what is kept under the strings and numbers of a path that has
// several values, once for equal ones.
func (v *view) lookupEqual(x *index, first int32) {
	if x.texts.size == 0 && x.numbers.size == 0 {
		return
	}
	from := len(v.heads.used)
	for i := first; i != 0; i = v.values[i].next {
		v.work++
		val := &v.values[i]
		if s, hash := x.equal(val); s != nil {
			val.same = v.heads.add(s, hash, i)
		}
	}
	before := v.hint
	for k := from; k < len(v.heads.used); k++ {
		head := v.heads.cells[v.heads.used[k]]
		v.hint = head.first
		v.spot(head.spot)
	}
	v.hint = before
	v.heads.cut(from)
}

// equal is where the index keeps what asks for just that string or number, and the
// value's hash.
func (x *index) equal(val *value) (*spot, uint64) {
	switch {
	case val.kind == isString && x.texts.size > 0:
		hash := val.hash()
		return x.texts.get(hash, val.text), hash
	case val.kind == isNumber && x.numbers.size > 0:
		if n, ok := val.num(); ok {
			hash := n.Hash()
			return x.numbers.get(hash, n), hash
		}
	}
	return nil, 0
}

// verify is all, by way of the hint if it is of use.
func (v *view) verify(cl *clause, left uint32) (bool, error) {
	if v.hint == 0 || len(cl.scopes) != 1 || cl.choices || len(v.groups) == 1 || len(cl.preds) > maskedPreds {
		return v.all(cl, left)
	}
	s := &cl.scopes[0]
	array := v.confined(cl, s)
	if array == nil {
		return v.all(cl, left)
	}
	for _, i := range s.preds {
		left &^= 1 << i
	}
	for i := range cl.preds {
		p := &cl.preds[i]
		if left>>i&1 == 1 && (p.matcher != nil) != (p.matcher != nil && v.some(p) || p.matcher == nil && v.first(p.path) != 0) {
			return false, nil
		}
	}
	if !v.inSomeElement(cl, s) {
		return false, nil
	}
	for _, c := range cl.checks {
		if ok, err := c.holds(v); !ok {
			return false, err
		}
	}
	return true, nil
}

// confined returns the array in one element of which all of a scope must hold, an
// element that has one of the values of the hint. It is nil if the hint is of no use.
func (v *view) confined(cl *clause, s *scope) *path {
	val := &v.values[v.hint]
	if val.group == 0 || v.dotted {
		return nil
	}
	array := v.groups[v.outermost(val.group)].array
	found := false
	for _, i := range s.preds {
		p := &cl.preds[i]
		if !p.path.below(array) {
			return nil
		}
		found = found || p.path == val.path && p.asksFor(val)
	}
	if !found {
		return nil
	}
	return array
}

// asksFor says whether only a value equal to val satisfies the predicate.
func (p *predicate) asksFor(val *value) bool {
	if p.matcher == nil || len(p.matcher.any) != 1 {
		return false
	}
	switch c := p.matcher.any[0].(type) {
	case textIs, numberIs:
		return p.match(val)
	case *numeric:
		return c.low.set && c.high.set && c.low.number == c.high.number && p.match(val)
	}
	return false
}

func (v *view) outermost(g int32) int32 {
	for v.groups[g].parent != 0 {
		g = v.groups[g].parent
	}
	return g
}

func (v *view) inSomeElement(cl *clause, s *scope) bool {
	last := int32(0)
	for i := v.hint; i != 0; i = v.values[i].same {
		if v.values[i].group == 0 {
			continue
		}
		g := v.outermost(v.values[i].group)
		if g != last && v.inElement(cl, s, g) {
			return true
		}
		last = g
	}
	return false
}

// inElement is together for the values of one outermost element.
func (v *view) inElement(cl *clause, s *scope, g int32) bool {
	v.begin(1)
	v.touch(g, 1)
	highest := g
	for at := v.groups[g].from; at < v.groups[g].to; at++ {
		val := &v.values[at]
		v.work++
		if val.kind == isDead {
			continue
		}
		for n, i := range s.preds {
			p := &cl.preds[i]
			if p.path != val.path {
				continue
			}
			bits := v.broken
			if p.matcher != nil {
				if bits = v.held; !p.match(val) {
					continue
				}
			}
			v.touch(val.group, 1)
			bits[val.group] |= 1 << n
			highest = max(highest, val.group)
		}
	}
	pred := func(i int) *predicate { return &cl.preds[s.preds[i]] }
	below := &v.below
	below.array = nil
	for at := highest; at > g; at-- {
		if v.epochs[at] != v.epoch {
			continue
		}
		if array := v.groups[at].array; below.array != array {
			below.of(array, len(s.preds), 1, pred)
		}
		v.outward(at, 1, below)
	}
	for n, i := range s.preds {
		if cl.preds[i].matcher != nil && v.held[g]>>n&1 == 0 || cl.preds[i].matcher == nil && v.broken[g]>>n&1 == 1 {
			return false
		}
	}
	return true
}
