package schema

import (
	"slices"
	"strconv"
	"strings"
)

// Validating may take more steps than there are values: schemas that reach the same
// property by two ways apply twice to it, four times to what is in it, and so on. An
// engine cannot be stopped, so the steps are counted before: what a schema asks of any
// one value where that is bounded, else by a walk over the data that keeps, at each
// value, how many times each schema applies. That walk takes time in proportion to
// the data even where an engine would take forever.

// What validating may take: a step is one schema applied to one value, which takes an
// engine some microseconds.
const (
	freeSteps     = 500_000
	stepsPerValue = 10
)

// Bounds of working out beforehand what a schema asks.
const (
	maxStates = 4_096
	maxVisits = 200_000
)

// steps knows what a schema asks of data.
type steps struct {
	root *node
	// most is what any one value may take; nil when nobody knows.
	most *weights
}

// weights are what applying schemas to a value takes.
type weights struct {
	cost    int // steps
	member  int // steps for each of its properties
	subtree int // how many times all of it is compared or printed
	pattern int // how much of a regular expression each byte of its text meets
}

// A stage is the schemas that apply to a value, with how many times each.
type stage struct {
	weights
	schemas []applied
	prefix  int // the most items that have schemas of their own
	below   map[string]*stage
}

type applied struct {
	schema *node
	times  int
}

func newSteps(root *node) *steps {
	a := newAutomaton(maxVisits)
	most := &weights{}
	queue := []*stage{a.start(root)}
	for seen := map[*stage]bool{}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		if seen[s] {
			continue
		}
		seen[s] = true
		most.cost, most.member = max(most.cost, s.cost), max(most.member, s.member)
		most.subtree, most.pattern = max(most.subtree, s.subtree), max(most.pattern, s.pattern)
		queue = append(queue, a.all(s)...)
		if a.left < 0 || len(seen) > maxStates {
			return &steps{root, nil}
		}
	}
	return &steps{root, most}
}

// count is about how many steps data takes at most, and whether that is within what it
// may take.
func (s *steps) count(data any, of size) (steps int, affordable bool) {
	budget := freeSteps + stepsPerValue*of.values
	if m := s.most; m != nil {
		bound := float64(m.cost+m.member)*float64(of.values) +
			float64(m.subtree)*float64(of.values)*float64(of.levels+1)/2 + float64(m.pattern)*float64(of.bytes)/200
		if bound <= float64(budget) {
			return int(bound), true
		}
	}
	a := newAutomaton(budget)
	a.walk(a.start(s.root), data)
	return budget - a.left, a.left >= 0
}

// An automaton makes states as they are needed, until nothing is left.
type automaton struct {
	states map[string]*stage
	left   int
}

func newAutomaton(left int) *automaton { return &automaton{map[string]*stage{}, left} }

func (a *automaton) start(root *node) *stage { return a.state(map[*node]int{root: 1}) }

// walk takes what the data takes from what is left. It returns how many values there
// are.
func (a *automaton) walk(s *stage, data any) int {
	if a.left -= s.cost; a.left < 0 {
		return 0
	}
	values := 1
	switch v := data.(type) {
	case map[string]any:
		names := 0
		for name, member := range v {
			names += len(name)
			values += a.walk(a.property(s, name), member)
		}
		a.left -= s.member*len(v) + s.pattern*names/200
	case []any:
		for i, item := range v {
			values += a.walk(a.item(s, i), item)
		}
	case string:
		a.left -= s.pattern * len(v) / 200
	}
	a.left -= s.subtree * values / 2
	return values
}

// state makes the state of what applies to a value, with all that they apply to it.
func (a *automaton) state(roots map[*node]int) *stage {
	key := keyOf(roots)
	if s, ok := a.states[key]; ok {
		return s
	}
	times := map[*node]int{}
	for n, c := range roots {
		a.close(n, c, times)
	}
	s := &stage{below: map[string]*stage{}}
	a.states[key] = s
	for n, c := range times {
		s.schemas = append(s.schemas, applied{n, c})
	}
	slices.SortFunc(s.schemas, func(x, y applied) int { return x.schema.id - y.schema.id })
	for _, x := range s.schemas {
		s.weigh(x.schema, x.times)
		s.prefix = max(s.prefix, len(x.schema.prefix))
		if x.schema.names != nil && a.left >= 0 {
			names := a.state(map[*node]int{x.schema.names: x.times})
			s.member += names.cost
			s.pattern += names.pattern
		}
	}
	return s
}

func keyOf(roots map[*node]int) string {
	ids := make([][2]int, 0, len(roots))
	for n, c := range roots {
		ids = append(ids, [2]int{n.id, c})
	}
	slices.SortFunc(ids, func(x, y [2]int) int { return x[0] - y[0] })
	var b strings.Builder
	for _, x := range ids {
		b.WriteString(strconv.Itoa(x[0]))
		b.WriteByte('*')
		b.WriteString(strconv.Itoa(x[1]))
		b.WriteByte(' ')
	}
	return b.String()
}

// close counts a schema and what it applies to the same value.
func (a *automaton) close(n *node, c int, times map[*node]int) {
	if a.left--; a.left < 0 || times[n]+c > freeSteps {
		a.left = -1
		return
	}
	times[n] += c
	for _, inner := range n.inPlace() {
		a.close(inner, c, times)
	}
}

// inPlace are the schemas that a schema applies to the same value.
func (n *node) inPlace() []*node {
	all := slices.Concat(n.refs, n.mayRefer, n.allOf, n.anyOf, n.oneOf)
	for _, s := range []*node{n.not, n.cond, n.then, n.els} {
		if s != nil {
			all = append(all, s)
		}
	}
	for _, d := range n.dependents {
		all = append(all, d.schema)
	}
	return all
}

func (w *weights) weigh(n *node, times int) {
	w.cost += times * (1 + len(n.properties)/20 + len(n.enum)/20)
	w.member += times * (len(n.unevaluated) + len(n.properties)/50)
	for _, p := range n.patterns { // one engine compiles them for each property
		w.member += times * p.steps
	}
	w.pattern += times * n.patternSize
	if n.enum != nil || n.hasConst || n.unique {
		w.subtree += times
	}
	if n.opaque { // a metaschema has some thirty properties and few schemas in place
		w.cost += 10 * times
		w.subtree += 2 * times
	}
}

// property is the state of what a name holds.
func (a *automaton) property(s *stage, name string) *stage {
	return a.next(s, "."+name, func(n *node, add func(*node)) {
		child, known := n.properties[name]
		if known {
			add(child)
		}
		for _, p := range n.patterns {
			if p.name.MatchString(name) {
				known = true
				add(p.schema)
			}
		}
		if !known && n.additional != nil {
			add(n.additional)
		}
	})
}

// other is the state of what any name holds that is in no schema.
func (a *automaton) other(s *stage) *stage {
	return a.next(s, "*", func(n *node, add func(*node)) {
		for _, p := range n.patterns {
			add(p.schema)
		}
		if n.additional != nil {
			add(n.additional)
		}
	})
}

// item is the state of an item.
func (a *automaton) item(s *stage, i int) *stage {
	i = min(i, s.prefix)
	return a.next(s, "#"+strconv.Itoa(i), func(n *node, add func(*node)) {
		if i < len(n.prefix) {
			add(n.prefix[i])
		} else if n.items != nil {
			add(n.items)
		}
		if n.contains != nil {
			add(n.contains)
		}
	})
}

// next is a state below, made once.
func (a *automaton) next(s *stage, label string, children func(n *node, add func(*node))) *stage {
	if below, ok := s.below[label]; ok {
		return below
	}
	roots := map[*node]int{}
	for _, x := range s.schemas {
		if a.left--; a.left < 0 {
			break
		}
		add := func(n *node) { roots[n] += x.times }
		if x.schema.opaque {
			add(x.schema)
			continue
		}
		children(x.schema, add)
		for _, n := range x.schema.unevaluated {
			add(n)
		}
	}
	below := a.state(roots)
	s.below[label] = below
	return below
}

// all are the states of everything that a value may hold.
func (a *automaton) all(s *stage) []*stage {
	below := []*stage{a.other(s)}
	for i := range s.prefix + 1 {
		below = append(below, a.item(s, i))
	}
	for _, x := range s.schemas {
		for _, name := range sortedKeys(x.schema.properties) {
			if a.left < 0 {
				return below
			}
			below = append(below, a.property(s, name))
		}
	}
	return below
}
