package jsonschema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MaxInPlace bounds how many schemas may apply to one and the same value: allOf of
// two references to allOf of two references … doubles with every level.
const MaxInPlace = 10_000

// A CycleError says that schemas apply each other to the same value without end,
// which overflows an engine's stack.
type CycleError struct {
	// Path are the schemas, the first of them again at the end.
	Path []Location
}

func (e *CycleError) Error() string {
	names := make([]string, len(e.Path))
	for i, l := range e.Path {
		names[i] = l.String()
	}
	return "refers to itself without end: " + strings.Join(names, " → ")
}

// Check looks at everything that the document refers to, directly or not: that it is
// in the set, that it is a schema, that no schemas apply each other to the same value
// without end (a *CycleError), that not too many apply to one value. It returns the
// documents that are reached, d first, and all faults, joined.
func (s *Set) Check(d *Document) ([]*Document, error) {
	c := checker{set: s, root: d, seen: map[place]bool{}, documents: map[*Document]bool{}}
	c.document(d)
	for len(c.queue) > 0 && len(c.errs) < maxFaults {
		l := c.queue[0]
		c.queue = c.queue[1:]
		c.references(l)
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	c.cost = map[place]int{}
	for _, l := range c.reached {
		c.path = c.path[:0]
		if _, err := c.apply(l); err != nil {
			return nil, err
		}
	}
	return c.order, nil
}

// A place identifies a schema.
type place struct {
	doc     *Document
	pointer string
}

func (l Location) place() place { return place{l.Doc, l.Pointer} }

// A checker walks everything that a document reaches.
type checker struct {
	set       *Set
	root      *Document
	queue     []Location
	seen      map[place]bool
	reached   []Location
	documents map[*Document]bool
	order     []*Document
	errs      []error

	// For the second walk: what it costs to apply a schema to one value; -1 while it
	// is being worked out.
	cost map[place]int
	path []Location
}

// document queues every schema of a document.
func (c *checker) document(d *Document) {
	if d == nil || c.documents[d] {
		return
	}
	c.documents[d] = true
	c.order = append(c.order, d)
	for l := range d.Schemas() {
		c.enter(l)
	}
}

func (c *checker) enter(l Location) {
	if !c.seen[l.place()] {
		c.seen[l.place()] = true
		c.queue = append(c.queue, l)
		c.reached = append(c.reached, l)
	}
}

// references resolves what a schema refers to and queues it.
func (c *checker) references(l Location) {
	for _, ref := range l.references() {
		to, err := c.set.Resolve(l, ref)
		if err != nil {
			c.errs = append(c.errs, err)
			continue
		}
		if to.Doc == nil {
			continue
		}
		c.document(to.Doc)
		if !to.Doc.isSchema(to.Pointer) {
			c.strange(to)
		}
	}
}

// strange queues what only a reference makes a schema, after a look at it.
func (c *checker) strange(l Location) {
	if c.seen[l.place()] {
		return
	}
	part := Document{URI: l.Doc.URI, Base: l.Base, Dialect: l.Doc.Dialect, Root: l.Schema, index: map[string]Location{}, resources: map[string]resource{}}
	part.addResource(l.Base, "")
	var faults Faults
	part.visit(Location{Doc: &part, Pointer: l.Pointer, Base: l.Base, Schema: l.Schema}, &faults)
	for _, f := range faults {
		f.Document = l.Doc.URI
		c.errs = append(c.errs, f)
	}
	for _, pointer := range part.order {
		inner := part.index[pointer]
		inner.Doc = l.Doc
		c.enter(inner)
	}
	if len(c.reached) > 10*MaxSubschemas {
		c.errs = append(c.errs, fmt.Errorf("%s: too many subschemas with what it refers to", c.root.URI))
	}
}

// references are the references of a schema as they are written.
func (l Location) references() []string {
	o, refs := l.Object(), []string(nil)
	for _, name := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		if ref, ok := o[name].(string); ok && l.Doc.Dialect.knows(name) {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (d Dialect) knows(ref string) bool {
	s := shapes[ref]
	return d >= s.from && (s.until == 0 || d <= s.until)
}

// apply works out how many schemas apply to a value to which this one does.
func (c *checker) apply(l Location) (int, error) {
	if n, known := c.cost[l.place()]; known {
		if n < 0 {
			return 0, c.cycle(l)
		}
		return n, nil
	}
	c.cost[l.place()] = -1
	c.path = append(c.path, l)
	total := 1
	for _, next := range c.inPlace(l) {
		n, err := c.apply(next)
		if err != nil {
			return 0, err
		}
		if total += n; total > MaxInPlace {
			return 0, Fault{Document: l.Doc.URI, Pointer: l.Pointer, Msg: fmt.Sprintf("more than %d schemas would apply to one value", MaxInPlace)}
		}
	}
	c.path = c.path[:len(c.path)-1]
	c.cost[l.place()] = total
	return total, nil
}

// cycle spells out how the path comes back to a schema.
func (c *checker) cycle(l Location) error {
	for i, p := range c.path {
		if p.place() == l.place() {
			return &CycleError{Path: append(append([]Location(nil), c.path[i:]...), l)}
		}
	}
	return &CycleError{Path: []Location{l, l}}
}

// inPlace are the schemas that a schema applies to the same value.
func (c *checker) inPlace(l Location) []Location {
	var next []Location
	for _, ref := range l.references() {
		to, err := c.set.Resolve(l, ref)
		if err != nil || to.Doc == nil {
			continue
		}
		next = append(next, to)
		next = append(next, c.dynamic(l, to, ref)...)
	}
	if l.refOnly() {
		return next
	}
	for _, child := range l.Children() {
		if child.InPlace {
			next = append(next, child.Location)
		}
	}
	return next
}

// dynamic are the other schemas that a dynamic reference may turn out to mean: any of
// the same anchor in what is reached.
func (c *checker) dynamic(from, to Location, ref string) []Location {
	o := from.Object()
	isDynamic := o["$dynamicRef"] == ref && from.Doc.Dialect >= Draft2020
	isRecursive := o["$recursiveRef"] == ref && from.Doc.Dialect == Draft2019
	anchor, _ := to.Object()["$dynamicAnchor"].(string)
	var found []Location
	for _, d := range c.order {
		for _, base := range slices.Sorted(maps.Keys(d.resources)) {
			r := d.resources[base]
			l := d.index[r.pointer]
			switch {
			case isDynamic && anchor != "" && r.dynamic[anchor]:
				l = d.index[r.anchors[anchor]]
			case isRecursive && to.Object()["$recursiveAnchor"] == true && l.Object()["$recursiveAnchor"] == true:
			default:
				continue
			}
			if l.place() != to.place() {
				found = append(found, l)
			}
		}
	}
	return found
}
