package filter

import (
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
	snapshot atomic.Pointer[snapshot]

	mu    sync.Mutex
	paths *pathTable
	rules map[K]*rule
}

type snapshot struct {
	rules []*rule
	data  *branch
	paths int32
}

type matching struct{ emitted []uint32 }

// Put adds a filter, or replaces the one that the key had.
func (s *Set[K]) Put(key K, f Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths == nil {
		s.paths, s.rules = newPathTable(), map[K]*rule{}
	}
	ed := new(edit)
	s.delete(ed, key)
	c := compiler{paths: s.paths, edit: ed}
	s.rules[key] = c.compile(f.n, key)
	s.publish()
}

// Delete takes a filter out.
func (s *Set[K]) Delete(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules[key] == nil {
		return
	}
	s.delete(new(edit), key)
	s.publish()
}

func (s *Set[K]) delete(ed *edit, key K) {
	if r := s.rules[key]; r != nil {
		for _, p := range r.paths {
			s.paths.release(ed, p)
		}
		delete(s.rules, key)
	}
}

func (s *Set[K]) publish() {
	sn := &snapshot{data: s.paths.root, paths: s.paths.next}
	for _, r := range s.rules {
		sn.rules = append(sn.rules, r)
	}
	slices.SortFunc(sn.rules, func(a, b *rule) int { return int(a.id - b.id) })
	s.snapshot.Store(sn)
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
	if sn == nil {
		return dst, nil
	}
	v := look(d, sn.data, sn.paths)
	defer v.done()
	var failed map[K]error
	for _, r := range sn.rules {
		ok, err := v.any(r)
		if ok {
			dst = append(dst, r.key.(K))
		}
		if err != nil {
			if failed == nil {
				failed = map[K]error{}
			}
			failed[r.key.(K)] = err
		}
	}
	if failed != nil {
		return dst, &SetError[K]{failed}
	}
	return dst, nil
}
