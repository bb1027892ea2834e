package containment

import "strconv"

// combinators takes the keywords that apply schemas to the whole value.
func (c *checker) combinators(w *conj, r *node, v *view) []Break {
	var breaks []Break
	if v.ref != nil {
		breaks = append(breaks, c.accepts(w, v.ref)...)
	}
	for _, n := range v.allOf {
		breaks = append(breaks, c.accepts(w, n)...)
	}
	breaks = append(breaks, c.anyOf(w, r, v.anyOf)...)
	breaks = append(breaks, c.oneOf(w, r, v.oneOf)...)
	if v.not != nil && !c.contradicts(w, v.not) && !c.empty(c.with(w, v.not)) {
		breaks = append(breaks, c.breakAt("not", w, r, "not", true))
	}
	return append(breaks, c.conditional(w, r, v)...)
}

// contradicts says whether the writer, too, says not.
func (c *checker) contradicts(w *conj, n *node) bool {
	return c.any(w, func(v *view) bool { return v.not != nil && c.same(v.not, n) })
}

// candidates are the branches that some of what is written may fit.
func (c *checker) candidates(w *conj, branches []*node) []*node {
	var found []*node
	for _, n := range branches {
		if !c.empty(c.with(w, n)) {
			found = append(found, n)
		}
	}
	return found
}

func (c *checker) anyOf(w *conj, r *node, branches []*node) []Break {
	if len(branches) == 0 {
		return nil
	}
	found := c.candidates(w, branches)
	switch len(found) {
	case 0:
		return []Break{c.breakAt("anyOf/none", w, r, "anyOf", false)}
	case 1:
		return c.accepts(w, found[0])
	}
	for _, n := range found {
		if len(c.accepts(w, n)) == 0 {
			return nil
		}
	}
	return []Break{c.breakAt("anyOf/several", w, r, "anyOf", true, strconv.Itoa(len(found)))}
}

// oneOf wants, besides, that no two of the branches accept the same.
func (c *checker) oneOf(w *conj, r *node, branches []*node) []Break {
	if len(branches) == 0 {
		return nil
	}
	found := c.candidates(w, branches)
	switch len(found) {
	case 0:
		return []Break{c.breakAt("oneOf/none", w, r, "oneOf", false)}
	case 1:
		return c.accepts(w, found[0])
	}
	for i, a := range found {
		both := c.with(w, a)
		for _, b := range found[:i] {
			if !c.empty(c.with(both, b)) {
				return []Break{c.breakAt("oneOf/overlap", w, r, "oneOf", true)}
			}
		}
	}
	for _, n := range found {
		if len(c.accepts(w, n)) == 0 {
			return nil
		}
	}
	return []Break{c.breakAt("oneOf/several", w, r, "oneOf", true, strconv.Itoa(len(found)))}
}

func (c *checker) conditional(w *conj, r *node, v *view) []Break {
	if v.when == nil || v.then == nil && v.otherwise == nil {
		return nil
	}
	var breaks []Break
	then := c.with(w, v.when)
	never := c.empty(then)
	if v.then != nil && !never {
		breaks = append(breaks, c.accepts(then, v.then)...)
	}
	if v.otherwise != nil && !c.isMember(w, v.when) {
		found := c.accepts(w, v.otherwise)
		if !never {
			found = unproven(found)
		}
		breaks = append(breaks, found...)
	}
	return breaks
}
