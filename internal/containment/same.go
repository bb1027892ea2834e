package containment

import "maps"

// same says whether two schemas say the same in the same words; what refuses nothing
// may differ. References are followed, and a pair met again is taken to be the same.
func (c *checker) same(a, b *node) bool {
	if known, ok := c.sameness[[2]int{a.id, b.id}]; ok {
		return known
	}
	visited := map[[2]int]bool{}
	result := c.alike(a, b, visited)
	if !result {
		c.sameness[[2]int{a.id, b.id}] = false
		return false
	}
	for pair := range visited { // all of them were needed, and all are
		c.sameness[pair] = true
	}
	return true
}

func (c *checker) alike(a, b *node, visited map[[2]int]bool) bool {
	pair := [2]int{a.id, b.id}
	if known, ok := c.sameness[pair]; ok || visited[pair] {
		return known || visited[pair]
	}
	if c.step(); c.exhausted() {
		return false
	}
	visited[pair] = true
	x, y := c.view(a), c.view(b)
	if a.loc.Doc == nil || b.loc.Doc == nil {
		return a == b
	}
	if x.isTrue != y.isTrue || x.never != y.never || a.loc.Doc.Dialect != b.loc.Doc.Dialect || len(x.keywords) != len(y.keywords) || len(x.children) != len(y.children) {
		return false
	}
	// What a dynamic reference means depends on the way to it.
	if len(x.opaque)+len(y.opaque) > 0 && !(c.itself && a == b) {
		return false
	}
	for name, value := range x.keywords {
		other, ok := y.keywords[name]
		if !ok || !x.nested[name] && name != "$ref" && !equal(value, other) {
			return false
		}
		if x.nested[name] && !equal(lists(value), lists(other)) {
			return false
		}
	}
	if (x.ref == nil) != (y.ref == nil) || x.ref != nil && !c.alike(x.ref, y.ref, visited) {
		return false
	}
	for at := range maps.Keys(x.children) {
		n := y.children[at]
		if n == nil || !c.alike(x.children[at], n, visited) {
			return false
		}
	}
	return true
}

// lists are what dependencies hold beside schemas: lists of names.
func lists(value any) any {
	entries, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	found := map[string]any{}
	for name, entry := range entries {
		if list, ok := entry.([]any); ok {
			found[name] = list
		}
	}
	return found
}
