package filter

import (
	"cmp"
	"slices"
	"strings"
)

// An object is a pattern, or a sub-pattern under $or: every field and every choice
// must hold. Fields are flat: each has its whole path.
type object struct {
	fields []*field // attributes by name, then data by path
	ors    []*choice
}

// A field is a leaf of a pattern: a path, and what may be there.
type field struct {
	attribute string   // its name, or empty for one in the data
	segments  []string // of the path in the data
	matcher   *matcher // the alternatives but exists: false; nil for none
	absent    bool     // exists: false is among the alternatives

	offset  int // of the alternatives, in the pattern's text
	pointer string
}

// A choice is a $or: one of its branches must hold.
type choice struct {
	top      bool     // beside the attributes; else in the data,
	at       []string // under this path
	branches []*object

	offset  int
	pointer string
}

// name is the field as people write it: type, data.order.total.
func (f *field) name() string {
	switch {
	case f.attribute != "":
		return f.attribute
	case len(f.segments) == 0:
		return "data"
	}
	return "data." + joined(f.segments)
}

func joined(segments []string) string { return strings.Join(segments, ".") }

func compareFields(a, b *field) int {
	if (a.attribute == "") != (b.attribute == "") {
		return cmp.Compare(b.attribute, a.attribute) // attributes first
	}
	return cmp.Or(cmp.Compare(a.attribute, b.attribute), slices.Compare(a.segments, b.segments))
}

// normalize gives equal patterns equal texts.
func (o *object) normalize() {
	slices.SortStableFunc(o.fields, compareFields)
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
