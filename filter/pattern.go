package filter

import (
	"cmp"
	"slices"
	"strings"
	"unique"
)

// An object is a pattern, or a sub-pattern under $or: every field and every choice
// must hold. Fields are flat: each has its whole path.
type object struct {
	fields []field // attributes by name, then data by path
	ors    []*choice
}

// A field is a leaf of a pattern: a path, and what may be there.
type field struct {
	fieldName
	matcher *matcher // the alternatives but exists: false; nil for none
	absent  bool     // exists: false is among the alternatives
}

// A fieldName is a field as people write it: type, data, data.order.total. No segment
// of a path has a dot in it. Each name is kept once, however many fields have it.
type fieldName struct{ unique.Handle[string] }

func attributeName(name string) fieldName { return fieldName{unique.Make(name)} }

func dataName(segments []string) fieldName {
	if len(segments) == 0 {
		return fieldName{unique.Make("data")}
	}
	return fieldName{unique.Make("data." + joined(segments))}
}

// attribute is the name of an attribute, or empty for a field in the data.
func (n fieldName) attribute() string {
	if name := n.Value(); name != "data" && !strings.HasPrefix(name, "data.") {
		return name
	}
	return ""
}

// segments are those of the path in the data.
func (n fieldName) segments() []string {
	rest, ok := strings.CutPrefix(n.Value(), "data.")
	if !ok {
		return nil
	}
	return strings.Split(rest, ".")
}

// A choice is a $or: one of its branches must hold.
type choice struct {
	top      bool     // beside the attributes; else in the data,
	at       []string // under this path
	branches []*object
}

func joined(segments []string) string { return strings.Join(segments, ".") }

func compareFields(a, b *field) int {
	x, y := a.attribute(), b.attribute()
	if (x == "") != (y == "") {
		return cmp.Compare(y, x) // attributes first
	}
	return cmp.Or(cmp.Compare(x, y), slices.Compare(a.segments(), b.segments()))
}

// normalize gives equal patterns equal texts.
func (o *object) normalize() {
	slices.SortStableFunc(o.fields, func(a, b field) int { return compareFields(&a, &b) })
	o.fields = slices.Clip(o.fields)
	slices.SortStableFunc(o.ors, func(a, b *choice) int {
		if a.top != b.top {
			return 1 - 2*btoi(b.top)
		}
		return slices.Compare(a.at, b.at)
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
