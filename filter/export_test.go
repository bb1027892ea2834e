package filter

import (
	"maps"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// Empty says whether nothing is left in the set, not even what its filters needed.
func (s *Set[K]) Empty() bool {
	return s.root == nil && len(s.rules) == 0 && (s.paths == nil || s.paths.empty()) && len(s.crowd) == 0
}

func (t *pathTable) empty() bool {
	return t.root.leaf() && len(t.attributes) == 0 && t.root.path.refs == 0 && len(t.free) == int(t.next)-1
}

// Work is what one match costs: the nodes, candidates and values looked at.
func (s *Set[K]) Work(d *document.Document) int {
	sn := s.snapshot.Load()
	v := look(d, sn.data, sn.paths)
	v.expect(sn.clauses)
	before := v.work
	v.visit(sn.root)
	work := v.work - before
	v.done()
	return work
}

// Scans is how often matching an event goes through its data.
func (s *Set[K]) Scans(d *document.Document) int {
	sn := s.snapshot.Load()
	v := look(d, sn.data, sn.paths)
	v.expect(sn.clauses)
	v.visit(sn.root)
	defer v.done()
	return v.scans
}

// Operators are the names of the language's operators.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }
