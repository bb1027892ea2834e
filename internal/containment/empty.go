package containment

import "maps"

// empty says whether nothing satisfies the writer. A no means only that nobody saw it.
func (c *checker) empty(w *conj) bool {
	c.step()
	if w.never || w.kinds == 0 {
		return true
	}
	if c.exhausted() || c.nesting > maxNesting {
		return false
	}
	key := w.key()
	if known, asked := c.emptiness[key]; asked {
		return known // while it is being decided, no
	}
	c.emptiness[key] = false
	c.nesting++
	found := c.nothing(w)
	c.nesting--
	c.emptiness[key] = found
	return found
}

func (c *checker) nothing(w *conj) bool {
	for _, m := range w.members {
		if n := c.view(m.n).not; n != nil && (c.always(n) || c.isMember(w, n)) {
			return true
		}
	}
	if values, ok := c.finite(w); ok {
		return len(values) == 0
	}
	left := w.kinds
	for _, one := range []struct {
		kinds
		none func(*conj) bool
	}{{number, c.noNumber}, {text, c.noText}, {array, c.noArray}, {object, c.noObject}} {
		if left&one.kinds != 0 && one.none(c.of(w, one.kinds)) {
			left &^= one.kinds
		}
	}
	if left == 0 {
		return true
	}
	cases := c.cases(c.of(w, left))
	if cases == nil {
		return false
	}
	for _, one := range cases {
		if !c.empty(one) {
			return false
		}
	}
	return true
}

func (c *checker) noNumber(w *conj) bool {
	lower, upper := c.lower(w), c.upper(w)
	if w.kinds == 0 {
		return true
	}
	if lower == nil || upper == nil {
		return false
	}
	d := lower.n.Cmp(upper.n)
	return d > 0 || d == 0 && (lower.exclusive || upper.exclusive)
}

func (c *checker) noText(w *conj) bool {
	most := c.most(w, func(v *view) int { return v.maxLength })
	return most >= 0 && most < c.least(w, func(v *view) int { return v.minLength })
}

func (c *checker) noArray(w *conj) bool {
	least, most := c.leastItems(w), c.items(w)
	if most >= 0 && most < least {
		return true
	}
	last := 0
	for _, m := range w.members {
		last = max(last, len(c.view(m.n).prefix))
	}
	for i := range min(least, last+1) {
		if c.empty(c.item(w, i)) {
			return true
		}
	}
	return false
}

func (c *checker) noObject(w *conj) bool {
	names := c.names(w)
	for name := range maps.Keys(w.required) {
		if p := c.property(w, names, name); p == nil || c.empty(p) {
			return true
		}
	}
	most := c.mostProperties(w, names)
	return most >= 0 && most < c.leastProperties(w)
}
