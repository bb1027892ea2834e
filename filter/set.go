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
	snapshot atomic.Pointer[snapshot]

	mu    sync.Mutex
	rules map[K]*rule
	garden
}

// A snapshot is a Set as readers see it: it never changes.
type snapshot struct {
	root  *treeNode
	data  *branch
	paths int32 // paths have numbers below that,
	rules int32 // rules too
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
	s.rules[key] = s.plant(ed, f.n, key)
	s.snapshot.Store(s.publish())
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
	s.uproot(new(edit), old)
	s.snapshot.Store(s.publish())
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
	if int(sn.rules) > len(v.emitted) {
		v.emitted = append(v.emitted, make([]uint32, int(sn.rules)-len(v.emitted)+int(sn.rules)/4)...)
	}
	v.visit(sn.root)
	for _, r := range v.hits {
		dst = append(dst, r.key.(K))
	}
	if len(v.failed) > 0 {
		return dst, setError[K](v)
	}
	return dst, nil
}

func setError[K comparable](v *view) error {
	failed := map[K]error{}
	for _, f := range v.failed {
		key := f.rule.key.(K)
		failed[key] = errors.Join(failed[key], f.err)
	}
	for _, r := range v.hits { // a clause that holds outweighs another's error
		delete(failed, r.key.(K))
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
	numbers uint32  // of nodes, indexes and clauses
	free    []int32 // numbers of rules that are gone
	next    int32   // the least number of a rule never used
}

func (g *garden) publish() *snapshot {
	return &snapshot{root: g.root, data: g.paths.root, paths: g.paths.next, rules: g.next}
}

func (g *garden) plant(ed *edit, n *node, key any) *rule {
	c := compiler{paths: g.paths, edit: ed}
	r := c.compile(n, key)
	if last := len(g.free) - 1; last >= 0 {
		r.id, g.free = g.free[last], g.free[:last]
	} else {
		r.id = g.next
		g.next++
	}
	p := planter{edit: ed, next: &g.numbers}
	for _, cl := range r.clauses {
		cl.id, cl.several = p.number(), len(r.clauses) > 1
		g.choosePlaces(cl)
		g.root = p.insert(g.root, candidate{clause: cl, left: cl.mask()})
	}
	return r
}

// mask has a bit for each predicate that a mask can tell apart.
func (cl *clause) mask() uint64 { return 1<<min(len(cl.preds), maskedPreds) - 1 }

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
	g.free = append(g.free, r.id)
}
