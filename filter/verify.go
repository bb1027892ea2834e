package filter

import (
	"errors"
	"slices"
)

// verifying is what a view needs to see whether predicates hold together.
type verifying struct {
	epoch  uint32
	epochs []uint32 // by group: when its bits were last cleared
	held   []uint64 // by group: the predicates that hold in it
	broken []uint64 // by group: the absences that do not
	below  need
}

// ErrEntangled is the error for a pattern with so many $or, over so many arrays of
// one event, that trying their combinations was given up.
var ErrEntangled = errors.New("too many combinations of $or and array elements")

// all says whether a clause holds. Of its predicates left has those not yet known to.
func (v *view) all(cl *clause, left uint32) (bool, error) {
	groups := -1
	for i := 0; i < len(cl.preds); i++ {
		if i < maskedPreds {
			if left>>i == 0 && len(cl.preds) <= maskedPreds {
				break
			}
			if left>>i&1 == 0 {
				continue
			}
		}
		p := &cl.preds[i]
		if p.matcher != nil {
			if !v.some(p) {
				return false, nil
			}
			continue
		}
		if v.first(p.path) == 0 {
			continue
		}
		if groups < 0 {
			groups = len(v.groups)
		}
		if groups == 1 || !p.path.inData() || !cl.scoped(int32(i)) {
			return false, nil
		}
	}
	return v.rest(cl)
}

// scoped says whether a predicate is to be seen together with others.
func (cl *clause) scoped(i int32) bool {
	for _, s := range cl.scopes {
		if _, ok := slices.BinarySearch(s.preds, i); ok {
			return true
		}
	}
	return false
}

// rest judges what single predicates can't say: arrays, choices, checks.
func (v *view) rest(cl *clause) (bool, error) {
	if cl.plain {
		return true, nil
	}
	if len(cl.scopes) > 0 && (len(v.groups) > 1 || cl.choices) {
		for i := range cl.scopes {
			if ok, err := v.scope(cl, &cl.scopes[i]); !ok {
				return false, err
			}
		}
	}
	for _, c := range cl.checks {
		if ok, err := c.holds(v); !ok {
			return false, err
		}
	}
	return true, nil
}

// some says whether some value at the predicate's path satisfies it.
func (v *view) some(p *predicate) bool {
	for i := v.first(p.path); i != 0; i = v.values[i].next {
		v.work++
		if p.match(&v.values[i]) {
			return true
		}
	}
	return false
}

func (v *view) scope(cl *clause, s *scope) (bool, error) {
	if len(s.choices) > 0 {
		return v.choices(cl, s)
	}
	return v.together(len(s.preds), func(i int) *predicate { return &cl.preds[s.preds[i]] }), nil
}

// together says whether one element can be chosen of each array so that all n
// predicates hold. It goes from the innermost arrays outwards: an element in which
// everything holds that is asked below its array lets it hold in the element or the
// data around.
func (v *view) together(n int, pred func(int) *predicate) bool {
	words := (n + 63) / 64
	v.begin(words)
	highest := int32(0)
	v.touch(0, words)
	for i := range n {
		p := pred(i)
		for at := v.first(p.path); at != 0; at = v.values[at].next {
			v.work++
			val := &v.values[at]
			bits := v.broken
			if p.matcher != nil {
				if bits = v.held; !p.match(val) {
					continue
				}
			}
			v.touch(val.group, words)
			bits[int(val.group)*words+i/64] |= 1 << (i % 64)
			highest = max(highest, val.group)
		}
	}
	below := &v.below
	below.array = nil
	for g := highest; g > 0; g-- {
		v.work++
		if v.epochs[g] != v.epoch {
			continue
		}
		if array := v.groups[g].array; below.array != array {
			below.of(array, n, words, pred)
		}
		v.outward(g, words, below)
	}
	for i := range n {
		if pred(i).matcher != nil {
			if v.held[i/64]>>(i%64)&1 == 0 {
				return false
			}
		} else if v.broken[i/64]>>(i%64)&1 == 1 {
			return false
		}
	}
	return true
}

func (v *view) begin(words int) {
	v.epoch++
	if v.epoch == 0 {
		clear(v.epochs)
		v.epoch = 1
	}
	if n := len(v.groups); n > len(v.epochs) {
		v.epochs = make([]uint32, n+n/4)
	}
	if n := len(v.groups) * words; n > len(v.held) {
		v.held, v.broken = make([]uint64, n+n/4), make([]uint64, n+n/4)
	}
}

func (v *view) touch(g int32, words int) {
	if v.epochs[g] == v.epoch {
		return
	}
	v.epochs[g] = v.epoch
	clear(v.held[int(g)*words : (int(g)+1)*words])
	clear(v.broken[int(g)*words : (int(g)+1)*words])
}

// A need is what a clause asks of the elements of one array.
type need struct {
	array *path
	bits  []uint64 // predicates that want a value below the array
	any   bool
}

func (b *need) of(array *path, n, words int, pred func(int) *predicate) {
	b.array, b.any = array, false
	b.bits = slices.Grow(b.bits[:0], words)[:words]
	clear(b.bits)
	for i := range n {
		if p := pred(i); p.matcher != nil && p.path.below(array) {
			b.bits[i/64] |= 1 << (i % 64)
			b.any = true
		}
	}
}

// outward tells the group around g what holds in g.
func (v *view) outward(g int32, words int, below *need) {
	parent := v.groups[g].parent
	v.touch(parent, words)
	held, broken := v.held[int(g)*words:][:words], v.broken[int(g)*words:][:words]
	outer, outerBroken := v.held[int(parent)*words:][:words], v.broken[int(parent)*words:][:words]
	if !below.any {
		for w := range broken {
			outerBroken[w] |= broken[w]
		}
		return
	}
	for w, want := range below.bits {
		have := held[w]
		if v.dotted { // what is spelled with a dotted name beside the array
			for a := parent; ; a = v.groups[a].parent {
				if v.epochs[a] == v.epoch {
					have |= v.held[int(a)*words+w]
				}
				if a == 0 {
					break
				}
			}
		}
		if have&want != want || broken[w] != 0 {
			return
		}
	}
	for w, want := range below.bits {
		outer[w] |= want
	}
}
