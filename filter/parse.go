package filter

import (
	"fmt"
	"slices"
	"strings"
)

// A parser reads a pattern and notes every fault of it.
type parser struct{ faults Errors }

// parsePattern reads a pattern whose JSON is parsed already.
func parsePattern(n jsonNode, faults *Errors) *object {
	p := parser{faults: *faults}
	o := &object{}
	if n.kind == jsonObject {
		p.top(n, o)
	} else {
		p.faults.add(n.offset, n.pointer, "a pattern is an object, not %s", n.kind)
	}
	*faults = p.faults
	return o
}

// aliases are AWS's names of what CloudEvents has, too.
var aliases = map[string]string{"detail-type": "type", "detail": "data"}

// top reads an object whose members are attributes and data.
func (p *parser) top(n jsonNode, o *object) {
	fields := fieldSet{}
	var whole string // data or detail, whichever stood first
	for _, m := range n.members {
		name, rest, dotted := strings.Cut(m.name, ".")
		canonical := name
		if alias, ok := aliases[name]; ok && !(dotted && name == "detail-type") {
			canonical = alias
		}
		switch {
		case m.name == "$or":
			p.or(m, &choice{top: true}, o, fields)
		case canonical == "data":
			if !dotted {
				if whole != "" {
					p.faults.add(m.offset, m.pointer, "%s and %s are the same field: write one", whole, m.name)
				}
				whole = m.name
			}
			p.data(m, segmentsOf(rest, dotted), o, fields)
		case dotted:
			p.attribute(m, m.name, o, fields)
		default:
			p.attribute(m, canonical, o, fields)
		}
	}
	o.normalize()
}

func segmentsOf(rest string, dotted bool) []string {
	if !dotted {
		return nil
	}
	return strings.Split(rest, ".")
}

// A fieldSet has the paths that one object of a pattern names, to tell a repeat; those
// of a $or after "$or ".
type fieldSet map[string]string

func (p *parser) addField(f field, m jsonMember, o *object, seen fieldSet) {
	name := f.Value()
	if first, ok := seen[name]; ok {
		p.faults.add(m.value.offset, m.value.pointer, "%s and %s are the same field: write one", first, m.name)
		return
	}
	if _, ok := seen["$or "+name]; ok {
		p.faults.add(m.value.offset, m.value.pointer, "%s has both alternatives and a $or: put one of them elsewhere", name)
		return
	}
	seen[name] = m.name
	o.fields = append(o.fields, f)
}

func (p *parser) attribute(m jsonMember, name string, o *object, seen fieldSet) {
	if fault := attributeFault(name); fault != "" {
		p.faults.add(m.offset, m.pointer, "%s", fault)
		return
	}
	if m.value.kind == jsonObject {
		hint := ""
		if first := m.value.members; len(first) > 0 && isOperator(first[0].name) {
			hint = fmt.Sprintf(": write [{%q: …}]", first[0].name)
		}
		p.faults.add(m.value.offset, m.pointer, "%s is an attribute, which has nothing inside: a leaf is an array of alternatives%s", m.name, hint)
		return
	}
	if f, ok := p.leaf(m.value); ok {
		f.fieldName = attributeName(name)
		p.addField(f, m, o, seen)
	}
}

// attributeFault says why no CloudEvent has an attribute of that name.
func attributeFault(name string) string {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			hint := "the fields of the payload stand under data"
			if lower := strings.ToLower(name); lower != name && attributeFault(lower) == "" {
				hint = fmt.Sprintf("did you mean %q?", lower)
			}
			return fmt.Sprintf("no CloudEvent has an attribute %q: their names are lower-case letters and digits; %s", name, hint)
		}
	}
	if name == "" {
		return "an attribute without a name"
	}
	return ""
}

// data reads what stands under a path of the data: a leaf, or an object.
func (p *parser) data(m jsonMember, at []string, o *object, seen fieldSet) {
	if slices.Contains(at, "$or") {
		p.faults.add(m.offset, m.pointer, "a field named $or is out of reach: $or always means a choice between patterns")
		return
	}
	if len(at) > MaxPatternDepth {
		p.faults.add(m.offset, m.pointer, "nested deeper than %d levels", MaxPatternDepth)
		return
	}
	if isOperator(m.name) && m.value.kind != jsonObject && m.value.kind != jsonArray {
		p.faults.add(m.value.offset, m.pointer, "%s is a field's name here: as an operator it stands in the array of alternatives: write [{%q: %s}]", m.name, m.name, m.value.short())
		return
	}
	if m.value.kind != jsonObject {
		if f, ok := p.leaf(m.value); ok {
			f.fieldName = dataName(at)
			p.addField(f, m, o, seen)
		}
		return
	}
	if len(m.value.members) == 0 {
		p.faults.add(m.value.offset, m.pointer, `an empty object asks for nothing: leave %s out, or ask for a field in it`, m.name)
		return
	}
	p.members(m.value, at, o, seen)
}

func (p *parser) members(n jsonNode, at []string, o *object, seen fieldSet) {
	for _, m := range n.members {
		if m.name == "$or" {
			p.or(m, &choice{at: at}, o, seen)
			continue
		}
		below := append(at[:len(at):len(at)], strings.Split(m.name, ".")...)
		p.data(m, below, o, seen)
	}
}

// or reads a choice, which its object must have only one of at one place.
func (p *parser) or(m jsonMember, c *choice, o *object, seen fieldSet) {
	if m.value.kind != jsonArray || len(m.value.items) < 2 {
		p.faults.add(m.value.offset, m.pointer, "$or: wants a list of two or more patterns")
		return
	}
	place := ""
	if !c.top {
		place = dataName(c.at).Value()
	}
	if _, ok := seen["$or "+place]; ok {
		p.faults.add(m.offset, m.pointer, "a second $or at one place: put one into the other")
		return
	}
	if _, ok := seen[place]; ok && !c.top {
		p.faults.add(m.offset, m.pointer, "alternatives and a $or at one path: put one of them elsewhere")
		return
	}
	seen["$or "+place] = m.name
	for _, item := range m.value.items {
		if item.kind != jsonObject || len(item.members) == 0 {
			p.faults.add(item.offset, item.pointer, "$or: wants patterns that ask for something; this is %s", emptyOr(item))
			continue
		}
		branch := &object{}
		if c.top {
			p.top(item, branch)
		} else {
			p.members(item, c.at, branch, fieldSet{})
			branch.normalize()
		}
		c.branches = append(c.branches, branch)
	}
	o.ors = append(o.ors, c)
}

func emptyOr(n jsonNode) string {
	if n.kind == jsonObject {
		return "an empty object"
	}
	return n.kind.String()
}

// leaf reads a list of alternatives.
func (p *parser) leaf(n jsonNode) (field, bool) {
	var f field
	switch {
	case n.kind == jsonArray && len(n.items) > 0:
	case n.kind == jsonArray:
		p.faults.add(n.offset, n.pointer, "an empty list of alternatives can match nothing")
		return f, false
	default:
		p.faults.add(n.offset, n.pointer, "a leaf is an array of alternatives: write [%s]", n.short())
		return f, false
	}
	before := len(p.faults)
	var any []condition
	for _, item := range n.items {
		switch c := p.alternative(item).(type) {
		case nil:
		case isAbsent:
			f.absent = true
		case oneOf:
			any = append(any, c.list...)
		default:
			any = append(any, c)
		}
	}
	if len(any) > 0 {
		f.matcher = newMatcher(any)
	}
	return f, len(p.faults) == before || f.absent || f.matcher != nil
}

// short is a scalar as it stands in a pattern.
func (n jsonNode) short() string {
	switch n.kind {
	case jsonString:
		if len(n.text) > 40 {
			return `"…"`
		}
		return string(appendQuoted(nil, n.text))
	case jsonNumber:
		return n.text
	}
	return n.kind.String()
}

func (p *parser) alternative(n jsonNode) condition {
	switch {
	case n.kind == jsonArray:
		p.faults.add(n.offset, n.pointer, "an array among the alternatives: fields that are arrays match when an element does, so write the elements")
		return nil
	case n.kind != jsonObject:
		return p.literal(n)
	case len(n.members) == 0:
		p.faults.add(n.offset, n.pointer, "an empty object among the alternatives: it takes an operator, one of %s", operatorNames())
		return nil
	}
	var all allOf
	var absent, there bool
	for _, m := range n.members {
		parse, ok := operators[m.name]
		if !ok {
			p.faults.add(m.offset, m.pointer, "no operator %q%s", m.name, operatorHint(m.name))
			continue
		}
		switch c := parse(p, m.value).(type) {
		case nil:
		case isAbsent:
			absent = true
		case isThere:
			there = true
		default:
			all = append(all, c)
		}
	}
	if (absent || there) && len(n.members) > 1 {
		p.faults.add(n.offset, n.pointer, "exists stands alone in its object")
		return nil
	}
	switch {
	case absent:
		return isAbsent{}
	case there:
		return isThere{}
	case len(all) == 0:
		return nil
	case len(all) == 1:
		return all[0]
	}
	slices.SortStableFunc(all, func(a, b condition) int { return strings.Compare(a.operator(), b.operator()) })
	return all
}

func operatorHint(name string) string {
	squashed := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(name))
	if operators[squashed] != nil {
		return fmt.Sprintf(": did you mean %q?", squashed)
	}
	return ": it is one of " + operatorNames()
}

func (p *parser) literal(n jsonNode) condition {
	switch n.kind {
	case jsonString:
		return textIs(n.text)
	case jsonNumber:
		if number, ok := p.number(n, ""); ok {
			return numberIs(number)
		}
		return nil
	case jsonTrue:
		return literalIs(isTrue)
	case jsonFalse:
		return literalIs(isFalse)
	}
	return literalIs(isNull)
}
