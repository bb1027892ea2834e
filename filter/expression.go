package filter

import (
	"errors"
	"maps"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/expression"
)

// Expr compiles an expression (github.com/expr-lang/expr) over the event:
//
//	type startsWith "order." && data.total > 100
//
// The names are the attributes, and data. A comparison with a value that is absent or
// of another type is false, not an error. Its error is Errors, each with its offset.
// An expression that takes too many steps on an event could not judge it.
func Expr(src string) (Filter, error) {
	p, err := expression.Compile(src)
	if err != nil {
		return Filter{}, expressionErrors(err)
	}
	j := &judge{check: expressed{p}, source: src}
	equal := p.Equal()
	if len(equal) > 0 { // the index files it under these
		j.guard = &object{}
		for _, name := range slices.Sorted(maps.Keys(equal)) {
			f := field{fieldName: attributeName(name)}
			var texts []condition
			for _, text := range equal[name] {
				texts = append(texts, textIs(text))
			}
			f.matcher = newMatcher(texts)
			j.guard.fields = append(j.guard.fields, f)
		}
	}
	return Filter{&node{kind: nodeExpr, judge: j}}, nil
}

func expressionErrors(err error) error {
	faults := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		faults = joined.Unwrap()
	}
	var all Errors
	for _, fault := range faults {
		var at *expression.SyntaxError
		if !errors.As(fault, &at) {
			return err
		}
		all.add(at.Offset, "", "%s", at.Msg)
	}
	return all.sorted()
}

// expressed is an expression as a check.
type expressed struct{ *expression.Program }

func (c expressed) holds(v *view) (bool, error) { return c.Bool(v.doc) }
