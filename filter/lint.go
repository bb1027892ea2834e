package filter

import (
	"fmt"
	"slices"
	"time"
)

// A Warning is something that a filter may say but can hardly mean.
type Warning struct {
	Path string // the field: data.total
	Msg  string
}

func (w Warning) String() string { return w.Path + ": " + w.Msg }

// Lint warns of fields that can never match, of alternatives that others make
// useless, of fields that stand both inside a $or and outside, and of fields named
// like operators.
func (f Filter) Lint() []Warning {
	var l linter
	l.node(f.n)
	return l.warnings
}

type linter struct{ warnings []Warning }

func (l *linter) warn(f *field, format string, args ...any) {
	l.warnings = append(l.warnings, Warning{f.Value(), fmt.Sprintf(format, args...)})
}

func (l *linter) node(n *node) {
	if n == nil {
		return
	}
	for _, each := range n.list {
		l.node(each)
	}
	if n.pattern != nil {
		l.object(n.pattern, nil)
	}
}

// object looks at a pattern; outer are the fields of those around it.
func (l *linter) object(o *object, outer []*field) {
	all := slices.Clip(outer)
	for i := range o.fields {
		f := &o.fields[i]
		l.field(f)
		l.outside(f, outer)
		all = append(all, f)
	}
	for _, c := range o.ors {
		for _, branch := range c.branches {
			l.object(branch, all)
		}
	}
}

func (l *linter) outside(f *field, outer []*field) {
	for _, other := range outer {
		if compareFields(f, other) != 0 {
			continue
		}
		if f.attribute() != "" && contradict(f, other) {
			l.warn(f, "can never match: what stands outside the $or excludes what stands in it")
		} else {
			l.warn(f, "stands inside a $or and outside of it: both must hold")
		}
	}
}

// contradict says whether nothing satisfies two fields that are lists of literals,
// or absent and not.
func contradict(a, b *field) bool {
	if a.matcher == nil || b.matcher == nil {
		return a.absent != b.absent && (a.matcher == nil) != (b.matcher == nil) && !(a.absent && b.absent)
	}
	if a.absent && b.absent {
		return false
	}
	for _, c := range a.matcher.any {
		v, ok := literalValue(c)
		if !ok || b.matcher.match(&v) {
			return false
		}
	}
	return true
}

// literalValue is the one value that a literal matches.
func literalValue(c condition) (value, bool) {
	switch c := c.(type) {
	case textIs:
		return value{kind: isString, text: string(c)}, true
	case numberIs:
		return value{kind: isNumber, text: c.String()}, true
	case literalIs:
		return value{kind: valueKind(c)}, true
	}
	return value{}, false
}

func (l *linter) field(f *field) {
	if f.matcher == nil {
		l.neverAbsent(f)
		return
	}
	segments := f.segments()
	if f.Value() == "data" {
		l.warn(f, "can never match a value: ask for a field in the data")
		return
	}
	if last := len(segments) - 1; last > 0 && isOperator(segments[last]) {
		l.warn(f, "%s is a field's name here: as an operator it stands in the array of alternatives, [{%q: …}]", segments[last], segments[last])
	}
	possible := 0
	for _, c := range f.matcher.any {
		if why := impossible(f, c); why != "" {
			l.warn(f, "%s can never match: %s", appendCondition(nil, c), why)
		} else {
			possible++
		}
	}
	if possible == 0 && !f.absent {
		l.warn(f, "no alternative can match, so the pattern can't")
	}
	l.useless(f)
}

// required are the attributes that every CloudEvent has.
var required = []string{"id", "source", "type", "specversion"}

func (l *linter) neverAbsent(f *field) {
	if slices.Contains(required, f.attribute()) {
		l.warn(f, "can never match: every CloudEvent has it")
	}
}

var textAttributes = append([]string{"subject", "time", "datacontenttype", "dataschema"}, required...)

// impossible says why a condition holds for no value of its field.
func impossible(f *field, c condition) string {
	if all, ok := c.(allOf); ok {
		if why := all.contradiction(); why != "" {
			return why
		}
	}
	if !slices.Contains(textAttributes, f.attribute()) {
		return ""
	}
	switch c := c.(type) {
	case numberIs, literalIs, *numeric, isNot:
		return f.attribute() + " is always a string"
	case textIs:
		if f.attribute() == "specversion" && c != "1.0" {
			return `it is always "1.0"`
		}
		if f.attribute() == "time" {
			if _, err := time.Parse(time.RFC3339Nano, string(c)); err != nil {
				return "it is no RFC 3339 timestamp"
			}
		}
		if c == "" {
			return "an attribute is absent or not empty"
		}
	}
	return ""
}

// contradiction finds two operators in one object that exclude each other.
func (all allOf) contradiction() string {
	numbers, texts := 0, 0
	for _, c := range all {
		switch c.(type) {
		case *numeric, isNot:
			numbers++
		case butNot:
		default:
			texts++
		}
		if t, ok := c.(textIs); ok {
			v := value{kind: isString, text: string(t)}
			if !all.match(&v) {
				return "its operators exclude each other"
			}
		}
	}
	if numbers > 0 && texts > 0 {
		return "no value is both a number and a string"
	}
	return ""
}

// maxCompared bounds how many alternatives are compared with one another.
const maxCompared = 1000

// useless warns of alternatives that others make needless.
func (l *linter) useless(f *field) {
	seen := map[string]bool{}
	var wide []condition
	for _, c := range f.matcher.any {
		if _, literal := literalValue(c); !literal && len(wide) < maxCompared {
			wide = append(wide, c)
		}
	}
	for i, c := range f.matcher.any {
		text := string(appendCondition(nil, c))
		if seen[text] {
			l.warn(f, "%s stands there twice", text)
			continue
		}
		seen[text] = true
		if i > maxCompared {
			continue
		}
		for _, other := range wide {
			if covers(other, c) {
				l.warn(f, "%s is needless beside %s", text, appendCondition(nil, other))
				break
			}
		}
	}
	if f.absent && slices.ContainsFunc(f.matcher.any, func(c condition) bool { return c == condition(isThere{}) }) {
		l.warn(f, "holds for every event: there or not there")
	}
}

// covers says whether a surely holds wherever b does, and they are not the same.
func covers(a, b condition) bool {
	if v, ok := literalValue(b); ok {
		return a.match(&v)
	}
	if _, ok := a.(isThere); ok {
		_, same := b.(isThere)
		return !same
	}
	switch b := b.(type) {
	case hasPrefix:
		a, ok := a.(hasPrefix)
		return ok && a != b && len(b) > len(a) && string(b[:len(a)]) == string(a)
	case hasSuffix:
		a, ok := a.(hasSuffix)
		return ok && a != b && len(b) > len(a) && string(b[len(b)-len(a):]) == string(a)
	case *numeric:
		a, ok := a.(*numeric)
		return ok && compareStretches(a, b) != 0 && compareLows(&a.low, &b.low) <= 0 && compareHighs(&a.high, &b.high) >= 0
	}
	return false
}
