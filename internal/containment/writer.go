package containment

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A conj is a writer: schemas that all hold for what he writes.
type conj struct {
	members  []member
	kinds    kinds
	never    bool // nothing satisfies it
	required map[string]bool
	split    map[string]bool // alternatives that have been decided on, by their name
	extra    []*node         // alternatives decided against, which may hold all the same
	doubtful bool            // more may hold than is seen here
	loose    []*node         // what may hold or not, extra among it: what it declares may be written
}

// A member is one of the schemas. One that came from the reader is read as the reader
// reads.
type member struct {
	n      *node
	reader bool
}

// expand makes a writer of schemas, with what these refer to and their allOf. A value
// of another kind than the mask allows is not written.
func (c *checker) expand(from []member, mask kinds, split map[string]bool, extra []*node) *conj {
	w := &conj{kinds: mask, required: map[string]bool{}, split: split, extra: extra}
	seen := map[member]bool{}
	queue := slices.Clone(from)
	for {
		for len(queue) > 0 {
			m := queue[0]
			queue = queue[1:]
			if seen[m] {
				continue
			}
			seen[m] = true
			c.step()
			v := c.view(m.n)
			if v.isTrue {
				continue
			}
			if v.ref == nil || len(v.keywords) > 1 { // a mere reference says no more than what it leads to
				w.members = append(w.members, m)
			}
			queue = append(queue, w.add(v, m)...)
		}
		if queue = c.triggered(w, seen); len(queue) == 0 {
			break
		}
	}
	if !c.Strict {
		c.loosen(w)
	}
	return w
}

// add takes in what a member says of the whole value, and returns the schemas that it
// applies to it.
func (w *conj) add(v *view, m member) []member {
	w.never = w.never || v.never
	w.kinds &= v.kinds
	if v.factor != nil && v.factor.IsInt() {
		w.kinds &^= fraction
	}
	for _, name := range v.required {
		w.required[name] = true
	}
	var more []member
	if v.ref != nil {
		more = append(more, member{v.ref, m.reader})
	}
	for _, n := range v.allOf {
		more = append(more, member{n, m.reader})
	}
	for _, list := range [][]*node{v.anyOf, v.oneOf} {
		if len(list) == 1 {
			more = append(more, member{list[0], m.reader})
		}
	}
	return more
}

// triggered follows the dependencies of properties that are required.
func (c *checker) triggered(w *conj, seen map[member]bool) []member {
	var more []member
	for changed := true; changed; {
		changed = false
		for _, m := range w.members {
			v := c.view(m.n)
			for _, name := range slices.Sorted(maps.Keys(w.required)) {
				for _, other := range v.needs[name] {
					changed = changed || !w.required[other]
					w.required[other] = true
				}
				if n := v.needsThat[name]; n != nil && w.kinds == object && !seen[member{n, m.reader}] && !slices.Contains(more, member{n, m.reader}) {
					more = append(more, member{n, m.reader})
				}
			}
		}
	}
	return more
}

// loosen gathers the schemas that may hold for the whole value or not.
func (c *checker) loosen(w *conj) {
	seen := map[*node]bool{}
	var gather func(n *node)
	gather = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		c.step()
		w.loose = append(w.loose, n)
		v := c.view(n)
		for _, list := range [][]*node{{v.ref, v.when, v.then, v.otherwise}, v.allOf, v.anyOf, v.oneOf} {
			for _, next := range list {
				gather(next)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v.needsThat)) {
			gather(v.needsThat[name])
		}
	}
	for _, n := range w.extra {
		gather(n)
	}
	for _, m := range w.members {
		if m.reader {
			continue
		}
		v := c.view(m.n)
		for _, d := range w.undecided(m.n, v) {
			for _, one := range d.cases {
				for _, n := range one {
					gather(n)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v.needsThat)) {
			gather(v.needsThat[name])
		}
	}
}

// A decision is between cases of which at least one holds.
type decision struct {
	name  string
	cases [][]*node
	both  bool // more than one may hold

	otherwise bool // the second case is that the if does not hold
}

// undecided are the decisions a member leaves open.
func (w *conj) undecided(n *node, v *view) []decision {
	var open []decision
	add := func(keyword string, both bool, cases ...[]*node) {
		name := strconv.Itoa(n.id) + keyword
		if !w.split[name] {
			open = append(open, decision{name, cases, both, keyword == "if"})
		}
	}
	each := func(list []*node) (cases [][]*node) {
		for _, n := range list {
			cases = append(cases, []*node{n})
		}
		return cases
	}
	if len(v.anyOf) > 1 {
		add("anyOf", true, each(v.anyOf)...)
	}
	if len(v.oneOf) > 1 {
		add("oneOf", false, each(v.oneOf)...)
	}
	if v.when != nil && (v.then != nil || v.otherwise != nil) {
		yes, no := []*node{v.when}, []*node{}
		if v.then != nil {
			yes = append(yes, v.then)
		}
		if v.otherwise != nil {
			no = append(no, v.otherwise)
		}
		add("if", false, yes, no)
	}
	return open
}

// cases splits a writer by the first decision that is open. None is nil.
func (c *checker) cases(w *conj) []*conj {
	for _, m := range w.members {
		if open := w.undecided(m.n, c.view(m.n)); len(open) > 0 {
			return c.decided(w, m, open[0])
		}
	}
	return nil
}

func (c *checker) decided(w *conj, m member, d decision) []*conj {
	split := maps.Clone(w.split)
	if split == nil {
		split = map[string]bool{}
	}
	split[d.name] = true
	var found []*conj
	for i, one := range d.cases {
		members, extra := slices.Clone(w.members), slices.Clone(w.extra)
		for _, n := range one {
			members = append(members, member{n, m.reader})
		}
		for j, other := range d.cases {
			if d.both && j != i && !m.reader {
				extra = append(extra, other...)
			}
		}
		chosen := c.expand(members, w.kinds, split, extra)
		chosen.doubtful = w.doubtful || d.otherwise && i == 1
		found = append(found, chosen)
	}
	return found
}

// with is a writer for whom a schema of the reader holds too.
func (c *checker) with(w *conj, n *node) *conj {
	return c.expand(append(slices.Clone(w.members), member{n, true}), w.kinds, w.split, w.extra)
}

// of is a writer who writes only some kinds of values.
func (c *checker) of(w *conj, mask kinds) *conj {
	if w.kinds&mask == w.kinds {
		return w
	}
	return c.expand(w.members, w.kinds&mask, w.split, w.extra)
}

// key identifies what the writer writes.
func (w *conj) key() string {
	ids := make([]string, 0, len(w.members)+len(w.extra)+len(w.split)+1)
	for _, m := range w.members {
		id := strconv.Itoa(m.n.id)
		if m.reader {
			id += "r"
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, n := range w.extra {
		ids = append(ids, "+"+strconv.Itoa(n.id))
	}
	ids = append(ids, slices.Sorted(maps.Keys(w.split))...)
	return strings.Join(append(ids, strconv.Itoa(int(w.kinds))), ",")
}

// place is where the writer's schema stands: a pointer into the document it began
// with, or with the URI of another one.
func (w *conj) place(doc *jsonschema.Document) string {
	for _, m := range w.members {
		switch {
		case m.reader || m.n.loc.Doc == nil:
		case m.n.loc.Doc == doc:
			return m.n.loc.Pointer
		default:
			return m.n.loc.String()
		}
	}
	return ""
}

// lower is the greatest lower bound, upper the least upper one; nil is none.
func (c *checker) lower(w *conj) *bound {
	return c.tightest(w, func(v *view) []bound { return v.lower }, 1)
}
func (c *checker) upper(w *conj) *bound {
	return c.tightest(w, func(v *view) []bound { return v.upper }, -1)
}

func (c *checker) tightest(w *conj, bounds func(*view) []bound, sign int) *bound {
	var best *bound
	for _, m := range w.members {
		for _, b := range bounds(c.view(m.n)) {
			b = whole(b, w.kinds, sign)
			if best == nil || b.n.Cmp(best.n) == sign || b.n.Cmp(best.n) == 0 && b.exclusive {
				best = &b
			}
		}
	}
	return best
}

// whole moves a bound of integers to the next integer within it.
func whole(b bound, k kinds, sign int) bound {
	if k&number != integer {
		return b
	}
	one := big.NewRat(int64(sign), 1)
	if b.n.IsInt() {
		if b.exclusive {
			b.n, b.exclusive = new(big.Rat).Add(b.n, one), false
		}
		return b
	}
	floor := new(big.Int).Div(b.n.Num(), b.n.Denom()) // Euclidean: down for a positive divisor
	if sign > 0 {
		floor.Add(floor, big.NewInt(1))
	}
	b.n, b.exclusive = new(big.Rat).SetInt(floor), false
	return b
}

// most is the least of a limit over all members, -1 if there is none; least the
// greatest.
func (c *checker) most(w *conj, limit func(*view) int) int {
	best := -1
	for _, m := range w.members {
		if n := limit(c.view(m.n)); n >= 0 && (best < 0 || n < best) {
			best = n
		}
	}
	return best
}

func (c *checker) least(w *conj, limit func(*view) int) int {
	best := 0
	for _, m := range w.members {
		best = max(best, limit(c.view(m.n)))
	}
	return best
}

// any says whether some member has it.
func (c *checker) any(w *conj, has func(*view) bool) bool {
	return slices.ContainsFunc(w.members, func(m member) bool { return has(c.view(m.n)) })
}
