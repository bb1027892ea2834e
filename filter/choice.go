package filter

import "slices"

// Choices that were not multiplied out are judged as they stand. Without arrays of
// objects in the event that is a plain walk. With them every combination of branches
// may need other elements, so combinations are tried, those that can't hold left out,
// up to a bound.

const maxCombinations = 4096

func (v *view) choices(cl *clause, s *scope) (bool, error) {
	for _, c := range s.choices {
		if !v.maybe(c) {
			return false, nil
		}
	}
	if len(v.groups) == 1 {
		return true, nil
	}
	t := combinations{view: v}
	for _, i := range s.preds {
		t.preds = append(t.preds, &cl.preds[i])
	}
	ok := t.try(s.choices)
	if !ok && t.tried > maxCombinations {
		return false, ErrEntangled
	}
	return ok, nil
}

// maybe says whether some branch of a choice holds, as far as one can tell without
// looking at elements together.
func (v *view) maybe(c *compiledChoice) bool {
	for i := range c.branches {
		if v.maybeBranch(&c.branches[i]) {
			return true
		}
	}
	return false
}

func (v *view) maybeBranch(o *compiledObject) bool {
	for i := range o.preds {
		if !v.maybePredicate(&o.preds[i]) {
			return false
		}
	}
	for _, c := range o.choices {
		if !v.maybe(c) {
			return false
		}
	}
	return true
}

func (v *view) maybePredicate(p *predicate) bool {
	if p.matcher != nil {
		return v.some(p)
	}
	return v.first(p.path) == 0 || p.path.inData() && len(v.groups) > 1
}

// combinations tries one branch of each choice.
type combinations struct {
	*view
	preds []*predicate
	tried int
	known map[*predicate]bool
}

func (t *combinations) try(open []*compiledChoice) bool {
	if t.tried++; t.tried > maxCombinations {
		return false
	}
	if len(open) == 0 {
		return t.together(len(t.preds), func(i int) *predicate { return t.preds[i] })
	}
	before := len(t.preds)
	for b := range open[0].branches {
		branch := &open[0].branches[b]
		if !t.possible(branch) {
			continue
		}
		for i := range branch.preds {
			if branch.preds[i].path.inData() {
				t.preds = append(t.preds, &branch.preds[i])
			}
		}
		rest := open[1:]
		if len(branch.choices) > 0 {
			rest = slices.Concat(branch.choices, rest)
		}
		if t.try(rest) {
			return true
		}
		t.preds = t.preds[:before]
	}
	return false
}

func (t *combinations) possible(o *compiledObject) bool {
	if t.known == nil {
		t.known = map[*predicate]bool{}
	}
	for i := range o.preds {
		p := &o.preds[i]
		ok, known := t.known[p]
		if !known {
			ok = t.maybePredicate(p)
			t.known[p] = ok
		}
		if !ok {
			return false
		}
	}
	return true
}
