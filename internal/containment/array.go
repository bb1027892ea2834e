package containment

import "strconv"

// item is what the writer writes at an index.
func (c *checker) item(w *conj, i int) *conj {
	return c.part(w, func(v *view) []*node { return []*node{v.item(i)} })
}

// part is what the members, and what may hold beside them, say of a part of the value.
func (c *checker) part(w *conj, of func(*view) []*node) *conj {
	var members []member
	var extra []*node
	for _, m := range w.members {
		for _, n := range of(c.view(m.n)) {
			if n != nil {
				members = append(members, member{n, m.reader})
			}
		}
	}
	for _, l := range w.loose {
		for _, n := range of(c.view(l)) {
			if n != nil {
				extra = append(extra, n)
			}
		}
	}
	return c.expand(members, allKinds, nil, extra)
}

// items is how many items there are at most; -1 is no limit.
func (c *checker) items(w *conj) int {
	return c.most(w, func(v *view) int {
		if v.rest != nil && v.rest.isFalse() && (v.maxItems < 0 || len(v.prefix) < v.maxItems) {
			return len(v.prefix)
		}
		return v.maxItems
	})
}

func (c *checker) leastItems(w *conj) int {
	return c.least(w, func(v *view) int {
		if v.contains != nil {
			return max(v.minItems, v.minContains)
		}
		return v.minItems
	})
}

func (c *checker) arrays(w *conj, r *node, v *view) []Break {
	if w.kinds&array == 0 {
		return nil
	}
	most := c.items(w)
	breaks := c.counts(w, r, "minItems", c.leastItems(w), v.minItems, false)
	breaks = append(breaks, c.counts(w, r, "maxItems", most, v.maxItems, true)...)
	if v.unique && (most < 0 || most > 1) && !c.any(w, func(v *view) bool { return v.unique }) {
		breaks = append(breaks, c.breakAt("uniqueItems", w, r, "uniqueItems", false))
	}
	breaks = append(breaks, c.positions(w, r, v, most)...)
	return append(breaks, c.containing(w, r, v, most)...)
}

// positions compares items, by index as far as an index matters.
func (c *checker) positions(w *conj, r *node, v *view, most int) []Break {
	last := len(v.prefix)
	for _, m := range w.members {
		last = max(last, len(c.view(m.n).prefix))
	}
	var breaks []Break
	for i := 0; i <= last && (most < 0 || i < most); i++ {
		n := v.item(i)
		if n == nil && v.unevaluatedItems != nil && !c.always(v.unevaluatedItems) {
			if found := c.below(c.item(w, i), v.unevaluatedItems); len(found) > 0 {
				breaks = append(breaks, c.breakAt("opaque", w, r, "unevaluatedItems", true, "unevaluatedItems"))
			}
		}
		if n == nil || c.always(n) {
			continue
		}
		found := c.below(c.item(w, i), n)
		if len(found) > 0 && n.isFalse() {
			return append(breaks, c.breakAt("items/closed", w, r, v.restKeyword, false, strconv.Itoa(i)))
		}
		breaks = append(breaks, found...)
	}
	return breaks
}

// containing compares contains: what the writer's array contains must do, or what
// every item is.
func (c *checker) containing(w *conj, r *node, v *view, most int) []Break {
	if v.contains == nil {
		return nil
	}
	held := func() bool {
		if c.least(w, func(v *view) int { return v.minItems }) >= v.minContains && len(c.everyItem(w, v.contains)) == 0 {
			return true
		}
		for _, m := range w.members {
			has := c.view(m.n)
			if has.contains != nil && has.minContains >= v.minContains && len(c.below(c.expand([]member{{has.contains, true}}, allKinds, nil, nil), v.contains)) == 0 {
				return true
			}
		}
		return false
	}
	limited := func() bool {
		if most >= 0 && most <= v.maxContains {
			return true
		}
		return c.any(w, func(has *view) bool {
			return has.contains != nil && has.maxContains >= 0 && has.maxContains <= v.maxContains && c.same(has.contains, v.contains)
		})
	}
	var breaks []Break
	if v.minContains > 0 && !held() {
		empty := c.leastItems(w) == 0
		breaks = append(breaks, c.breakAt("contains", w, r, "contains", !empty))
	}
	if v.maxContains >= 0 && !limited() {
		breaks = append(breaks, c.breakAt("opaque", w, r, "maxContains", true, "maxContains"))
	}
	return breaks
}

// everyItem asks about each item.
func (c *checker) everyItem(w *conj, n *node) []Break {
	last := 0
	for _, m := range w.members {
		last = max(last, len(c.view(m.n).prefix))
	}
	for i := range last + 1 {
		if found := c.below(c.item(w, i), n); len(found) > 0 {
			return found
		}
	}
	return nil
}
