package filter

// A rule is a filter in the form in which it is matched: any of its clauses.
type rule []*clause

// A clause is a conjunction: all its predicates, choices and checks must hold.
type clause struct {
	// The predicates: those on attributes, then those on data; of each, those for
	// absence last.
	preds []predicate
	data  int32 // from where on they are on data

	number  int32  // its own in the Set
	lead    int32  // the number of the first clause of its rule
	unsure  uint32 // the predicates to be looked at though an index led here
	several bool   // its rule has other clauses, too
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

// ownTerms makes the clause's terms its own, to be written.
func (cl *clause) ownTerms() *terms {
	if cl.terms == &noTerms {
		cl.terms = new(terms)
	}
	return cl.terms
}

// newClause makes a clause with room for n predicates, in one piece if they are few:
// who comes for the clause looks at them next.
func newClause(n int) *clause {
	switch n {
	case 0, 1:
		c := new(roomy[[1]predicate])
		return c.with(c.room[:0])
	case 2:
		c := new(roomy[[2]predicate])
		return c.with(c.room[:0])
	case 3:
		c := new(roomy[[3]predicate])
		return c.with(c.room[:0])
	}
	return new(clause).with(make([]predicate, 0, n))
}

type roomy[R any] struct {
	clause
	room R
}

func (cl *clause) with(room []predicate) *clause {
	cl.preds, cl.terms = room, &noTerms
	return cl
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
	add(func(p predicate) bool { return p.matcher != nil && !p.path.inData() })
	cl.data = add(func(p predicate) bool { return p.matcher == nil && !p.path.inData() })
	add(func(p predicate) bool { return p.matcher != nil && p.path.inData() })
	add(func(p predicate) bool { return p.matcher == nil && p.path.inData() })
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
