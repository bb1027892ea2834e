package filter

import (
	"cmp"
	"errors"
	"slices"
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
	rules map[K]*clause // the first of each rule's
	keys  vector[K]     // by clause
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
		s.rules = map[K]*clause{}
		s.garden = garden{paths: newPathTable(), crowd: map[habit]int{}}
	}
	ed := new(edit)
	s.take(ed, key)
	first := s.plant(ed, f.n)
	s.rules[key] = first
	s.name(ed, first, key)
	s.publish()
}

// Delete takes a filter out.
func (s *Set[K]) Delete(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.rules[key]; !ok {
		return
	}
	s.take(new(edit), key)
	if len(s.rules) == 0 { // as at first: tables don't shrink
		s.rules, s.keys, s.garden = nil, vector[K]{}, garden{}
		s.snapshot.Store(nil)
		return
	}
	s.publish()
}

// take takes out what the key has, if it has anything.
func (s *Set[K]) take(ed *edit, key K) {
	var none K
	first := s.rules[key]
	s.name(ed, first, none)
	s.uproot(ed, first)
	delete(s.rules, key)
}

// name gives the clauses of a rule their key.
func (s *Set[K]) name(ed *edit, first *clause, key K) {
	for cl := first; cl != nil; cl = cl.next {
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
	d, err := document.Borrow(e)
	if err != nil {
		return dst, err
	}
	defer d.GiveBack()
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
	numbers uint64  // of nodes and indexes
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

// plant returns the first clause of the filter's rule, nil if it has none.
func (g *garden) plant(ed *edit, n *node) *clause {
	c := compiler{paths: g.paths, edit: ed}
	r := c.compile(n)
	if len(r) == 0 {
		for _, path := range c.used {
			g.paths.release(ed, path)
		}
		return nil
	}
	if first := r[0]; len(r) > 1 || len(c.used) != len(first.preds) {
		first.ownTerms().paths = slices.Clip(c.used)
	}
	p := planter{edit: ed, next: &g.numbers}
	for i, cl := range r {
		cl.number, cl.several = g.number(), len(r) > 1
		cl.lead = r[0].number
		if i > 0 {
			r[i-1].next = cl
		}
		g.choosePlaces(cl)
		g.root = p.insert(g.root, candidate{clause: cl, left: cl.mask()}.ready())
	}
	return r[0]
}

// mask has a bit for each predicate that a mask can tell apart.
func (cl *clause) mask() uint32 { return 1<<min(len(cl.preds), maskedPreds) - 1 }

// choosePlaces settles where wildcards are kept, and notes what has to be looked at
// twice.
func (g *garden) choosePlaces(cl *clause) {
	for i := range cl.preds {
		pred := &cl.preds[i]
		if pred.matcher == nil {
			continue
		}
		for n, c := range pred.matcher.any {
			p := c.place()
			if !p.sure && i < maskedPreds {
				cl.unsure |= 1 << i
			}
			if p.kind != byGram {
				continue
			}
			h := p.choose(pred.path, g.crowd)
			g.crowd[h]++
			t := cl.ownTerms()
			t.chosen = append(t.chosen, chosen{int32(i), int32(n), h})
		}
	}
}

// placeOf is where a wildcard, alternative alt of predicate pred, is kept.
func (cl *clause) placeOf(pred, alt int) place {
	at, _ := slices.BinarySearchFunc(cl.chosen, chosen{pred: int32(pred), alt: int32(alt)}, func(a, b chosen) int {
		return cmp.Or(cmp.Compare(a.pred, b.pred), cmp.Compare(a.alt, b.alt))
	})
	return place{kind: cl.chosen[at].kind, text: cl.chosen[at].text}
}

// uproot takes out a rule by its first clause.
func (g *garden) uproot(ed *edit, first *clause) {
	p := planter{edit: ed, next: &g.numbers}
	for cl := first; cl != nil; cl = cl.next {
		g.free = append(g.free, cl.number)
		g.root = p.remove(g.root, candidate{clause: cl, left: cl.mask()})
		for _, c := range cl.chosen {
			if g.crowd[c.habit]--; g.crowd[c.habit] == 0 {
				delete(g.crowd, c.habit)
			}
		}
	}
	if first == nil {
		return
	}
	for _, path := range first.terms.paths {
		g.paths.release(ed, path)
	}
	if first.terms.paths == nil {
		for i := range first.preds {
			g.paths.release(ed, first.preds[i].path)
		}
	}
}
