package filter

import (
	"cmp"
	"slices"
)

// A ballot counts what speaks for an index on one path.
type ballot struct {
	path  *path
	votes int
	sum   float64
}

// minShare: a path needs one vote of so many to get an index of its own.
const minShare = 16

// split gives a node whose bag is full one more index, and puts there what it can
// tell apart. Each candidate votes for the path that would set it apart from most
// others, attributes before data; if no path unites enough votes, every one that has any
// gets an index.
func (p *planter) split(n *treeNode) {
	var candidates []candidate
	n.bag.all(func(c *candidate) { candidates = append(candidates, *c) })
	chosen := elect(candidates)
	if len(chosen) == 0 {
		n.retry = int32(2 * len(candidates))
		return
	}
	n.retry, n.bag = 0, bag{}
	for _, at := range chosen {
		x := &index{edit: p.edit, path: at, age: p.number()}
		if len(n.indexes) < manyIndexes || !at.inData() {
			n.indexes = append(n.indexes, x)
		} else {
			*n.many.slot(p.edit, pathHash(at.id), at.id) = x
		}
	}
	for _, c := range candidates {
		if x := n.eldest(c); x != nil {
			p.keep(p.ownIndex(n, x), c)
		} else {
			n.bag.add(c)
		}
	}
	p.prune(n, chosen)
	if size := n.bag.len(); size > bagSize {
		p.split(n)
	}
}

// prune takes out the new indexes that kept nothing: an elder one had it all.
func (p *planter) prune(n *treeNode, paths []*path) {
	n.indexes = slices.DeleteFunc(n.indexes, func(x *index) bool { return x.size == 0 })
	for _, at := range paths {
		if x := n.many.get(pathHash(at.id), at.id); x != nil && (*x).size == 0 {
			n.many.remove(p.edit, pathHash(at.id), at.id)
		}
	}
}

func elect(candidates []candidate) []*path {
	crowd := countPlaces(candidates)
	ballots := map[*path]*ballot{}
	for _, c := range candidates {
		best, most := crowd.vote(c, false)
		if best == nil {
			best, most = crowd.vote(c, true)
		}
		if best == nil {
			continue
		}
		if ballots[best] == nil {
			ballots[best] = &ballot{path: best}
		}
		ballots[best].votes++
		ballots[best].sum += most
	}
	var all, enough []*ballot
	for _, b := range ballots {
		all = append(all, b)
		if b.votes*minShare >= len(candidates) {
			enough = append(enough, b)
		}
	}
	if len(enough) > 0 {
		return []*path{slices.MaxFunc(enough, func(a, b *ballot) int {
			return cmp.Or(cmp.Compare(a.sum/float64(a.votes), b.sum/float64(b.votes)), cmp.Compare(b.path.id, a.path.id))
		}).path}
	}
	slices.SortFunc(all, func(a, b *ballot) int { return cmp.Compare(a.path.id, b.path.id) })
	paths := make([]*path, len(all))
	for i, b := range all {
		paths[i] = b.path
	}
	return paths
}

// A crowding says how many candidates are kept at one place.
type crowding struct {
	at     map[crowdKey]int
	ranges map[*path][]*numeric // a sample
	total  int
}

type crowdKey struct {
	path *path
	kind placeKind
	key  any
}

const rangeSample = 24

func countPlaces(candidates []candidate) *crowding {
	c := &crowding{at: map[crowdKey]int{}, ranges: map[*path][]*numeric{}, total: len(candidates)}
	for _, each := range candidates {
		for i := range each.clause.preds {
			if !each.spreads(i) {
				continue
			}
			path := each.clause.preds[i].path
			each.clause.places(i, func(p *place) {
				if p.kind == byRange {
					if len(c.ranges[path]) < rangeSample {
						c.ranges[path] = append(c.ranges[path], p.stretch)
					}
					return
				}
				c.at[crowdKey{path, p.kind, p.key()}]++
			})
		}
	}
	return c
}

// vote is for the path that sets a candidate apart best, and how well. Attributes come
// first where they tell anything: no data is scanned for what they rule out.
func (c *crowding) vote(each candidate, data bool) (best *path, most float64) {
	for i := range each.clause.preds {
		p := &each.clause.preds[i]
		if !each.spreads(i) || !data && (p.path.inData() || !each.clause.tells(i)) {
			continue
		}
		if w := c.weight(each.clause, i); best == nil || w > most {
			best, most = p.path, w
		}
	}
	return best, most
}

// fewPlaces is in how many copies of a clause, with all below it, a saved scan is worth
// the memory and the time of a change.
const fewPlaces = 8

// tells says whether predicate i is kept by what it asks for, in all its alternatives,
// and these are few.
func (cl *clause) tells(i int) bool {
	tells := len(cl.preds[i].matcher.any) <= fewPlaces
	cl.places(i, func(p *place) { tells = tells && p.kind != byPresence })
	return tells
}

// key tells places of one kind apart.
func (p *place) key() any {
	switch p.kind {
	case byNumber:
		return p.number
	case byWord:
		return p.word
	case byBlock:
		return p.block
	case byPresence:
		return nil
	}
	return p.text
}

// weight is how well predicate i sets a clause apart.
func (c *crowding) weight(cl *clause, i int) float64 {
	at := cl.preds[i].path
	count, w := 0.0, 1.0
	n := 0
	cl.places(i, func(p *place) {
		w = min(w, worth[p.kind])
		n++
		if n > 64 { // the first places tell enough
			return
		}
		if p.kind == byRange {
			count += c.overlap(at, p.stretch)
			return
		}
		count += float64(c.at[crowdKey{at, p.kind, p.key()}])
	})
	share := min(1, count/float64(c.total))
	w *= (1 - .9*share) / (1 + .02*float64(n-1))
	if at.inData() {
		w *= .75
	}
	return w
}

// overlap estimates how many stretches are met together with this one: those of the
// sample that hold an end of it.
func (c *crowding) overlap(at *path, s *numeric) float64 {
	sample := c.ranges[at]
	end := s.low
	if !end.set {
		end = s.high
	}
	hits := 0
	for _, other := range sample {
		if other.contains(end.number) || compareStretches(other, s) == 0 {
			hits++
		}
	}
	return float64(hits) / float64(len(sample)) * float64(c.total)
}
