package inference

import "maps"

// kinds is a set of JSON types.
type kinds uint8

const (
	isNull kinds = 1 << iota
	isBoolean
	isInteger // by value: 1.0 and 1e2 are integers
	isFraction
	isString
	isArray
	isObject

	isNumber    = isInteger | isFraction // a fraction makes integers nothing new
	isContainer = isArray | isObject
	allKinds    = isObject<<1 - 1
)

// A node is what the values at one place have in common.
type node struct {
	kinds   kinds
	dropped formats // those that a string here did not have
	items   *node   // of arrays: all elements as one. nil: none seen, or cut
	object  *object // of objects. nil: none seen, or cut
}

// An object is what the objects at one place have in common.
type object struct {
	fields []field        // in order of appearance; none when wide
	index  map[string]int // into fields; nil while they are few
	common [maxFields/64 + 1]uint64
	others *node // the values under names that are identifiers; all values when wide
	empty  bool  // an object without members was seen; false when wide
	wide   bool  // it is a map
}

// A field is a named member.
type field struct {
	name   string
	node   *node
	common bool // all objects had it, except empty ones
	plain  bool // the name is written in JSON as it is
}

const (
	maxFields     = 200 // names of an object that is no map
	maxContainers = 32  // of these, those that held an object or array
	maxVarying    = 12  // the same, where no name is in all of the objects
	fewFields     = 8   // are found without an index
)

// tooWide says whether an object is a map: it has more names than objects have. Each
// of the conditions, once true, stays true whatever is added.
func (o *object) tooWide() bool {
	containers, common := 0, false
	for i := range o.fields {
		if o.fields[i].node.kinds&isContainer != 0 {
			containers++
		}
		common = common || o.fields[i].common
	}
	return len(o.fields) > maxFields || containers > maxContainers || containers > maxVarying && !common
}

// widen makes the object a map.
func (o *object) widen() {
	all := o.others
	for i := range o.fields {
		all = merge(all, o.fields[i].node)
	}
	*o = object{others: all, wide: true}
}

// find returns the place of a field, or -1.
func (o *object) find(name []byte) int {
	if o.index != nil {
		if i, ok := o.index[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := range o.fields {
		if o.fields[i].name == string(name) {
			return i
		}
	}
	return -1
}

// settle makes a map of an object that became too wide, and brings up to date what is
// derived from the fields.
func (o *object) settle() {
	if o.wide {
		return
	}
	if o.tooWide() {
		o.widen()
		return
	}
	o.common = [len(o.common)]uint64{}
	for i := range o.fields {
		if o.fields[i].common {
			o.common[i/64] |= 1 << (i % 64)
		}
	}
	if len(o.fields) > fewFields && len(o.index) != len(o.fields) {
		o.index = make(map[string]int, len(o.fields))
		for i := range o.fields {
			o.index[o.fields[i].name] = i
		}
	}
}

// merge returns what is common to a and b; either may be nil. Both are used up.
func merge(a, b *node) *node {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	a.kinds |= b.kinds
	a.dropped |= b.dropped
	a.items = merge(a.items, b.items)
	switch {
	case a.object == nil:
		a.object = b.object
	case b.object != nil:
		a.object.merge(b.object)
	}
	return a
}

func (o *object) merge(p *object) {
	if o.wide || p.wide {
		o.widen()
		p.widen()
		o.others = merge(o.others, p.others)
		return
	}
	if !p.isBlank() {
		o.mergeFields(p)
	}
	o.others = merge(o.others, p.others)
	o.empty = o.empty || p.empty
	o.settle()
}

// isBlank says whether only objects without members were seen.
func (o *object) isBlank() bool { return len(o.fields) == 0 && o.others == nil }

func (o *object) mergeFields(p *object) {
	if o.isBlank() {
		o.fields = p.fields
		return
	}
	known := len(o.fields)
	met := make([]bool, known)
	for _, f := range p.fields {
		i := o.find([]byte(f.name))
		if i < 0 {
			f.common = false
			o.fields = append(o.fields, f)
			continue
		}
		met[i] = true
		o.fields[i].common = o.fields[i].common && f.common
		o.fields[i].node = merge(o.fields[i].node, f.node)
	}
	for i := range known {
		o.fields[i].common = o.fields[i].common && met[i]
	}
}

// cut gives up what lies deeper than limit. The node is at depth.
func (n *node) cut(depth, limit int) {
	if depth >= limit {
		n.items, n.object = nil, nil
		return
	}
	if n.items != nil {
		n.items.cut(depth+1, limit)
	}
	if n.object == nil {
		return
	}
	if n.object.others != nil {
		n.object.others.cut(depth+1, limit)
	}
	for i := range n.object.fields {
		n.object.fields[i].node.cut(depth+1, limit)
	}
}

// weight is an upper bound of the number of nodes that grows with the samples. A map
// weighs what an object of its values may weigh while it is not yet known to be one:
// as much as its values together in each field that is a container and for the
// identifiers, and one in each that is not.
func (n *node) weight() int {
	w := 1
	if n.items != nil {
		w += n.items.weight()
	}
	if o := n.object; o != nil {
		for i := range o.fields {
			w += o.fields[i].node.weight()
		}
		switch {
		case o.wide && o.others.kinds&isContainer == 0:
			w += maxFields + 1
		case o.wide:
			w += maxFields + (maxContainers+1)*o.others.weight()
		case o.others != nil:
			w += o.others.weight()
		}
	}
	return min(w, maxWeight+1)
}

// What things take in memory, in bytes, with what Go keeps in reserve.
const (
	nodeSize   = 32
	objectSize = 96
	fieldSize  = 64
	indexSize  = 64 // of an entry
)

func (n *node) size() int {
	size := nodeSize
	if n.items != nil {
		size += n.items.size()
	}
	if o := n.object; o != nil {
		size += objectSize + len(o.index)*indexSize
		if o.others != nil {
			size += o.others.size()
		}
		for i := range o.fields {
			size += fieldSize + len(o.fields[i].name) + o.fields[i].node.size()
		}
	}
	return size
}

func (n *node) clone() *node {
	c := *n
	if n.items != nil {
		c.items = n.items.clone()
	}
	if n.object != nil {
		o := *n.object
		o.index = maps.Clone(o.index)
		if o.others != nil {
			o.others = o.others.clone()
		}
		o.fields = make([]field, len(n.object.fields))
		for i, f := range n.object.fields {
			f.node = f.node.clone()
			o.fields[i] = f
		}
		c.object = &o
	}
	return &c
}
