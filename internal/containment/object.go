package containment

import (
	"maps"
	"slices"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A nameSet is what a writer may call a property: names that some schema spells out,
// those that a pattern matches, and, where the object is open, all others.
type nameSet struct {
	spelled  []string
	patterns []string
	open     bool
	written  map[string]bool // of spelled, those that the writer declares
}

// names gathers the names of a writer.
func (c *checker) names(w *conj) nameSet {
	spelled, patterns := map[string]bool{}, map[string]bool{}
	s := nameSet{written: map[string]bool{}}
	described, opened := false, false
	gather := func(n *node, writes bool) {
		v := c.view(n)
		for _, name := range v.spelled() {
			spelled[name] = true
			s.written[name] = s.written[name] || writes
		}
		if !writes {
			return
		}
		for _, p := range v.patterns {
			patterns[p.expr] = true
		}
		for _, n := range []*node{v.additional, v.unevaluatedMembers} {
			opened = opened || n != nil && !n.isFalse()
		}
	}
	for _, m := range w.members {
		gather(m.n, !m.reader)
		described = described || !m.reader && c.view(m.n).described
	}
	for _, n := range w.loose {
		gather(n, true)
	}
	if s.open = c.Strict || !described || opened; s.open {
		for _, m := range w.members { // also of what the reader tells
			for _, p := range c.view(m.n).patterns {
				patterns[p.expr] = true
			}
		}
	}
	s.spelled, s.patterns = slices.Sorted(maps.Keys(spelled)), slices.Sorted(maps.Keys(patterns))
	return s
}

// spelled are the names that a schema mentions.
func (v *view) spelled() []string {
	found := slices.Clone(v.required)
	found = slices.AppendSeq(found, maps.Keys(v.properties))
	found = slices.AppendSeq(found, maps.Keys(v.needsThat))
	for name, others := range v.needs {
		found = append(append(found, name), others...)
	}
	return found
}

// may says whether a property of a name may be written.
func (s nameSet) may(name string) bool {
	if s.open || s.written[name] {
		return true
	}
	return slices.ContainsFunc(s.patterns, func(expr string) bool { return newPattern(expr, nil).matches(name) != refused })
}

// property is what is written under a name; nil where it is not written.
func (c *checker) property(w *conj, names nameSet, name string) *conj {
	c.step()
	if !names.may(name) || c.nameWritten(w, name) == refused {
		return nil
	}
	p := c.part(w, func(v *view) []*node { hits, _ := v.property(name, false); return hits })
	if p.never || p.kinds == 0 {
		return nil
	}
	return p
}

// matching is what is written under names that match a writer's pattern and that no
// schema spells out.
func (c *checker) matching(w *conj, expr string) *conj {
	return c.part(w, func(v *view) []*node {
		var hits []*node
		for _, p := range v.patterns {
			if p.expr == expr {
				hits = append(hits, p.n)
			}
		}
		if len(v.patterns) == 0 {
			hits = append(hits, v.additional)
		}
		return hits
	})
}

// others is what is written under all other names; nil where there are none.
func (c *checker) others(w *conj, names nameSet) *conj {
	if !names.open {
		return nil
	}
	return c.part(w, func(v *view) []*node { return []*node{v.additional} })
}

func (c *checker) objects(w *conj, r *node, v *view) []Break {
	if w.kinds&object == 0 {
		return nil
	}
	if w.kinds != object {
		w = c.of(w, object) // what depends on a property may hold now
	}
	names := c.names(w)
	breaks := c.required(w, r, v, names)
	breaks = append(breaks, c.counts(w, r, "minProperties", c.leastProperties(w), v.minProperties, false)...)
	breaks = append(breaks, c.counts(w, r, "maxProperties", c.mostProperties(w, names), v.maxProperties, true)...)
	for _, rule := range []func(*conj, *node, *view, nameSet) []Break{c.properties, c.patterns, c.additional, c.propertyNames, c.dependencies} {
		breaks = append(breaks, rule(w, r, v, names)...)
	}
	return breaks
}

func (c *checker) leastProperties(w *conj) int {
	return max(len(w.required), c.least(w, func(v *view) int { return v.minProperties }))
}

func (c *checker) mostProperties(w *conj, names nameSet) int {
	most := c.most(w, func(v *view) int { return v.maxProperties })
	if rest := c.others(w, names); len(names.patterns) > 0 || rest != nil && !rest.never {
		return most
	}
	count := 0
	for _, name := range names.spelled {
		if c.property(w, names, name) != nil {
			count++
		}
	}
	if most >= 0 && most < count {
		return most
	}
	return count
}

func (c *checker) required(w *conj, r *node, v *view, names nameSet) []Break {
	var breaks []Break
	for _, name := range slices.Compact(slices.Sorted(slices.Values(v.required))) {
		if w.required[name] {
			continue
		}
		if c.DefaultsFill && v.properties[name] != nil {
			if _, has := v.properties[name].loc.Object()["default"]; has {
				continue
			}
		}
		row := "required/added"
		if names.written[name] {
			row = "required/optional"
		}
		breaks = append(breaks, c.breakAt(row, w, r, "required", false, name))
	}
	return breaks
}

// properties compares what the reader says of names that he spells out.
func (c *checker) properties(w *conj, r *node, v *view, names nameSet) []Break {
	var breaks []Break
	for _, name := range slices.Sorted(maps.Keys(v.properties)) {
		n, p := v.properties[name], c.property(w, names, name)
		if p == nil || c.always(n) {
			continue
		}
		if !names.written[name] && len(p.members) == 0 {
			if found := c.below(p, n); len(found) > 0 {
				breaks = append(breaks, c.breakAt("properties/open", w, r, jsonschema.Append("properties", name), Unproven(found), name))
			}
			continue
		}
		breaks = append(breaks, c.below(p, n)...)
	}
	return breaks
}

// patterns compares what the reader says of names that match.
func (c *checker) patterns(w *conj, r *node, v *view, names nameSet) []Break {
	var breaks []Break
	for _, p := range v.patterns {
		if c.always(p.n) {
			continue
		}
		for _, name := range names.spelled {
			hit := p.matches(name)
			if hit == refused {
				continue
			}
			if at := c.property(w, names, name); at != nil {
				found := c.below(at, p.n)
				if hit == unknown {
					found = unproven(found)
				}
				breaks = append(breaks, found...)
			}
		}
		for _, expr := range names.patterns {
			found := c.below(c.matching(w, expr), p.n)
			if expr != p.expr {
				found = unproven(found)
			}
			breaks = append(breaks, found...)
		}
		if rest := c.others(w, names); rest != nil && !slices.Contains(names.patterns, p.expr) {
			found := c.below(rest, p.n)
			if len(names.patterns) > 0 {
				found = unproven(found)
			}
			breaks = append(breaks, found...)
		}
	}
	return breaks
}

// additional compares what the reader says of names that he does not mention.
func (c *checker) additional(w *conj, r *node, v *view, names nameSet) []Break {
	ignored := func(n *node) bool { return n == nil || !c.Strict && n.isFalse() || c.always(n) }
	if !ignored(v.additional) {
		return c.unmentioned(w, r, v, names, v.additional, "additionalProperties")
	}
	if v.additional != nil && c.always(v.additional) || ignored(v.unevaluatedMembers) {
		return nil
	}
	return unproven(c.unmentioned(w, r, v, names, v.unevaluatedMembers, "unevaluatedProperties"))
}

func (c *checker) unmentioned(w *conj, r *node, v *view, names nameSet, n *node, keyword string) []Break {
	var breaks []Break
	for _, name := range names.spelled {
		hits, sure := v.property(name, true)
		if v.additional != nil {
			hits = slices.DeleteFunc(hits, func(h *node) bool { return h == v.additional })
		}
		if len(hits) > 0 {
			continue
		}
		at := c.property(w, names, name)
		if at == nil {
			continue
		}
		found := c.below(at, n)
		switch {
		case len(found) > 0 && n.isFalse():
			breaks = append(breaks, c.breakAt("additionalProperties/removed", w, r, keyword, !sure, name))
		case sure:
			breaks = append(breaks, found...)
		default:
			breaks = append(breaks, unproven(found)...)
		}
	}
	one := func(at *conj, proven bool) {
		found := c.below(at, n)
		switch {
		case len(found) > 0 && n.isFalse():
			breaks = append(breaks, c.breakAt("additionalProperties/closed", w, r, keyword, !proven))
		case proven:
			breaks = append(breaks, found...)
		default:
			breaks = append(breaks, unproven(found)...)
		}
	}
	for _, expr := range names.patterns {
		if !slices.ContainsFunc(v.patterns, func(p *pattern) bool { return p.expr == expr }) {
			one(c.matching(w, expr), len(v.patterns)+len(v.properties) == 0)
		}
	}
	if rest := c.others(w, names); rest != nil {
		one(rest, len(v.patterns) == 0 && len(names.patterns) == 0)
	}
	return breaks
}

// propertyNames compares the names themselves.
func (c *checker) propertyNames(w *conj, r *node, v *view, names nameSet) []Break {
	if v.names == nil || c.always(v.names) {
		return nil
	}
	var breaks []Break
	for _, name := range names.spelled {
		if c.property(w, names, name) == nil {
			continue
		}
		if result := c.evaluate(v.names, name, true, 0); result != accepted && c.nameWritten(w, name) != refused {
			breaks = append(breaks, c.breakAt("propertyNames/name", w, r, "propertyNames", result == unknown, strconv.Quote(name)))
		}
	}
	var held []member
	for _, m := range w.members {
		if n := c.view(m.n).names; n != nil {
			held = append(held, member{n, true})
		}
	}
	one := func(at, name *conj) {
		if at != nil && !at.never && len(c.below(name, v.names)) > 0 {
			breaks = append(breaks, c.breakAt("propertyNames", w, r, "propertyNames", true))
		}
	}
	for _, expr := range names.patterns {
		one(c.matching(w, expr), c.expand(append(slices.Clone(held), member{c.named(expr), true}), text, nil, nil))
	}
	one(c.others(w, names), c.expand(held, text, nil, nil))
	return breaks
}

// nameWritten says whether the writer's propertyNames let a name pass.
func (c *checker) nameWritten(w *conj, name string) verdict {
	result := accepted
	for _, m := range w.members {
		if n := c.view(m.n).names; n != nil {
			result = min(result, c.evaluate(n, name, false, 0))
		}
	}
	return result
}

// dependencies compares what the reader wants once a property is there.
func (c *checker) dependencies(w *conj, r *node, v *view, names nameSet) []Break {
	mentioned := slices.AppendSeq(slices.Collect(maps.Keys(v.needs)), maps.Keys(v.needsThat))
	slices.Sort(mentioned)
	var breaks []Break
	for _, name := range slices.Compact(mentioned) {
		if c.property(w, names, name) == nil {
			continue
		}
		there := c.with(w, c.wanted(name))
		if there.never || c.empty(there) {
			continue
		}
		for _, other := range v.needs[name] {
			if !there.required[other] {
				breaks = append(breaks, c.breakAt("dependencies", w, r, "", false, name, other))
			}
		}
		if n := v.needsThat[name]; n != nil {
			breaks = append(breaks, c.accepts(there, n)...)
		}
	}
	return breaks
}
