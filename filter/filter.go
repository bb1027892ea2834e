package filter

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A Filter selects events. The zero Filter selects every one. It is immutable and
// safe for concurrent use.
type Filter struct{ n *node }

// Pattern compiles an event pattern. Its error is Errors: every fault of the
// pattern, with JSON Pointer and offset.
func Pattern(json string) (Filter, error) {
	var faults Errors
	n, ok := parseJSON(json, &faults)
	if !ok {
		return Filter{}, faults.sorted()
	}
	o := parsePattern(n, &faults)
	if err := faults.sorted(); err != nil {
		return Filter{}, err
	}
	return patternFilter(o), nil
}

func patternFilter(o *object) Filter {
	if len(o.fields) == 0 && len(o.ors) == 0 {
		return Filter{}
	}
	return Filter{&node{pattern: o}}
}

// Type selects the events of the given types. A star stands for any run of
// characters: "order.*". Without any type it selects nothing.
func Type(globs ...string) Filter {
	if len(globs) == 0 {
		return Or()
	}
	f := field{fieldName: attributeName("type")}
	var any []condition
	for _, glob := range globs {
		var parts []string
		for _, part := range strings.Split(glob, "*") {
			if len(parts) < 2 || parts[len(parts)-1] != "" || part != "" { // ** is *
				parts = append(parts, part)
			}
		}
		if len(parts) == 1 {
			any = append(any, textIs(glob))
			continue
		}
		for i := range parts {
			parts[i] = strings.ReplaceAll(parts[i], `\`, `\\`)
		}
		w, err := newWildcard(strings.Join(parts, "*"))
		if err != nil {
			panic("filter.Type: " + err.Error()) // not reached: every text is a glob
		}
		any = append(any, w)
	}
	f.matcher = newMatcher(any)
	return Filter{&node{pattern: &object{fields: []field{f}}}}
}

// And selects what all of the filters select; without any, every event. Each filter
// chooses elements of arrays for itself.
func And(fs ...Filter) Filter {
	n := &node{kind: nodeAll}
	for _, f := range fs {
		if f.n == nil {
			continue
		}
		if f.n.kind == nodeAll {
			n.list = append(n.list, f.n.list...)
		} else {
			n.list = append(n.list, f.n)
		}
	}
	switch len(n.list) {
	case 0:
		return Filter{}
	case 1:
		return Filter{n.list[0]}
	}
	return Filter{n}
}

// Or selects what any of the filters selects; without any, nothing.
func Or(fs ...Filter) Filter {
	n := &node{kind: nodeAny}
	for _, f := range fs {
		if f.n == nil {
			return Filter{}
		}
		if f.n.kind == nodeAny {
			n.list = append(n.list, f.n.list...)
		} else {
			n.list = append(n.list, f.n)
		}
	}
	if len(n.list) == 1 {
		return Filter{n.list[0]}
	}
	return Filter{n}
}

// Not selects what f does not.
func Not(f Filter) Filter {
	switch {
	case f.n == nil:
		return Or()
	case f.n.kind == nodeNot:
		return Filter{f.n.list[0]}
	case f.n.kind == nodeAny && len(f.n.list) == 0:
		return Filter{}
	}
	return Filter{&node{kind: nodeNot, list: []*node{f.n}}}
}

// Func selects the events for which fn returns true. Each call gets an event of its
// own. An error or a panic means that the event could not be judged.
func Func(fn func(event.Event) (bool, error)) Filter {
	if fn == nil {
		panic("filter.Func: the function is nil")
	}
	return Filter{&node{kind: nodeFunc, judge: &judge{check: function(fn)}}}
}

// Must is for filters known to be right: it panics when err is not nil.
func Must(f Filter, err error) Filter {
	if err != nil {
		panic("filter: " + err.Error())
	}
	return f
}

// IsZero says whether f is the zero Filter, which selects every event.
func (f Filter) IsZero() bool { return f.n == nil }

// Match says whether f selects e. An error means that it could not be judged; then
// it is not selected.
func (f Filter) Match(e event.Event) (bool, error) {
	d, err := document.Borrow(e)
	if err != nil {
		return false, err
	}
	defer d.GiveBack()
	return f.MatchDocument(d)
}

// MatchDocument is Match for the library itself.
func (f Filter) MatchDocument(d *document.Document) (bool, error) {
	if f.n == nil {
		return true, nil
	}
	p := f.n.compiled()
	v := look(d, p.data, p.paths)
	defer v.done()
	return v.any(p.rule)
}

// A node is a filter, made of others or by itself.
type node struct {
	kind    nodeKind
	list    []*node // all, any, not
	pattern *object
	judge   *judge // func, expr

	program atomic.Pointer[program] // made when first asked for
}

// A judge is what decides where no pattern does.
type judge struct {
	check
	guard  *object // expr: a pattern that holds wherever the expression does
	source string  // expr
}

type nodeKind uint8

const (
	nodePattern nodeKind = iota
	nodeAll
	nodeAny
	nodeNot
	nodeFunc
	nodeExpr
)

// A program is a filter compiled to be matched by itself.
type program struct {
	rule  rule
	data  *branch
	paths int32
}

func (n *node) compiled() *program {
	if p := n.program.Load(); p != nil {
		return p
	}
	c := compiler{paths: newPathTable(), edit: new(edit)}
	p := &program{rule: c.compile(n)}
	p.data, p.paths = c.paths.root, c.paths.next
	n.program.CompareAndSwap(nil, p)
	return n.program.Load()
}

// String is the filter in JSON, normalised: equal patterns have equal texts. A
// function, which has no JSON form, shows as {"$func":"…"}.
func (f Filter) String() string {
	b, _ := f.n.appendJSON(nil)
	return string(b)
}

// MarshalJSON writes the pattern; combined filters as {"$all": […]}, {"$any": […]},
// {"$not": …}; an expression as {"$expr": "…"}. It is an error if a Func is among them.
func (f Filter) MarshalJSON() ([]byte, error) {
	b, ok := f.n.appendJSON(nil)
	if !ok {
		return nil, errors.New("filter: a Func has no JSON form")
	}
	return b, nil
}

// UnmarshalJSON reads what MarshalJSON writes, and so any event pattern.
func (f *Filter) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var faults Errors
	n, ok := parseJSON(string(b), &faults)
	if !ok {
		return faults.sorted()
	}
	read := readFilter(n, &faults)
	if err := faults.sorted(); err != nil {
		return err
	}
	*f = read
	return nil
}

var (
	_ json.Marshaler   = Filter{}
	_ json.Unmarshaler = (*Filter)(nil)
)

// combinations of filters, as JSON has them.
var combined = map[string]func(...Filter) Filter{
	"$all": And,
	"$any": Or,
	"$not": func(fs ...Filter) Filter { return Not(fs[0]) },
}

func readFilter(n jsonNode, faults *Errors) Filter {
	if n.kind != jsonObject || len(n.members) != 1 {
		return patternFilter(parsePattern(n, faults))
	}
	m := n.members[0]
	switch make, ok := combined[m.name]; {
	case m.name == "$expr" && m.value.kind == jsonString:
		f, err := Expr(m.value.text)
		if err != nil {
			faults.add(m.value.offset, m.pointer, "%v", err)
		}
		return f
	case m.name == "$not":
		return Not(readFilter(m.value, faults))
	case ok && m.value.kind == jsonArray:
		var fs []Filter
		for _, item := range m.value.items {
			fs = append(fs, readFilter(item, faults))
		}
		return make(fs...)
	case ok || m.name == "$expr":
		faults.add(m.value.offset, m.pointer, "%s: not %s", m.name, m.value.kind)
		return Filter{}
	}
	return patternFilter(parsePattern(n, faults))
}

// appendJSON says no when there is a function, which it can only hint at.
func (n *node) appendJSON(b []byte) ([]byte, bool) {
	if n == nil {
		return append(b, "{}"...), true
	}
	switch n.kind {
	case nodePattern:
		return n.pattern.appendJSON(b), true
	case nodeFunc:
		return append(b, `{"$func":"…"}`...), false
	case nodeExpr:
		return append(appendQuoted(append(b, `{"$expr":`...), n.judge.source), '}'), true
	case nodeNot:
		b, ok := n.list[0].appendJSON(append(b, `{"$not":`...))
		return append(b, '}'), ok
	}
	b = append(b, `{"$all":[`...)
	if n.kind == nodeAny {
		b = append(b[:len(b)-len(`{"$all":[`)], `{"$any":[`...)
	}
	all := true
	for i, each := range n.list {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		b, ok = each.appendJSON(b)
		all = all && ok
	}
	return append(b, ']', '}'), all
}
