package filter

import "slices"

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
