package filter

import "slices"

// A rule is a filter in the form in which it is matched: any of its clauses.
type rule []*clause

// A clause is a conjunction: all its predicates, choices and checks must hold.
type clause struct {
	// The predicates: those on attributes, those on data, those for absence.
	preds []predicate
	data  int32 // how many are on attributes
	none  int32 // how many are not for absence

	number  int32  // its own in the Set
	lead    int32  // the number of the first clause of its rule
	unsure  uint32 // the predicates to be looked at though an index led here
	several bool   // its rule may be met more than once in one event
	plain   bool   // it is all in the predicates that a mask can tell apart

	next *clause // of the same rule in a Set
	*terms
}

// Terms are what a clause has beyond its predicates, which is seldom.
type terms struct {
	scopes  []scope // the parts in which arrays may bind predicates together
	choices bool    // some scope has choices
	checks  []check

	chosen []chosen // where wildcards are kept
	paths  []*path  // that the whole rule uses, if these are not those of the predicates
}

// A chosen is where alternative alt of predicate pred is kept.
type chosen struct {
	pred, alt int32
	habit
}

var noTerms terms

// own makes the clause's terms its own, to be written.
func (cl *clause) ownTerms() *terms {
	if cl.terms == &noTerms {
		cl.terms = new(terms)
	}
	return cl.terms
}

// newClause makes a clause with room for n predicates, in one piece if they are few:
// who comes for the clause looks at them next.
func newClause(n int) *clause {
	switch {
	case n <= 1:
		c := new(struct {
			clause
			room [1]predicate
		})
		c.preds, c.terms = c.room[:0], &noTerms
		return &c.clause
	case n == 2:
		c := new(struct {
			clause
			room [2]predicate
		})
		c.preds, c.terms = c.room[:0], &noTerms
		return &c.clause
	case n == 3:
		c := new(struct {
			clause
			room [3]predicate
		})
		c.preds, c.terms = c.room[:0], &noTerms
		return &c.clause
	}
	return &clause{preds: make([]predicate, 0, n), terms: &noTerms}
}

// A predicate asks for a value at a path for which the matcher holds; without a
// matcher, that there is none. What most predicates are, one string or anything but
// one string, stands in the predicate itself: it is a long way to the matcher.
type predicate struct {
	path    *path
	matcher *matcher
	text    string
	how     shortcut
}

type shortcut uint8

const (
	askMatcher shortcut = iota
	isText
	isNotText
)

func newPredicate(p *path, m *matcher) predicate {
	pred := predicate{path: p, matcher: m}
	if m == nil || len(m.any) != 1 {
		return pred
	}
	switch c := m.any[0].(type) {
	case textIs:
		pred.text, pred.how = string(c), isText
	case butNot:
		if t, ok := c.list.any[0].(textIs); ok && len(c.list.any) == 1 {
			pred.text, pred.how = string(t), isNotText
		}
	}
	return pred
}

func (p *predicate) match(v *value) bool {
	switch p.how {
	case isText:
		return v.kind == isString && v.text == p.text
	case isNotText:
		return v.kind != isString || v.text != p.text
	}
	return p.matcher.match(v)
}

// A scope is a pattern's share of a clause: what it asks of an array must hold
// within one element.
type scope struct {
	preds   []int32 // by number, those on data
	choices []*compiledChoice
}

// A compiledChoice is a $or that was not multiplied out.
type compiledChoice struct{ branches []compiledObject }

type compiledObject struct {
	preds   []predicate
	choices []*compiledChoice
}

// A check is what no predicate can say: a negation, a function, an expression.
type check interface {
	holds(v *view) (bool, error)
}

// maxClauses is how many clauses a conjunction of alternatives is multiplied out to.
// Past it, choices are judged as they stand.
const maxClauses = 64

// A compiler turns filters into rules over a table of paths.
type compiler struct {
	paths *pathTable
	edit  *edit
	used  []*path // by what was compiled, each as often as it is
}

func (c *compiler) compile(n *node) rule { return clauses(c.drafts(n)) }

// A draft is a clause in the making: by scope.
type draft struct {
	parts  []compiledObject
	checks []check
}

// drafts are the alternatives of a filter.
func (c *compiler) drafts(n *node) []draft {
	switch {
	case n == nil:
		return []draft{{}}
	case n.pattern != nil:
		objects := expand(c.object(n.pattern))
		ds := make([]draft, len(objects))
		for i, o := range objects {
			ds[i].parts = []compiledObject{o}
		}
		return ds
	case n.kind == nodeAny:
		var ds []draft
		for _, each := range n.list {
			ds = append(ds, c.drafts(each)...)
		}
		return ds
	case n.kind == nodeAll:
		return c.product(n.list)
	case n.kind == nodeNot:
		return []draft{{checks: []check{negation{c.sub(n.list[0]), n.list[0]}}}}
	}
	d := draft{checks: []check{n.judge.check}}
	if guard := n.judge.guard; guard != nil {
		d.parts = []compiledObject{c.object(guard)}
	}
	return []draft{d}
}

// product multiplies filters out while there are few enough clauses. The others
// become checks.
func (c *compiler) product(list []*node) []draft {
	ds := []draft{{}}
	for _, each := range list {
		more := c.drafts(each)
		if len(ds)*len(more) > maxClauses {
			more = []draft{{checks: []check{nested{clauses(more)}}}}
		}
		var all []draft
		for _, d := range ds {
			for _, m := range more {
				all = append(all, draft{
					parts:  slices.Concat(d.parts, m.parts),
					checks: slices.Concat(d.checks, m.checks),
				})
			}
		}
		ds = all
	}
	return ds
}

// sub compiles a filter to be judged as a part of another.
func (c *compiler) sub(n *node) rule { return clauses(c.drafts(n)) }

func clauses(ds []draft) rule {
	list := make(rule, len(ds))
	for i, d := range ds {
		list[i] = d.clause()
	}
	return list
}

// object gives an object of a pattern its paths. A leaf with exists: false among
// other alternatives is a choice.
func (c *compiler) object(o *object) compiledObject {
	var out compiledObject
	for i := range o.fields {
		f := &o.fields[i]
		p := c.path(f)
		if f.matcher != nil && f.absent {
			out.choices = append(out.choices, &compiledChoice{[]compiledObject{
				{preds: []predicate{newPredicate(p, f.matcher)}},
				{preds: []predicate{newPredicate(p, nil)}},
			}})
			continue
		}
		out.preds = append(out.preds, newPredicate(p, f.matcher))
	}
	for _, or := range o.ors {
		ch := &compiledChoice{}
		for _, branch := range or.branches {
			ch.branches = append(ch.branches, c.object(branch))
		}
		out.choices = append(out.choices, ch)
	}
	return out
}

func (c *compiler) path(f *field) *path {
	var p *path
	if name := f.attribute(); name != "" {
		p = c.paths.attribute(name)
	} else {
		p = c.paths.data(c.edit, f.segments())
	}
	c.used = append(c.used, p)
	return p
}

// expand multiplies choices out as far as maxClauses allows.
func expand(o compiledObject) []compiledObject {
	out := []compiledObject{{preds: o.preds}}
	var left []*compiledChoice // not multiplied out
	for _, ch := range o.choices {
		var branches []compiledObject
		for _, b := range ch.branches {
			branches = append(branches, expand(b)...)
		}
		if len(out)*len(branches) > maxClauses {
			left = append(left, ch)
			continue
		}
		all := make([]compiledObject, 0, len(out)*len(branches))
		for _, a := range out {
			for _, b := range branches {
				all = append(all, compiledObject{
					preds:   slices.Concat(a.preds, b.preds),
					choices: slices.Concat(a.choices, b.choices),
				})
			}
		}
		out = all
	}
	for i := range out {
		if len(out[i].choices) == 0 {
			out[i].choices = slices.Clip(left) // shared: there may be many of many
		} else {
			out[i].choices = slices.Concat(out[i].choices, left)
		}
	}
	return out
}

// clause puts the predicates in order.
func (d draft) clause() *clause {
	size := 0
	for _, part := range d.parts {
		size += len(part.preds)
	}
	cl := newClause(size)
	if len(d.checks) > 0 {
		cl.ownTerms().checks = d.checks
	}
	scopes := make([]scope, len(d.parts))
	add := func(class func(predicate) bool) int32 {
		for i, part := range d.parts {
			for _, p := range part.preds {
				if !class(p) {
					continue
				}
				if p.path.inData() {
					scopes[i].preds = append(scopes[i].preds, int32(len(cl.preds)))
				}
				cl.preds = append(cl.preds, p)
			}
		}
		return int32(len(cl.preds))
	}
	cl.data = add(func(p predicate) bool { return p.matcher != nil && !p.path.inData() })
	cl.none = add(func(p predicate) bool { return p.matcher != nil && p.path.inData() })
	add(func(p predicate) bool { return p.matcher == nil })
	for i, s := range scopes {
		s.choices = d.parts[i].choices
		if len(s.choices) > 0 || cl.bound(s.preds) {
			t := cl.ownTerms()
			t.scopes, t.choices = append(t.scopes, s), t.choices || len(s.choices) > 0
		}
	}
	cl.plain = len(cl.preds) <= maskedPreds && len(cl.scopes) == 0 && len(cl.checks) == 0
	return cl
}

// bound says whether an array may bind some of the predicates together: two of
// them lie under one name.
func (cl *clause) bound(preds []int32) bool {
	if len(preds) < 2 {
		return false
	}
	asked := make(map[*path]bool, len(preds)) // for a value
	for _, n := range preds {
		p := &cl.preds[n]
		top, value := p.path.top(), p.matcher != nil
		if before, again := asked[top]; again && (before || value) {
			return true
		}
		asked[top] = value
	}
	return false
}

// top is the member of the data that p is or lies under.
func (p *path) top() *path {
	for p.depth > 1 {
		p = p.parent
	}
	return p
}
