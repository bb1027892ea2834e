package filter

import (
	"maps"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// Uses is how much of what its filters need there is in a set that is not empty.
func (s *Set[K]) Uses() (paths, clauses, habits int) {
	return int(s.paths.next) - len(s.paths.free) - 1, int(s.next) - len(s.free), len(s.crowd)
}

// Now is the set as it is at this moment.
func (s *Set[K]) Now() func(*document.Document) []K {
	sn := s.snapshot.Load()
	return func(d *document.Document) (keys []K) {
		if sn == nil {
			return nil
		}
		v := look(d, sn.data, sn.paths)
		defer v.done()
		v.expect(sn.clauses)
		v.visit(sn.root)
		for _, number := range v.hits {
			keys = append(keys, sn.keys.at(number))
		}
		return keys
	}
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
