package filter

import (
	"fmt"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// Subscription reads the filters of a CloudEvents subscription (Subscriptions API
// 0.1, section 3.2.4): one filter object, or a list of them, which must all hold;
// an empty list selects every event. The dialects are exact, prefix, suffix, all,
// any and not. The values are strings, compared with the text of attributes: {"exact":
// {"seq": "7"}} also selects the integer 7; prefix and suffix look at strings only. Its
// error is Errors.
func Subscription(json string) (Filter, error) {
	var faults Errors
	n, ok := parseJSON(json, &faults)
	if !ok {
		return Filter{}, faults.sorted()
	}
	p := parser{faults: faults}
	var f Filter
	switch n.kind {
	case jsonArray:
		f = And(p.subscriptions(n)...)
	case jsonNull:
	default:
		f = p.subscription(n)
	}
	if err := p.faults.sorted(); err != nil {
		return Filter{}, err
	}
	return f, nil
}

func (p *parser) subscriptions(n jsonNode) []Filter {
	var fs []Filter
	for _, item := range n.items {
		fs = append(fs, p.subscription(item))
	}
	return fs
}

// dialects is the table of filters on attributes.
var dialects = map[string]func(text string) []condition{
	"exact":  exactText,
	"prefix": func(text string) []condition { return []condition{hasPrefix(text)} },
	"suffix": func(text string) []condition { return []condition{hasSuffix(text)} },
}

// exactText is what has that text: the string, and the integer or boolean.
func exactText(text string) []condition {
	any := []condition{textIs(text)}
	switch text {
	case "true":
		return append(any, literalIs(isTrue))
	case "false":
		return append(any, literalIs(isFalse))
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && strconv.FormatInt(n, 10) == text {
		number, _ := decimal.Parse(text)
		return append(any, numberIs(number))
	}
	return any
}

func (p *parser) subscription(n jsonNode) Filter {
	if n.kind != jsonObject || len(n.members) != 1 {
		p.faults.add(n.offset, n.pointer, `a filter is an object with one member, its dialect: {"exact": {"type": "order.placed"}}`)
		return Filter{}
	}
	m := n.members[0]
	switch m.name {
	case "all", "any":
		if m.value.kind != jsonArray || len(m.value.items) == 0 {
			p.faults.add(m.value.offset, m.pointer, "%s: wants a list of one or more filters", m.name)
			return Filter{}
		}
		if m.name == "all" {
			return And(p.subscriptions(m.value)...)
		}
		return Or(p.subscriptions(m.value)...)
	case "not":
		return Not(p.subscription(m.value))
	case "sql":
		p.faults.add(m.offset, m.pointer, "sql: CESQL is not understood here")
		return Filter{}
	}
	read, ok := dialects[m.name]
	if !ok {
		p.faults.add(m.offset, m.pointer, "no dialect %q: it is one of exact, prefix, suffix, all, any, not", m.name)
		return Filter{}
	}
	return p.attributes(m, read)
}

// attributes reads the map of a dialect: all of them must hold.
func (p *parser) attributes(m jsonMember, read func(string) []condition) Filter {
	if m.value.kind != jsonObject || len(m.value.members) == 0 {
		p.faults.add(m.value.offset, m.pointer, `%s: wants an object of attributes and strings: {"type": "order.placed"}`, m.name)
		return Filter{}
	}
	o := &object{}
	for _, a := range m.value.members {
		fault := attributeFault(a.name)
		switch {
		case a.name == "data":
			fault = "the dialects look at attributes, not at data"
		case fault != "":
		case a.value.kind != jsonString:
			fault = fmt.Sprintf("%s: wants a string, not %s", m.name, a.value.kind)
		case a.value.text == "":
			fault = m.name + ": an empty string is no value"
		}
		if fault != "" {
			p.faults.add(a.value.offset, a.pointer, "%s", fault)
			continue
		}
		o.fields = append(o.fields, field{fieldName: attributeName(a.name), matcher: newMatcher(read(a.value.text))})
	}
	o.normalize()
	return patternFilter(o)
}
