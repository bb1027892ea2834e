package filter

// Empty says whether nothing is left in the set, not even what its filters needed.
func (s *Set[K]) Empty() bool {
	return s.root == nil && len(s.rules) == 0 && (s.paths == nil || s.paths.empty()) && len(s.crowd) == 0
}

func (t *pathTable) empty() bool {
	return t.root.leaf() && len(t.attributes) == 0 && t.root.path.refs == 0 && len(t.free) == int(t.next)-1
}
