package filter

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A Set matches one event against many filters in one pass. The zero Set is empty
// and ready. It is safe for concurrent use: matching takes no lock and sees the
// filters as they were at one moment.
type Set[K comparable] struct {
	snapshot atomic.Pointer[snapshot[K]]

	mu    sync.Mutex
	rules map[K]*rule
	keys  vector[K] // by clause
	garden
}

// A snapshot is a Set as readers see it: it never changes.
type snapshot[K comparable] struct {
	root    *treeNode
	data    *branch
	keys    vector[K]
	paths   int32 // paths have numbers below that,
	clauses int32 // clauses too
}

// Put adds a filter, or replaces the one that the key had.
func (s *Set[K]) Put(key K, f Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules == nil {
		s.rules = map[K]*rule{}
		s.paths, s.crowd = newPathTable(), map[habit]int{}
	}
	ed := new(edit)
	if old := s.rules[key]; old != nil {
		s.uproot(ed, old)
	}
	r := s.plant(ed, f.n)
	s.rules[key] = r
	s.name(ed, r, key)
	s.publish()
}

// Delete takes a filter out.
func (s *Set[K]) Delete(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.rules[key]
	if old == nil {
		return
	}
	delete(s.rules, key)
	ed := new(edit)
	var none K
	s.name(ed, old, none)
	s.uproot(ed, old)
	if len(s.rules) == 0 {
		s.keys, s.free, s.next = vector[K]{}, nil, 0
	}
	s.publish()
}

// name gives the clauses of a rule their key.
func (s *Set[K]) name(ed *edit, r *rule, key K) {
	for _, cl := range r.clauses {
		s.keys.set(ed, cl.number, key)
	}
}

func (s *Set[K]) publish() {
	s.snapshot.Store(&snapshot[K]{s.root, s.garden.paths.root, s.keys, s.garden.paths.next, s.next})
}

// Len is how many filters there are.
func (s *Set[K]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rules)
}

// Match appends to dst the keys of the filters that select e, in no order.
func (s *Set[K]) Match(e event.Event, dst []K) ([]K, error) {
	d, err := document.FromSDK(e)
	if err != nil {
		return dst, err
	}
	return s.MatchDocument(d, dst)
}

// MatchDocument is Match for the library itself. The error, a *SetError, names the
// filters that could not be judged; the keys of the others are in the result.
func (s *Set[K]) MatchDocument(d *document.Document, dst []K) ([]K, error) {
	sn := s.snapshot.Load()
	if sn == nil || sn.root == nil {
		return dst, nil
	}
	v := look(d, sn.data, sn.paths)
	defer v.done()
	v.expect(sn.clauses)
	v.visit(sn.root)
	for _, number := range v.hits {
		dst = append(dst, sn.keys.at(number))
	}
	if len(v.failed) > 0 {
		return dst, sn.error(v)
	}
	return dst, nil
}

func (sn *snapshot[K]) error(v *view) error {
	failed := map[K]error{}
	for _, f := range v.failed {
		key := sn.keys.at(f.clause)
		failed[key] = errors.Join(failed[key], f.err)
	}
	for _, number := range v.hits { // a clause that holds outweighs another's error
		delete(failed, sn.keys.at(number))
	}
	if len(failed) == 0 {
		return nil
	}
	return &SetError[K]{failed}
}

// A garden is a Set as its writer sees it, without the keys.
type garden struct {
	paths   *pathTable
	root    *treeNode
	crowd   map[habit]int
	numbers uint32  // of nodes and indexes
	free    []int32 // numbers of clauses that are gone
	next    int32   // the least number of a clause never used
}

func (g *garden) number() int32 {
	if last := len(g.free) - 1; last >= 0 {
		n := g.free[last]
		g.free = g.free[:last]
		return n
	}
	g.next++
	return g.next - 1
}

func (g *garden) plant(ed *edit, n *node) *rule {
	c := compiler{paths: g.paths, edit: ed}
	r := c.compile(n)
	p := planter{edit: ed, next: &g.numbers}
	for _, cl := range r.clauses {
		cl.number, cl.several = g.number(), len(r.clauses) > 1
		cl.lead = r.clauses[0].number
		g.choosePlaces(cl)
		g.root = p.insert(g.root, candidate{clause: cl, left: cl.mask()})
	}
	return r
}

// mask has a bit for each predicate that a mask can tell apart.
func (cl *clause) mask() uint32 { return 1<<min(len(cl.preds), maskedPreds) - 1 }

// choosePlaces settles where wildcards are kept, and notes what has to be looked at
// twice.
func (g *garden) choosePlaces(cl *clause) {
	for i := range cl.preds[:cl.none] {
		pred := &cl.preds[i]
		cl.several = cl.several || len(pred.matcher.any) > 1
		for n, c := range pred.matcher.any {
			p := c.place()
			if !p.sure && i < maskedPreds {
				cl.unsure |= 1 << i
			}
			if p.kind != byGram {
				continue
			}
			p = p.choose(pred.path, g.crowd)
			g.crowd[habit{pred.path.id, p.kind, p.text}]++
			if cl.chosen == nil {
				cl.chosen = map[[2]int]place{}
			}
			cl.chosen[[2]int{i, n}] = p
		}
	}
}

func (g *garden) uproot(ed *edit, r *rule) {
	p := planter{edit: ed, next: &g.numbers}
	for _, cl := range r.clauses {
		g.free = append(g.free, cl.number)
		g.root = p.remove(g.root, candidate{clause: cl, left: cl.mask()})
		for at, place := range cl.chosen {
			h := habit{cl.preds[at[0]].path.id, place.kind, place.text}
			if g.crowd[h]--; g.crowd[h] == 0 {
				delete(g.crowd, h)
			}
		}
	}
	for _, path := range r.paths {
		g.paths.release(ed, path)
	}
}
