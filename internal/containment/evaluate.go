package containment

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// A verdict on one value.
type verdict uint8

const (
	refused verdict = iota
	unknown
	accepted
)

func verdictOf(ok bool) verdict {
	if ok {
		return accepted
	}
	return refused
}

func (v verdict) not() verdict { return accepted - v }

const maxEvaluation = 200 // levels

// evaluate says whether a node accepts a value. What formats and unresolved references
// say is unknown. A reader reads as Options say, a writer by the letter.
func (c *checker) evaluate(n *node, value any, reader bool, depth int) verdict {
	c.step()
	v := c.view(n)
	switch {
	case v.isTrue:
		return accepted
	case v.never:
		return refused
	case depth > maxEvaluation || c.exhausted():
		return unknown
	}
	e := evaluation{c, v, reader && !c.Strict, depth + 1}
	result := accepted
	for _, rule := range []func(any) verdict{e.scalar, e.array, e.object, e.combined} {
		if result = min(result, rule(value)); result == refused {
			return refused
		}
	}
	return result
}

// An evaluation of one node.
type evaluation struct {
	c      *checker
	v      *view
	opened bool
	depth  int
}

func (e evaluation) on(n *node, value any) verdict {
	if n == nil {
		return accepted
	}
	return e.c.evaluate(n, value, e.opened, e.depth)
}

func kindsOf(value any) kinds {
	switch value := value.(type) {
	case nil:
		return null
	case bool:
		return boolean
	case string:
		return text
	case []any:
		return array
	case map[string]any:
		return object
	case json.Number:
		if r, ok := rational(value); ok && !r.IsInt() {
			return fraction
		}
		return integer
	}
	return 0
}

func (e evaluation) scalar(value any) verdict {
	v, result := e.v, accepted
	if kindsOf(value)&v.kinds == 0 {
		return refused
	}
	if v.hasEnum && !v.lists(value) {
		return refused
	}
	if len(v.opaque) > 0 {
		result = unknown
	}
	switch value := value.(type) {
	case json.Number:
		n, ok := rational(value)
		if !ok {
			return unknown
		}
		within := func(bounds []bound, sign int) bool {
			return !slices.ContainsFunc(bounds, func(b bound) bool { d := n.Cmp(b.n) * sign; return d < 0 || d == 0 && b.exclusive })
		}
		if !within(v.lower, 1) || !within(v.upper, -1) || v.factor != nil && !multiple(n, v.factor) {
			return refused
		}
		if v.format != "" {
			result = min(result, unknown)
		}
	case string:
		length := utf8.RuneCountInString(value)
		if length < v.minLength || v.maxLength >= 0 && length > v.maxLength {
			return refused
		}
		if v.pattern != nil {
			result = min(result, v.pattern.matches(value))
		}
		if v.format != "" {
			result = min(result, unknown)
		}
	}
	return result
}

func (p *pattern) matches(s string) verdict {
	if p.re == nil {
		return unknown
	}
	return verdictOf(p.re.MatchString(s))
}

func (e evaluation) array(value any) verdict {
	v := e.v
	list, ok := value.([]any)
	if !ok {
		return accepted
	}
	if len(list) < v.minItems || v.maxItems >= 0 && len(list) > v.maxItems || v.unique && !distinct(list) {
		return refused
	}
	result := accepted
	if v.unevaluatedItems != nil && v.rest == nil && len(list) > len(v.prefix) {
		result = unknown
	}
	for i, item := range list {
		result = min(result, e.on(v.item(i), item))
	}
	if v.contains != nil {
		result = min(result, e.contains(list))
	}
	return result
}

// contains counts the items that fit: the least by what must hold, the most by the
// letter.
func (e evaluation) contains(list []any) verdict {
	least, most := [3]int{}, [3]int{}
	for _, item := range list {
		least[e.on(e.v.contains, item)]++
		most[e.byLetter(e.v.contains, item)]++
	}
	limited := e.v.maxContains >= 0
	switch {
	case least[accepted]+least[unknown] < e.v.minContains, limited && most[accepted] > e.v.maxContains:
		return refused
	case least[accepted] < e.v.minContains, limited && most[accepted]+most[unknown] > e.v.maxContains:
		return unknown
	}
	return accepted
}

// item is what holds for an item; nil is nothing.
func (v *view) item(i int) *node {
	if i < len(v.prefix) {
		return v.prefix[i]
	}
	return v.rest
}

func distinct(list []any) bool {
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		key := canonical(item)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

func (e evaluation) object(value any) verdict {
	v := e.v
	o, ok := value.(map[string]any)
	if !ok {
		return accepted
	}
	if len(o) < v.minProperties || v.maxProperties >= 0 && len(o) > v.maxProperties {
		return refused
	}
	for _, name := range v.required {
		if _, ok := o[name]; !ok {
			return refused
		}
	}
	result := accepted
	for _, name := range slices.Sorted(maps.Keys(o)) {
		result = min(result, e.on(v.names, name), e.property(name, o[name]))
		for _, other := range v.needs[name] {
			if _, ok := o[other]; !ok {
				return refused
			}
		}
		result = min(result, e.on(v.needsThat[name], value))
	}
	return result
}

func (e evaluation) property(name string, value any) verdict {
	hits, sure := e.v.property(name, e.opened)
	result := accepted
	for _, n := range hits {
		result = min(result, e.on(n, value))
	}
	if !sure || e.v.unevaluatedMembers != nil && len(hits) == 0 && !(e.opened && e.c.view(e.v.unevaluatedMembers).never) {
		result = min(result, unknown)
	}
	return result
}

// property is what holds for a property. It is not sure where a regular expression
// does not compile.
func (v *view) property(name string, opened bool) (hits []*node, sure bool) {
	sure = true
	declared := false
	if n := v.properties[name]; n != nil {
		hits, declared = append(hits, n), true
	}
	for _, p := range v.patterns {
		switch p.matches(name) {
		case accepted:
			hits, declared = append(hits, p.n), true
		case unknown:
			sure = false
		}
	}
	if !declared && sure && v.additional != nil && !(opened && v.additional.isFalse()) {
		hits = append(hits, v.additional)
	}
	return hits, sure
}

func (n *node) isFalse() bool { return n.loc.Doc != nil && n.loc.Schema == false }

func (e evaluation) combined(value any) verdict {
	v := e.v
	result := e.on(v.ref, value)
	for _, n := range v.allOf {
		result = min(result, e.on(n, value))
	}
	if len(v.anyOf) > 0 {
		best := refused
		for _, n := range v.anyOf {
			best = max(best, e.on(n, value))
		}
		result = min(result, best)
	}
	for _, rule := range []func(any) verdict{e.oneOf, e.negated, e.conditional} {
		result = min(result, rule(value))
	}
	return result
}

// byLetter evaluates what decides, instead of what must hold, by the letter.
func (e evaluation) byLetter(n *node, value any) verdict {
	e.opened = false
	return e.on(n, value)
}

// oneOf: some branch must accept, and no two by the letter.
func (e evaluation) oneOf(value any) verdict {
	if len(e.v.oneOf) == 0 {
		return accepted
	}
	best, sure, perhaps := refused, 0, 0
	for _, n := range e.v.oneOf {
		best = max(best, e.on(n, value))
		switch e.byLetter(n, value) {
		case accepted:
			sure++
		case unknown:
			perhaps++
		}
	}
	switch {
	case sure > 1:
		return refused
	case sure+perhaps > 1:
		return min(best, unknown)
	}
	return best
}

func (e evaluation) negated(value any) verdict {
	if e.v.not == nil {
		return accepted
	}
	return e.byLetter(e.v.not, value).not()
}

func (e evaluation) conditional(value any) verdict {
	if e.v.when == nil {
		return accepted
	}
	switch e.byLetter(e.v.when, value) {
	case accepted:
		return e.on(e.v.then, value)
	case refused:
		return e.on(e.v.otherwise, value)
	}
	then, otherwise := e.on(e.v.then, value), e.on(e.v.otherwise, value)
	if then != otherwise {
		return unknown
	}
	return then
}

// lists says whether a value is on the list of an enum.
func (v *view) lists(value any) bool {
	if v.enumKeys == nil {
		v.enumKeys = make(map[string]bool, len(v.enum))
		for _, one := range v.enum {
			v.enumKeys[canonical(one)] = true
		}
	}
	return v.enumKeys[canonical(value)]
}
